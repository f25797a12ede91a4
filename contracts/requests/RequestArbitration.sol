// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Credit, IEscrow, Relock} from "../escrow/IEscrow.sol";
import {Amounts, AmountsLib} from "../types/Amounts.sol";
import {RequestId} from "../types/Ids.sol";
import {Terms} from "../types/Terms.sol";
import {IRequestsExtension} from "./IRequestsExtension.sol";
import {RequestBase} from "./RequestBase.sol";
import {RequestHash} from "./RequestHash.sol";
import {RequestTermsLib} from "./RequestTermsLib.sol";
import {State, Submission} from "./RequestTypes.sol";

/// @notice What the arbiter of a request's set can do to it: freeze, thaw, condemn; and the way out if it is stuck.
abstract contract RequestArbitration is RequestBase, IRequestsExtension {
    /// Where burned parts wait (Escrow.BURN).
    address private constant BURN = 0x000000000000000000000000000000000000dEaD;

    /// @inheritdoc IRequestsExtension
    function freeze(Terms calldata terms, Submission calldata submission) external {
        // Check
        Terms memory t = terms;
        Submission memory s = submission;
        _requireArbiter(t);
        if (block.timestamp > s.end) revert Requests_TooLate(s.end);

        // Effect
        bytes32 h = t.hash();
        RequestId id = RequestHash.requestId(t.requester(), s.nonce, h);
        bytes32 oldTag = _submittedTag(State.Submitted, h, s);
        bytes32 newTag = _submittedTag(State.Frozen, h, s);
        _relock(t, id, Relock(t.lane(), _amounts(t, s), oldTag, newTag), s.node, 0);

        // Log
        emit Frozen(id);
    }

    /// @inheritdoc IRequestsExtension
    function thaw(Terms calldata terms, Submission calldata submission, uint40 newEnd) external returns (bool done) {
        // Check
        Terms memory t = terms;
        Submission memory s = submission;
        _requireArbiter(t);

        // Effect: before the range is checked, because a request that is over answers false, whatever end is proposed
        bytes32 h = t.hash();
        bytes32 oldTag = _submittedTag(State.Frozen, h, s);
        s.end = newEnd;
        bytes32 newTag = _submittedTag(State.Submitted, h, s);
        uint256 latest = uint256(s.challengeEnd) + 2 * uint256(_sets[t.set()].responseSeconds);
        bool inRange = newEnd >= submission.end && newEnd <= latest;
        try _escrow().relock(t.requester(), t.lane(), _amounts(t, s), oldTag, newTag, s.node, 0) {} catch (
            bytes memory reason
        ) {
            return _notCurrent(reason);
        }

        // Check: bounded from the original end, so repeated thaws add nothing
        if (!inRange) revert Requests_EndOutOfRange(newEnd, uint40(latest));

        // Log
        emit Thawed(RequestHash.requestId(t.requester(), s.nonce, h), newEnd);
        return true;
    }

    /// @inheritdoc IRequestsExtension
    function condemn(Terms calldata terms, Submission calldata submission) external returns (bool done) {
        // Check
        Terms memory t = terms;
        Submission memory s = submission;
        _requireArbiter(t);

        // Effect: psi and rho floored, the remainder burned
        uint96 slice = t.slice();
        uint96 psi = _share(slice, _sets[t.set()].psiBps);
        if (psi > t.fee()) psi = t.fee();
        uint96 rho = _share(slice, _sets[t.set()].rhoBps);
        Credit[] memory credits = new Credit[](3);
        credits[0] = Credit(t.requester(), t.fee() + psi, 0);
        credits[1] = Credit(msg.sender, rho, 0);
        credits[2] = Credit(BURN, slice - psi - rho, 0);
        bytes32 h = t.hash();
        bytes32 tag = _submittedTag(State.Frozen, h, s);
        try _escrow().close(t.requester(), t.lane(), _amounts(t, s), tag, credits) {} catch (bytes memory reason) {
            return _notCurrent(reason);
        }

        // Log
        emit Condemned(RequestHash.requestId(t.requester(), s.nonce, h), s.node, t.fee() + psi, rho, slice - psi - rho);
        return true;
    }

    /// @inheritdoc IRequestsExtension
    function rescue(Terms calldata terms, Submission calldata submission) external {
        // Check
        Terms memory t = terms;
        Submission memory s = submission;
        uint256 from = uint256(s.challengeEnd) + _sets[t.set()].rescueDelay + 1;
        if (block.timestamp < from) revert Requests_TooEarly(from);

        // Effect
        bytes32 h = t.hash();
        RequestId id = RequestHash.requestId(t.requester(), s.nonce, h);
        Credit[] memory credits = new Credit[](2);
        credits[0] = Credit(t.requester(), t.fee(), 0);
        credits[1] = Credit(s.node, 0, t.slice());
        _close(t, id, _amounts(t, s), _submittedTag(State.Frozen, h, s), credits);

        // Log
        emit Rescued(id);
    }

    /// @dev The arbiter is read from the request's own set, whatever is current now.
    function _requireArbiter(Terms memory t) private view {
        if (msg.sender != _sets[t.set()].arbiter) revert Requests_NotArbiter(msg.sender);
    }

    function _amounts(Terms memory t, Submission memory s) private pure returns (Amounts) {
        return AmountsLib.pack(s.nonce, t.slice(), t.fee());
    }

    function _share(uint96 slice, uint16 bps) private pure returns (uint96) {
        unchecked {
            return uint96((uint256(slice) * bps) / RequestTermsLib.BPS); // bps <= 7,500
        }
    }

    /// @dev False if the lock was not as described; any other failure (gas) must not be taken for an answer.
    function _notCurrent(bytes memory reason) private pure returns (bool) {
        if (bytes4(reason) == IEscrow.Escrow_NoSuchLock.selector) return false;
        assembly ("memory-safe") {
            revert(add(reason, 32), mload(reason))
        }
    }
}
