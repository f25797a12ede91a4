// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RequestId, VersionId} from "../types/Ids.sol";
import {Terms} from "../types/Terms.sol";
import {
    Ask,
    Callback,
    ExpireCall,
    ExpireItem,
    FinaliseCall,
    FinaliseItem,
    ItemStatus,
    ParameterSet,
    State,
    Submission,
    SubmitCall,
    SubmitItem
} from "./RequestTypes.sol";

/// @title Inference requests: from a paid question to a settled answer.
/// @notice docs/spec/request-lifecycle.md is normative. The chain stores one word per request, in Escrow: a hash of what is
/// locked and in which state. Callers supply the content again; events carry it. A slice leaves a node only by the node's
/// own act (accept, submit). Every ending is a closing of one lock whose parts sum to it, checked by Escrow.
/// @dev Times: a bound belongs to the mover, `<=` for the act and `>` for the timeout, so at any second exactly one of two
/// opposed calls is possible. Roles: `node or key` means the node account or a hot key with the matching permission.
interface IInferenceRequests {
    event Requested(
        RequestId indexed id,
        address indexed requester,
        address indexed node,
        Terms terms,
        uint64 nonce,
        bytes input
    );
    event Declined(RequestId indexed id);
    event Accepted(RequestId indexed id, address indexed node);
    event Submitted(RequestId indexed id, address indexed node, uint40 challengeEnd, bytes32 outputHash, bytes output);
    event Frozen(RequestId indexed id);
    event Thawed(RequestId indexed id, uint40 end);
    // Endings: exactly one of these per id.
    event Finalised(
        RequestId indexed id,
        address indexed node,
        uint96 toNode,
        uint96 royalty,
        uint96 protocol,
        uint96 tip,
        Callback callback
    );
    event Cancelled(RequestId indexed id);
    event Expired(RequestId indexed id);
    event Undelivered(RequestId indexed id, address indexed node, uint96 penalty);
    event Condemned(RequestId indexed id, address indexed node, uint96 toRequester, uint96 toPot, uint96 burned);
    event Rescued(RequestId indexed id);
    // Governance.
    event SetAppended(uint16 indexed set, ParameterSet parameters);
    event Paused(uint40 until);
    event Unpaused();

    error Requests_Paused(uint40 until);
    error Requests_FeeBelowQuote(uint96 fee, uint256 quote);
    error Requests_FeeBelowShares(uint96 fee, uint256 shares);
    error Requests_RoyaltyAbove(uint256 royalty, uint96 max);
    error Requests_SetChanged(uint16 current);
    error Requests_DeadlineInvalid(uint40 deadline, uint256 now_, uint256 latest);
    error Requests_OpenAtInvalid(uint40 openAt, uint40 deadline);
    error Requests_InputLength(uint256 got, uint256 expected);
    error Requests_InputTooLarge(uint256 got, uint256 max);
    error Requests_InputNotCanonical();
    error Requests_SchemaMismatch();
    error Requests_ItemsInvalid(uint256 items);
    error Requests_ModeUnsupported(uint8 mode);
    error Requests_CallbackGas(uint24 asked, uint24 cap);
    error Requests_CallbackNeedsOutput();
    error Requests_NotAContract(address requester);
    error Requests_NotYours(address caller, address expected);
    error Requests_Reserved(uint40 until);
    error Requests_TooLate(uint40 deadline);
    error Requests_TooEarly(uint256 from);
    error Requests_OutputLength(uint256 got, uint256 expected);
    error Requests_OutputNotCanonical();
    error Requests_OutputMismatch(bytes32 got, bytes32 expected);
    error Requests_OutputTooLarge(uint256 got, uint256 max);
    error Requests_NotExact(VersionId version);
    /// @notice Thrown when the current set has an arbiter and the version has no program root: a wrong result could not be
    /// disputed.
    error Requests_NotVerifiable(VersionId version);
    error Requests_NeedsAccept();
    error Requests_NotArbiter(address caller);
    /// @notice Thrown when the described request is not what the chain holds: wrong content, wrong state, or over.
    error Requests_NotCurrent(RequestId id);
    error Requests_GasTooLow(uint256 needed);
    error Requests_Reentered();
    error Requests_EndOutOfRange(uint40 end, uint40 latest);
    error Requests_BadParameter(string name);

    // ---- Requesters ----------------------------------------------------------------------------------------------

    /// @notice Locks the fee and asks for a result.
    /// Emits Requested.
    /// Requirements: the table "Transitions" of the specification, row `request`.
    /// @param inputHeaders headers of the inputs of one item (TensorHeader words), also for ROOT_INPUT
    /// @param input canonical bytes: for each item, its tensors in schema order; or the 32-byte commitment for ROOT_INPUT
    /// @param policyData handed to the version's access policy, if it has one
    function request(
        Ask calldata ask,
        bytes32[] calldata inputHeaders,
        bytes calldata input,
        bytes calldata policyData
    ) external returns (RequestId id);

    /// @notice `inputs.length` requests that differ in input and lane only; all or nothing.
    function requestMany(
        Ask calldata ask,
        bytes32[] calldata inputHeaders,
        bytes[] calldata inputs,
        bytes calldata policyData
    ) external returns (RequestId[] memory ids);

    /// @notice Takes the fee back. Declined; or Requested and (no node named, or ROOT_INPUT, or now > openAt).
    function cancel(Terms calldata terms, uint64 nonce, bool declined) external;

    // ---- Nodes ---------------------------------------------------------------------------------------------------

