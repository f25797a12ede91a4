// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Submission} from "../requests/IRequestsCore.sol";
import {RequestId} from "../types/Ids.sol";
import {Terms, TermsLib} from "../types/Terms.sol";
import {ChallengeKey, OutputDemand, OutputPosition, OutputProof} from "./ChallengeTypes.sol";
import {ClaimHash} from "./ClaimHash.sol";
import {DisputeCosts} from "./DisputeCosts.sol";
import {Dispute, DisputeWord, Fault} from "./DisputeWord.sol";
import {GameBase} from "./GameBase.sol";
import {IChallengeGame} from "./IChallengeGame.sol";
import {Positions} from "./Positions.sol";

/// @notice Outputs that were submitted as a hash: whoever wants a piece can force it on chain, or the node loses its slice.
abstract contract OutputDemands is GameBase {
    using DisputeWord for Dispute;
    using DisputeWord for uint256;

    uint256 private constant BPS = 10_000;

    /// @inheritdoc IChallengeGame
    function demandOutput(
        Terms calldata terms,
        Submission calldata submission,
        OutputPosition calldata position,
        bytes32[] calldata outputHeaders,
        uint16 lane
    ) external returns (bytes32 demandId) {
        // Check
        Terms memory t = terms;
        (RequestId request, bytes32 id) = _idsOf(t, submission);
        demandId = ClaimHash.outputDemandId(id, position);
        if (_demands[demandId] != 0) revert Game_AlreadyDemanded(demandId);
        if (t.flags() & TermsLib.EXACT_OUTPUT == 0 || position.item >= t.items()) revert Game_NoSuchOutput();
        bytes32 header = _traces.outputHeader(t.outputSchema, position, outputHeaders);

        // Effect, and the first item's freeze
        if (block.timestamp > submission.challengeEnd) revert Game_TooLate(submission.challengeEnd);
        Dispute memory d = _open(terms, submission, id);
        uint256 response = _parameters(t).responseSeconds;
        OutputDemand memory demand_;
        demand_.position = position;
        demand_.header = header;
        demand_.outputs = uint32(outputHeaders.length); // those of the request's schema: calldata holds no 2^32 of them
        demand_.demander = msg.sender;
        demand_.fee = DisputeCosts.fee(Positions.LEAF, 0, gasPrice);
        demand_.due = uint40(block.timestamp + response);
        demand_.late = uint40(demand_.due - response / 2);
        demand_.lane = lane;
        // An R to react on the answer; at most 2R after challengeEnd, since no demand comes after that.
        if (demand_.due + response > d.newEnd) d.newEnd = uint40(demand_.due + response);
        _disputes[id] = d.pack();

        // Interaction
        demand_.nonce = _lockFee(msg.sender, lane, demand_.fee, demandId);
        _demands[demandId] = ClaimHash.outputContents(demand_);

        // Log
        emit OutputDemanded(request, demandId, demand_, d.newEnd);
    }

    /// @inheritdoc IChallengeGame
    function answerOutput(
        Terms calldata terms,
        Submission calldata submission,
        OutputDemand calldata demand_,
        OutputProof calldata proof
    ) external {
        // Check
        (RequestId request, bytes32 id) = _idsOf(terms, submission);
        bytes32 demandId = _requireOutputDemand(id, demand_);
        if (block.timestamp > demand_.due) revert Game_TooLate(demand_.due);
        _traces.checkOutput(demand_, proof, _items(terms), submission.outputHash);

        // Effect, interaction
        _demands[demandId] = OVER;
        address paid = block.timestamp > demand_.late ? msg.sender : submission.node;
        _payFee(_lockOf(demand_), demandId, paid);
        _close(terms, submission, id);

        // Log
        emit OutputAnswered(request, demandId, paid, proof);
    }

    /// @inheritdoc IChallengeGame
    function lapseOutput(Terms calldata terms, Submission calldata submission, OutputDemand calldata demand_) external {
        // Check
        (RequestId request, bytes32 id) = _idsOf(terms, submission);
        bytes32 demandId = _requireOutputDemand(id, demand_);
        if (block.timestamp <= demand_.due) revert Game_TooEarly(uint256(demand_.due) + 1);

        // Effect, interaction
        _demands[demandId] = OVER;
        Dispute memory d = _disputes[id].unpackDispute();
        bool condemned = _condemn(terms, submission, d, Fault.Withheld);
        _disputes[id] = d.pack();
        _payFee(_lockOf(demand_), demandId, demand_.demander);
        uint96 pot = condemned ? _potOf(terms) : 0;
        if (condemned) _payPot(demand_.demander, pot, id);
        _close(terms, submission, id);

        // Log
        emit OutputLapsed(request, demandId, demand_.demander, pot);
    }

    /// @dev rho of the slice, as InferenceRequests.condemn rounded it.
    function _potOf(Terms memory t) internal view returns (uint96) {
        return uint96((uint256(t.slice()) * _parameters(t).rhoBps) / BPS);
    }

    function _idsOf(
        Terms memory t,
        Submission calldata s
    ) private view returns (RequestId request, bytes32 submission) {
        bytes32 id = ClaimHash.requestId(t, s.nonce, address(_requests));
        return (RequestId.wrap(id), ClaimHash.submissionId(ChallengeKey(id, s.node, s.outputHash, address(0), 0)));
    }

    function _requireOutputDemand(bytes32 id, OutputDemand calldata d) private view returns (bytes32 demandId) {
        demandId = ClaimHash.outputDemandId(id, d.position);
        if (_demands[demandId] != ClaimHash.outputContents(d)) revert Game_NoSuchDemand(demandId);
    }

    function _items(Terms memory t) private pure returns (uint256) {
        return t.items();
    }

    function _lockOf(OutputDemand calldata d) private pure returns (FeeLock memory) {
        return FeeLock(d.demander, d.fee, d.lane, d.nonce);
    }
}
