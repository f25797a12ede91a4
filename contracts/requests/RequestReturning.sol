// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Close, Credit} from "../escrow/IEscrow.sol";
import {AmountsLib} from "../types/Amounts.sol";
import {RequestId} from "../types/Ids.sol";
import {Terms} from "../types/Terms.sol";
import {IInferenceRequests} from "./IInferenceRequests.sol";
import {RequestBase} from "./RequestBase.sol";
import {RequestHash} from "./RequestHash.sol";
import {RequestTermsLib} from "./RequestTermsLib.sol";
import {ExpireCall, ExpireItem, ItemStatus, State} from "./RequestTypes.sol";

/// @notice How a request ends without a result: the fee returns, and a node that accepted and was silent pays.
abstract contract RequestReturning is RequestBase {
    using RequestTermsLib for Terms;

    /// @inheritdoc IInferenceRequests
    function expire(Terms calldata terms, uint64 nonce, State state, address acceptedBy) external {
        // Check
        Terms memory t = terms;
        if (block.timestamp <= t.deadline()) revert Requests_TooEarly(uint256(t.deadline()) + 1);
        bytes32 h = t.hash();
        RequestId id = RequestHash.requestId(t.requester(), nonce, h);
        if (!_isUnserved(state, acceptedBy)) revert Requests_NotCurrent(id);

        // Effect
        (Credit[] memory credits, uint96 penalty) = _refund(t, acceptedBy);
        Close memory c = _closeOf(t, h, nonce, state, acceptedBy);
        _close(t, id, c.amounts, c.tag, credits);

        // Log
        _logReturn(id, acceptedBy, penalty);
    }

    /// @inheritdoc IInferenceRequests
    function expireBatch(
        Terms calldata shared,
        address acceptedBy,
        ExpireItem[] calldata items
    ) external returns (ItemStatus[] memory statuses) {
        // Check
        _requireNoBatch();
        Terms memory t = shared;
        uint256 n = items.length;
        if (n > 256) revert Requests_ItemsInvalid(n); // Escrow answers in bits of one word
        statuses = new ItemStatus[](n);
        if (block.timestamp <= t.deadline()) {
            for (uint256 i; i < n; ++i) statuses[i] = ItemStatus.EARLY;
            return statuses;
        }
        (bytes32[] memory hashes, Close[] memory closes) = _expireCloses(t, acceptedBy, items);

        // Effect
        (Credit[] memory credits, uint96 penalty) = _refund(t, acceptedBy);
        uint256 gone = _escrow.closeMany(t.requester(), closes, credits);

        // Log
        for (uint256 i; i < n; ++i) {
            if ((gone >> i) & 1 == 1) {
                statuses[i] = ItemStatus.GONE;
                continue;
            }
            RequestId id = RequestHash.requestId(t.requester(), items[i].nonce, hashes[i]);
            _logReturn(id, acceptedBy, penalty);
        }
    }

    /// @dev The locks of a batch that shares everything but input, lane and nonce.
    function _expireCloses(
        Terms memory t,
        address acceptedBy,
        ExpireItem[] calldata items
    ) private pure returns (bytes32[] memory hashes, Close[] memory closes) {
        hashes = new bytes32[](items.length);
        closes = new Close[](items.length);
        for (uint256 i; i < items.length; ++i) {
            t.setItem(items[i].input, items[i].lane);
            hashes[i] = t.hash();
            State state = items[i].declined ? State.Declined : State.Requested;
            closes[i] = _closeOf(t, hashes[i], items[i].nonce, state, acceptedBy);
        }
    }

    /// @dev The lock of an unserved request: Accepted if `acceptedBy` is not 0, else Requested or Declined as `state` says.
    function _closeOf(
        Terms memory t,
        bytes32 h,
        uint64 nonce,
        State state,
        address acceptedBy
    ) private pure returns (Close memory c) {
        c.lane = t.lane();
        if (acceptedBy != address(0)) {
            c.amounts = AmountsLib.pack(nonce, t.slice(), t.fee());
            c.tag = RequestHash.acceptedTag(h, acceptedBy);
        } else {
            c.amounts = AmountsLib.pack(nonce, 0, t.fee());
            c.tag = RequestHash.openTag(h, state == State.Declined);
        }
    }

    /// @inheritdoc IInferenceRequests
    function expireEach(ExpireCall[] calldata calls) external returns (ItemStatus[] memory statuses) {
        _requireNoBatch();
        statuses = new ItemStatus[](calls.length);
        for (uint256 i; i < calls.length; ++i) statuses[i] = _expireOne(calls[i]);
    }

    function _expireOne(ExpireCall calldata c) private returns (ItemStatus) {
        // Check
        Terms memory t = c.terms;
        if (block.timestamp <= t.deadline()) return ItemStatus.EARLY;
        if (!_isUnserved(c.state, c.acceptedBy)) return ItemStatus.GONE;

        // Effect
        bytes32 h = t.hash();
        Close[] memory closes = new Close[](1);
        closes[0] = _closeOf(t, h, c.nonce, c.state, c.acceptedBy);
        (Credit[] memory credits, uint96 penalty) = _refund(t, c.acceptedBy);
        if (_escrow.closeMany(t.requester(), closes, credits) != 0) return ItemStatus.GONE;

        // Log
        _logReturn(RequestHash.requestId(t.requester(), c.nonce, h), c.acceptedBy, penalty);
        return ItemStatus.DONE;
    }

    /// @dev A description that fits an unserved request: Accepted names its node, the others name none.
    function _isUnserved(State state, address acceptedBy) private pure returns (bool) {
        if (state == State.Accepted) return acceptedBy != address(0);
        return acceptedBy == address(0) && (state == State.Requested || state == State.Declined);
    }

    /// @dev The fee to the requester; if a node had accepted, also the penalty out of its slice, never above the fee, so that
    /// nobody earns by soliciting failures.
    function _refund(Terms memory t, address node) private pure returns (Credit[] memory credits, uint96 penalty) {
        bool accepted = node != address(0);
        uint96 fee = t.fee();
        credits = new Credit[](accepted ? 2 : 1);
        if (accepted) {
            uint96 slice = t.slice();
            uint256 share = (uint256(slice) * t.penaltyBps()) / RequestTermsLib.BPS; // <= slice
            penalty = share > fee ? fee : uint96(share);
            credits[1] = Credit(node, 0, slice - penalty);
        }
        // two 96-bit amounts, each below the supply of 1e27: their sum is far below 2^96
        credits[0] = Credit(t.requester(), fee + penalty, 0);
    }

    function _logReturn(RequestId id, address node, uint96 penalty) private {
        if (node != address(0)) emit Undelivered(id, node, penalty);
        else emit Expired(id);
    }
}
