// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Close, Credit} from "../escrow/IEscrow.sol";
import {AmountsLib} from "../types/Amounts.sol";
import {RequestId} from "../types/Ids.sol";
import {Terms} from "../types/Terms.sol";
import {RequestBase} from "./RequestBase.sol";
import {RequestHash} from "./RequestHash.sol";
import {RequestTermsLib} from "./RequestTermsLib.sol";
import {State} from "./RequestTypes.sol";

/// @notice How a request that was not served ends: the fee returns, and a node that accepted and was silent pays.
abstract contract RequestRefund is RequestBase {
    /// @dev A description that fits an unserved request: Accepted names its node, the others name none.
    function _isUnserved(State state, address acceptedBy) internal pure returns (bool) {
        if (state == State.Accepted) return acceptedBy != address(0);
        return acceptedBy == address(0) && (state == State.Requested || state == State.Declined);
    }

    /// @dev The lock of an unserved request: Accepted if `acceptedBy` is not 0, else Requested or Declined as `state` says.
    function _closeOf(
        Terms memory t,
        bytes32 h,
        uint64 nonce,
        State state,
        address acceptedBy
    ) internal pure returns (Close memory c) {
        c.lane = t.lane();
        if (acceptedBy != address(0)) {
            c.amounts = AmountsLib.pack(nonce, t.slice(), t.fee());
            c.tag = RequestHash.acceptedTag(h, acceptedBy);
        } else {
            c.amounts = AmountsLib.pack(nonce, 0, t.fee());
            c.tag = RequestHash.openTag(h, state == State.Declined);
        }
    }

    /// @dev The fee to the requester; if a node had accepted, also the penalty out of its slice, never above the fee, so that
    /// nobody earns by soliciting failures.
    function _refund(Terms memory t, address node) internal pure returns (Credit[] memory credits, uint96 penalty) {
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

    /// @dev False only for terms that no request ever had: a penalty above the slice, or a fee above any supply. A batch asks
    /// before it computes with them: one forged item must not stop the others (attack 17).
    function _refundFits(Terms memory t) internal pure returns (bool) {
        return t.penaltyBps() <= RequestTermsLib.BPS && t.fee() <= type(uint96).max / 2;
    }

    function _logReturn(RequestId id, address node, uint96 penalty) internal {
        if (node != address(0)) emit Undelivered(id, node, penalty);
        else emit Expired(id);
    }
}
