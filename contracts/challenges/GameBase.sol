// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IInferenceRequests} from "../requests/IInferenceRequests.sol";
import {ParameterSet, Submission} from "../requests/IRequestsCore.sol";
import {Terms} from "../types/Terms.sol";
import {Dispute, DisputeWord, Fault} from "./DisputeWord.sol";
import {GameFunds} from "./GameFunds.sol";
import {IChallengeGame} from "./IChallengeGame.sol";
import {ITraceVerifier} from "./ITraceVerifier.sol";

/// @notice What disputes over traces and demands for outputs share: storage, and the request's state behind both.
abstract contract GameBase is IChallengeGame, GameFunds {
    using DisputeWord for Dispute;
    using DisputeWord for uint256;

    /// A demand that is over. No hash of contents is 1.
    bytes32 internal constant OVER = bytes32(uint256(1));

    IInferenceRequests internal immutable _requests;
    ITraceVerifier internal immutable _traces;
    uint256 public immutable gasPrice;

    mapping(bytes32 submission => uint256) internal _disputes;
    mapping(bytes32 demand => bytes32) internal _demands;

    /// @param gasPrice_ wei of OPG per gas, below 2^64: 18 OPG for one gas
    constructor(
        address requests_,
        address traces,
        uint256 gasPrice_
    ) GameFunds(IInferenceRequests(requests_).escrow()) {
        if (gasPrice_ == 0 || gasPrice_ >> 64 != 0) revert Game_BadPrice(gasPrice_);
        _requests = IInferenceRequests(requests_);
        _traces = ITraceVerifier(traces);
        gasPrice = gasPrice_;
    }

    /// @dev Counts a new item. The first one freezes the request, which checks the submission's words and that it has not ended; later ones
    /// are checked against those words, and against the end that the request will be given back with.
    function _open(
        Terms calldata terms,
        Submission calldata submission,
        bytes32 id
    ) internal returns (Dispute memory d) {
        d = _disputes[id].unpackDispute();
        if (d.fault != Fault.None) revert Game_NotCurrent(id);
        if (d.openItems == 0) {
            (d.challengeEnd, d.end) = (submission.challengeEnd, submission.end);
            if (d.newEnd < d.end) d.newEnd = d.end;
            _requests.freeze(terms, submission);
        } else if (d.challengeEnd != submission.challengeEnd || d.end != submission.end) {
            revert Game_NotCurrent(id);
        } else if (block.timestamp > d.newEnd) {
            revert Game_TooLate(d.newEnd);
        }
        ++d.openItems;
    }

    /// @dev An item is over. The request goes on if it was the last and nothing was found wrong.
    function _close(Terms calldata terms, Submission calldata submission, bytes32 id) internal {
        Dispute memory d = _disputes[id].unpackDispute();
        --d.openItems;
        _disputes[id] = d.pack();
        // False if the request was rescued meanwhile: no bond hangs on it.
        if (d.openItems == 0 && d.fault == Fault.None) _requests.thaw(terms, _frozen(submission, d), d.newEnd);
    }

    /// @dev Ends the request for the fault, if nothing has ended it before.
    function _condemn(
        Terms calldata terms,
        Submission calldata submission,
        Dispute memory d,
        Fault fault
    ) internal returns (bool condemned) {
        if (d.fault != Fault.None) return false;
        condemned = _requests.condemn(terms, _frozen(submission, d));
        d.fault = condemned ? fault : Fault.Rescued;
    }

    /// @dev The submission's words as they were frozen: `challengeEnd` and `end` are in no id, so the caller's are not believed.
    function _frozen(Submission calldata submission, Dispute memory d) private pure returns (Submission memory frozen) {
        frozen = submission;
        (frozen.challengeEnd, frozen.end) = (d.challengeEnd, d.end);
    }

    /// @dev The request's own parameter set, whatever is current now. One decoder for all callers.
    function _parameters(Terms memory terms) internal view returns (ParameterSet memory) {
        return _requests.parametersOf(terms.set());
    }
}
