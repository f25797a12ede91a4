// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RequestId} from "../types/Ids.sol";
import {Submission} from "../requests/IRequestsCore.sol";
import {Terms} from "../types/Terms.sol";
import {
    ChallengeKey,
    Claim,
    Demand,
    DemandProof,
    Evidence,
    Meaning,
    OutputDemand,
    OutputPosition,
    OutputProof,
    Position,
    StepProof
} from "./ChallengeTypes.sol";
import {Challenge} from "./ChallengeWord.sol";
import {Dispute} from "./DisputeWord.sol";

/// @title The game over one submitted result (docs/spec/challenge-game.md).
/// @notice A challenger commits to the whole reference trace with one hash, bonds, and shows one output element outside the version's
/// tolerance. One inconsistent element of that trace kills the challenge (`prove`); what a refuter lacks is forced on chain (`demand`,
/// `answer`, `lapse`); a challenge that survives its window is upheld and the node's slice is slashed. Anyone may make any move but
/// `challenge`, which binds its sender. No move calls a party; all payouts are credits in Escrow. Bonds and fees are Escrow locks of those
/// who pay them, who must have consented to this contract there once.
interface IChallengeGame {
    // Every event names its request first, as those of InferenceRequests do.

    event Challenged(
        RequestId indexed id,
        bytes32 indexed challenge,
        address indexed challenger,
        bytes32 trace,
        Challenge state,
        bytes32[] children
    );
    event Demanded(
        RequestId indexed id,
        bytes32 indexed challenge,
        bytes32 indexed demandId,
        Demand demand,
        uint40 end
    );
    /// @notice `data`: what was demanded, for everyone who follows.
    event Answered(RequestId indexed id, bytes32 indexed challenge, bytes32 indexed demandId, address paid, bytes data);
    /// @notice The challenge is refuted: element `element` of operator `operator` is not what the trace itself implies. `onPath`: demands whose
    /// owners got twice their fee out of the bond.
    event Refuted(
        RequestId indexed id,
        bytes32 indexed challenge,
        address indexed prover,
        uint256 operator,
        uint256 element,
        bytes32[] onPath
    );
    /// @notice The challenge fell because a demand was not answered in time.
    event Lapsed(
        RequestId indexed id,
        bytes32 indexed challenge,
        bytes32 indexed demandId,
        address demander,
        bytes32[] onPath
    );
    /// @notice `condemned`: this challenge ended the request.
    event Upheld(RequestId indexed id, bytes32 indexed challenge, address indexed challenger, bool condemned);
    event PotClaimed(RequestId indexed id, address indexed challenger, uint256 amount);
    event Reclaimed(RequestId indexed id, bytes32 indexed challenge, bytes32 indexed demandId, address demander);
    event OutputDemanded(RequestId indexed id, bytes32 indexed demandId, OutputDemand demand, uint40 newEnd);
    /// @notice `proof`: the leaf, and what a challenge of the output has to show of the submission.
    event OutputAnswered(RequestId indexed id, bytes32 indexed demandId, address indexed paid, OutputProof proof);
    /// @notice `pot`: wei of OPG credited to the demander beside its fee; 0 if the request was over already.
    event OutputLapsed(RequestId indexed id, bytes32 indexed demandId, address indexed demander, uint256 pot);

    /// @notice Thrown when the challenge is not open: it never was, or it is over.
    error Game_NotOpen(bytes32 challenge);
    error Game_AlreadyPosted(bytes32 challenge);
    /// @notice Thrown when somebody challenges in another's name.
    error Game_NotChallenger(address sender, address challenger);
    error Game_TooLate(uint256 last);
    error Game_TooEarly(uint256 first);
    /// @notice Thrown when the request is no longer as described: it was condemned, or the words of its submission are others.
    error Game_NotCurrent(bytes32 submission);
    /// @notice Thrown when the position was demanded before.
    error Game_AlreadyDemanded(bytes32 demandId);
    /// @notice Thrown when a demand's contents are not those of an open (or, on the way, an answered) one.
    error Game_NoSuchDemand(bytes32 demandId);
    /// @notice Thrown when demands are still to be answered or to lapse.
    error Game_DemandsOpen(uint256 openDemands);
    /// @notice Thrown when the opened element is what its operator gives: nothing is proved.
    error Game_Consistent(uint256 operator, uint256 element);
    /// @notice Thrown when the demands to be rewarded are not all that were answered on the way to the element, in order from the root.
    error Game_NotOnPath(uint256 position);
    error Game_NothingToClaim(bytes32 submission);
    error Game_BadPrice(uint256 gasPrice);
    /// @notice Thrown when a request's output is in calldata, or has no such item.
    error Game_NoSuchOutput();

