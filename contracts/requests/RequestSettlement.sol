// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Close, Credit, IEscrow} from "../escrow/IEscrow.sol";
import {Amounts, AmountsLib} from "../types/Amounts.sol";
import {ModelId, RequestId} from "../types/Ids.sol";
import {Terms} from "../types/Terms.sol";
import {IInferenceCallback} from "./IInferenceCallback.sol";
import {RequestResult} from "./RequestResult.sol";
import {RequestTermsLib} from "./RequestTermsLib.sol";
import {Callback, State, Submission} from "./RequestTypes.sol";

/// @notice How a fee is split at finality, and how the requester is told.
abstract contract RequestSettlement is RequestResult {
    /// @dev The parts of a fee at finality; they sum to it.
    struct Parts {
        uint96 toNode;
        uint96 royalty;
        uint96 protocol;
        uint96 tip;
    }

    /// Gas around one callback: copying up to 16 kB of output, the call, the event.
    uint256 internal constant CALLBACK_RESERVE = 40_000;
    /// High 112 bits of a purse's address (Escrow).
    uint160 internal constant PURSE = 0x00A0DE1 << 48;

    function _finalOf(Terms memory t, bytes32 h, Submission memory s) internal pure returns (Close memory) {
        return Close(t.lane(), AmountsLib.pack(s.nonce, t.slice(), t.fee()), _submittedTag(State.Submitted, h, s));
    }

    /// @dev First second in which the tip may be taken.
    function _tipFrom(Terms memory t, uint40 challengeEnd) internal view returns (uint256) {
        return uint256(challengeEnd) + _sets[t.set()].tipDelay + 1;
    }

    /// @dev royalty exact, protocol and tip floored, the node gets the rest. fee >= royalty + protocol + tip + 1 since request.
    function _parts(Terms memory t, bool takeTip) internal pure returns (Parts memory) {
        uint96 fee = t.fee();
        uint96 royalty = t.royalty();
        (uint96 protocol, uint96 tip) = RequestTermsLib.shares(fee, t.protocolBps(), t.tipBps());
        if (!takeTip) tip = 0;
        uint256 taken;
        unchecked {
            taken = uint256(royalty) + protocol + tip; // three 96-bit parts
        }
        return Parts(uint96(fee - taken), royalty, protocol, tip);
    }

    /// @dev False only for terms that no request ever had. A batch asks before it computes with them: one forged item must
    /// not stop the others (attack 17).
    function _partsFit(Terms memory t) internal pure returns (bool) {
        (uint96 protocol, uint96 tip) = RequestTermsLib.shares(t.fee(), t.protocolBps(), t.tipBps());
        return uint256(t.royalty()) + protocol + tip <= t.fee();
    }

    function _credits(Terms memory t, address node, Parts memory p) internal view returns (Credit[] memory credits) {
        credits = _newCredits(p.tip == 0 ? 2 : 3);
        credits[0] = Credit(node, p.toNode, t.slice());
        credits[1] = Credit(address(PURSE | ModelId.unwrap(t.model())), p.royalty, p.protocol);
        if (p.tip != 0) credits[2] = Credit(msg.sender, p.tip, 0);
    }

    /// @dev `_close` with `_credits(t, s.node, p)`, written straight into the call: the way of every request that is served.
    function _settle(Terms memory t, RequestId id, Submission memory s, bytes32 tag, Parts memory p) internal {
        address escrow_ = address(_escrow());
        bytes4 selector = IEscrow.close.selector;
        uint256 lane = t.lane();
        uint256 slice = t.slice();
        Amounts amounts = AmountsLib.pack(s.nonce, uint96(slice), t.fee());
        uint256 purse = PURSE | ModelId.unwrap(t.model());
        bool ok;
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore(data, selector)
            mstore(add(data, 4), shr(96, mload(add(t, 64)))) // requester
            mstore(add(data, 36), lane)
            mstore(add(data, 68), amounts)
            mstore(add(data, 100), tag)
            mstore(add(data, 132), 160) // where the credits begin
            mstore(add(data, 196), mload(add(s, 32))) // node
            mstore(add(data, 228), mload(p)) // toNode
            mstore(add(data, 260), slice)
            mstore(add(data, 292), purse)
            mcopy(add(data, 324), add(p, 32), 64) // royalty, protocol
            let size := 388
            let tip := mload(add(p, 96))
            if tip {
                mstore(add(data, 388), caller())
                mstore(add(data, 420), tip)
                mstore(add(data, 452), 0)
                size := 484
            }
            mstore(add(data, 164), div(sub(size, 196), 96)) // number of credits
            ok := call(gas(), escrow_, 0, data, size, 0, 0)
        }
        if (!ok) _rethrow(id);
    }

    /// @dev Calls the requester with exactly the gas it asked for and copies nothing back.
    function _callBack(
        address to,
        uint256 callbackGas,
        RequestId id,
        bytes calldata output
    ) internal returns (Callback) {
        bytes memory data = abi.encodeCall(IInferenceCallback.onInference, (id, output));
        // EIP-150 keeps a 64th back: without this check a caller could make the callback fail by starving it.
        uint256 needed = (callbackGas * 64) / 63 + CALLBACK_RESERVE / 4;
        if (gasleft() < needed) revert Requests_GasTooLow(needed);
        bool ok;
        assembly ("memory-safe") {
            ok := call(callbackGas, to, 0, add(data, 32), mload(data), 0, 0)
        }
        return ok ? Callback.Succeeded : Callback.Failed;
    }

    function _logFinalised(RequestId id, address node, Parts memory p, Callback callback) internal {
        emit Finalised(
            id,
            node,
            p.toNode,
            p.royalty,
            p.protocol,
            p.tip,
            p.tip == 0 ? address(0) : msg.sender,
            callback
        );
    }
}