    /// @notice The named node passes, while now <= openAt. By node or key.
    function decline(Terms calldata terms, uint64 nonce) external;

    /// @notice `node` takes the request and its slice is locked. By node or key. While now <= openAt and not declined, only
    /// the named node.
    function accept(Terms calldata terms, uint64 nonce, address node, bool declined) external;

    /// @notice Submits the result; one submission ever. By node or key.
    /// @param acceptedBy the node that accepted, or 0 to submit from Requested as the named node (implied acceptance, not
    /// for ROOT_INPUT)
    /// @param outputHeaders headers of the outputs of one item; empty for EXACT_OUTPUT
    /// @param output canonical bytes, for each item its tensors in schema order; the 32-byte commitment for EXACT_OUTPUT
    function submit(
        Terms calldata terms,
        uint64 nonce,
        address acceptedBy,
        bytes32[] calldata outputHeaders,
        bytes calldata output
    ) external;

    /// @notice Submits items of one payer with shared terms; input and lane of `shared` are replaced per item.
    function submitBatch(
        Terms calldata shared,
        address acceptedBy,
        bytes32[] calldata outputHeaders,
        SubmitItem[] calldata items
    ) external returns (ItemStatus[] memory statuses);

    /// @notice Submits an arbitrary mixture.
    function submitEach(SubmitCall[] calldata calls) external returns (ItemStatus[] memory statuses);

    // ---- Anyone --------------------------------------------------------------------------------------------------

    /// @notice After the deadline: the fee returns to the requester; if Accepted, with the non-delivery penalty.
    function expire(Terms calldata terms, uint64 nonce, State state, address acceptedBy) external;

    function expireBatch(
        Terms calldata shared,
        address acceptedBy,
        ExpireItem[] calldata items
    ) external returns (ItemStatus[] memory statuses);

    function expireEach(ExpireCall[] calldata calls) external returns (ItemStatus[] memory statuses);

    /// @notice After the challenge window: pays royalty, protocol, tip and node, returns the slice, then calls back.
    /// @param takeTip the caller claims the tip; needs now > challengeEnd + tipDelay
    /// @param outputHeaders and `output`: the submitted output again if there is a callback, else empty
    function finalise(
        Terms calldata terms,
        Submission calldata submission,
        bool takeTip,
        bytes32[] calldata outputHeaders,
        bytes calldata output
    ) external;

    /// @notice Finalises items of one payer and one node with shared terms, without callback.
    function finaliseBatch(
        Terms calldata shared,
        address node,
        bool takeTip,
        FinaliseItem[] calldata items
    ) external returns (ItemStatus[] memory statuses);

    /// @notice Finalises an arbitrary mixture: all closings first, then all callbacks.
    function finaliseEach(FinaliseCall[] calldata calls, bool takeTip) external returns (ItemStatus[] memory statuses);

    /// @notice Frees a frozen request of a broken game: fee to the requester, slice to the node. Anyone, after
    /// challengeEnd + rescueDelay.
    function rescue(Terms calldata terms, Submission calldata submission) external;

    // ---- The arbiter of the request's set ------------------------------------------------------------------------

    /// @notice Submitted -> Frozen, while now <= end. Reverts if not current.
    function freeze(Terms calldata terms, Submission calldata submission) external;

    /// @notice Frozen -> Submitted with a new end, end <= newEnd <= challengeEnd + 2R.
    /// @return done false if the state is not current: no bond of the game may hang on it
    function thaw(Terms calldata terms, Submission calldata submission, uint40 newEnd) external returns (bool done);

    /// @notice Frozen -> Faulty: fee + psi to the requester, rho to the arbiter's own account, the rest burned.
    /// @return done false if the state is not current
    function condemn(Terms calldata terms, Submission calldata submission) external returns (bool done);

    // ---- Governance ----------------------------------------------------------------------------------------------

    /// @notice Appends a parameter set and makes it current.
    function appendSet(ParameterSet calldata parameters) external returns (uint16 set);

    /// @notice Stops new requests for at most 14 days; again only 14 days after the lapse or the unpause.
    function pause() external;

    function unpause() external;

    // ---- Views ---------------------------------------------------------------------------------------------------

    function escrow() external view returns (address);

    function models() external view returns (address);

    function nodes() external view returns (address);

    function currentSet() external view returns (uint16);

    function parametersOf(uint16 set) external view returns (ParameterSet memory);

    /// @notice Unix seconds until which new requests are refused; 0 or past = not paused.
    function pausedUntil() external view returns (uint40);

    function idOf(Terms calldata terms, uint64 nonce) external view returns (RequestId);

    function submissionIdOf(
        Terms calldata terms,
        uint64 nonce,
        address node,
        bytes32 outputHash
    ) external view returns (bytes32);

    /// @notice Whether the request is in `state` now. For Accepted only submission.nonce and submission.node are used, for
    /// Requested and Declined only submission.nonce.
    function isCurrent(Terms calldata terms, State state, Submission calldata submission) external view returns (bool);

    /// @notice The fee at which `node`'s active offer is met for `items` items, all shares included.
    /// quote = ceil(items * (price + royalty) * 10,000 / (10,000 - protocolBps - tipBps))
    function quote(VersionId version, address node, uint8 items) external view returns (uint256 fee);

    /// @notice tc and slice a request of `items` items at `fee` would get now.
    function windowsOf(VersionId version, uint8 items, uint96 fee) external view returns (uint32 tc, uint96 slice);
}