    /// @notice Posts a challenge and locks its bond in the sender's lane `lane`.
    /// @param children the first real nodes below T: 64, or all slots of a program of at most 64 operators
    function challenge(
        Claim calldata claim,
        Meaning calldata meaning,
        bytes32[] calldata children,
        Evidence calldata evidence,
        uint16 lane
    ) external returns (bytes32 id);

    /// @notice Asks for a piece of the trace and locks the fee of its answer in the sender's lane `lane`.
    function demand(
        Claim calldata claim,
        Meaning calldata meaning,
        Position calldata position,
        DemandProof calldata proof,
        uint16 lane
    ) external returns (bytes32 demandId);

    /// @notice Gives what was demanded. The fee goes to the challenger in the first half of the time, then to the sender.
    function answer(ChallengeKey calldata key, Demand calldata demand_, bytes calldata data) external;

    /// @notice Kills the challenge by one inconsistent element of its trace.
    /// @param onPath all answered demands that lead to the element, from the root: their owners get twice their fee
    function prove(
        Claim calldata claim,
        Meaning calldata meaning,
        StepProof calldata proof,
        Demand[] calldata onPath
    ) external;

    /// @notice Kills the challenge by an unanswered demand.
    /// @param onPath all answered demands above it, from the root
    function lapse(Claim calldata claim, Demand calldata demand_, Demand[] calldata onPath) external;

    /// @notice Ends a challenge that nobody refuted in time.
    function uphold(Claim calldata claim) external;

    /// @notice Pays the pot of a condemned request to the earliest-posted challenge that was upheld, once no earlier one can be open.
    function claimPot(Claim calldata claim) external;

    /// @notice Returns the fee of an open demand of a fallen challenge.
    function reclaim(ChallengeKey calldata key, Demand calldata demand_) external;

    /// @notice Exact mode: asks for a leaf of the submitted output, until challengeEnd, and so holds up the request until it is given.
    /// @param outputHeaders those of the version, as they were submitted
    function demandOutput(
        Terms calldata terms,
        Submission calldata submission,
        OutputPosition calldata position,
        bytes32[] calldata outputHeaders,
        uint16 lane
    ) external returns (bytes32 demandId);

    /// @notice Gives the leaf. The fee goes to the node in the first half of the time, then to the sender.
    function answerOutput(
        Terms calldata terms,
        Submission calldata submission,
        OutputDemand calldata demand_,
        OutputProof calldata proof
    ) external;

    /// @notice Ends a request whose output was withheld: the node's slice is slashed.
    function lapseOutput(Terms calldata terms, Submission calldata submission, OutputDemand calldata demand_) external;

    // ---- Views ---------------------------------------------------------------------------------------------------------

    function requests() external view returns (address);

    function escrow() external view returns (address);

    function stepVerifier() external view returns (address);

    function traceVerifier() external view returns (address);

    /// @notice Wei of OPG per gas, by which fees and bonds are computed. Fixed: another price is another game in another parameter set.
    function gasPrice() external view returns (uint256);

    function challengeOf(bytes32 id) external view returns (Challenge memory);

    function disputeOf(bytes32 submission) external view returns (Dispute memory);

    /// @notice The challenge that the pot of a submission goes to.
    function bestOf(bytes32 submission) external view returns (address challenger, uint40 postedAt, uint32 rank);

    /// @notice Hash of the demand's contents, odd once it is answered; 0 if it was never made, 1 if it is over.
    function demandOf(bytes32 demandId) external view returns (bytes32);

    /// @notice Wei of OPG that a challenge of the program locks.
    function bondOf(Meaning calldata meaning) external view returns (uint256);
}
