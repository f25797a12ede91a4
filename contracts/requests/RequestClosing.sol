// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Close, Credit} from "../escrow/IEscrow.sol";
import {AmountsLib} from "../types/Amounts.sol";
import {ModelId, RequestId} from "../types/Ids.sol";
import {Terms, TermsLib} from "../types/Terms.sol";
import {IInferenceCallback} from "./IInferenceCallback.sol";
import {IInferenceRequests} from "./IInferenceRequests.sol";
import {RequestHash} from "./RequestHash.sol";
import {RequestServing} from "./RequestServing.sol";
import {RequestTermsLib} from "./RequestTermsLib.sol";
import {Callback, FinaliseCall, FinaliseItem, ItemStatus, State, Submission} from "./RequestTypes.sol";

/// @notice How a request ends well: everybody is paid, then the requester is told.
abstract contract RequestClosing is RequestServing {
    using RequestTermsLib for Terms;

    /// @dev The parts of a fee at finality; they sum to it.
    struct Parts {
        uint96 toNode;
        uint96 royalty;
        uint96 protocol;
        uint96 tip;
    }

    /// Gas of one closing and its event, new accounts included, with margin: what a batch keeps back before it closes the next
    /// item, so that callbacks of items already closed can still be given theirs.
    uint256 private constant CLOSE_RESERVE = 150_000;
    /// Gas around one callback: copying up to 16 kB of output, the call, the event.
    uint256 private constant CALLBACK_RESERVE = 40_000;
    /// Callback gas of one batch.
    uint256 private constant MAX_BATCH_CALLBACK_GAS = 8_000_000;
    /// High 112 bits of a purse's address (Escrow).
    uint160 private constant PURSE = 0x00A0DE1 << 48;

    /// @inheritdoc IInferenceRequests
    function finalise(
        Terms calldata terms,
        Submission calldata submission,
        bool takeTip,
        bytes32[] calldata outputHeaders,
        bytes calldata output
    ) external {
        // Check
        Terms memory t = terms;
        Submission memory s = submission;
        if (block.timestamp <= s.end) revert Requests_TooEarly(uint256(s.end) + 1);
        if (takeTip) {
            uint256 from = _tipFrom(t, s.challengeEnd);
            if (block.timestamp < from) revert Requests_TooEarly(from);
        }
        uint256 callbackGas = t.callbackGas();
        if (callbackGas != 0) {
            bytes32 root = _commitOutput(t, outputHeaders, output);
            if (root != s.outputHash) revert Requests_OutputMismatch(root, s.outputHash);
        }

        // Effect
        bytes32 h = t.hash();
        RequestId id = RequestHash.requestId(t.requester(), s.nonce, h);
        Parts memory p = _parts(t, takeTip);
        bytes32 tag = _submittedTag(State.Submitted, h, s);
        _close(t, id, AmountsLib.pack(s.nonce, t.slice(), t.fee()), tag, _credits(t, s.node, p));

        // Interaction
        Callback callback;
        if (callbackGas != 0) callback = _callBack(t.requester(), callbackGas, id, output);

        // Log
        _logFinalised(id, s.node, p, callback);
    }

    /// @inheritdoc IInferenceRequests
    function finaliseBatch(
        Terms calldata shared,
        address node,
        bool takeTip,
        FinaliseItem[] calldata items
    ) external returns (ItemStatus[] memory statuses) {
        // Check
        _requireNoBatch();
        Terms memory t = shared;
        if (t.callbackGas() != 0) revert Requests_CallbackNeedsOutput();
        if (items.length > 256) revert Requests_ItemsInvalid(items.length); // Escrow answers in bits of one word
        statuses = new ItemStatus[](items.length);
        (bytes32[] memory hashes, Close[] memory closes) = _finaliseCloses(t, node, takeTip, items, statuses);

        // Effect
        Parts memory p = _parts(t, takeTip);
        uint256 gone = _escrow.closeMany(t.requester(), closes, _credits(t, node, p));

        // Log
        uint256 m; // index among the items that went to Escrow
        for (uint256 i; i < items.length; ++i) {
            if (statuses[i] == ItemStatus.EARLY) continue;
            if ((gone >> m++) & 1 == 1) statuses[i] = ItemStatus.GONE;
            else _logFinalised(RequestHash.requestId(t.requester(), items[i].nonce, hashes[i]), node, p, Callback.None);
        }
    }

    function _logFinalised(RequestId id, address node, Parts memory p, Callback callback) private {
        emit Finalised(id, node, p.toNode, p.royalty, p.protocol, p.tip, callback);
    }

    /// @dev Marks items whose time has not come; the others become closings, in order.
    function _finaliseCloses(
        Terms memory t,
        address node,
        bool takeTip,
        FinaliseItem[] calldata items,
        ItemStatus[] memory statuses
    ) private view returns (bytes32[] memory hashes, Close[] memory closes) {
        uint256 tipDelay = takeTip ? _sets[t.set()].tipDelay : 0;
        hashes = new bytes32[](items.length);
        closes = new Close[](items.length);
        uint256 m; // items whose time has come
        for (uint256 i; i < items.length; ++i) {
            FinaliseItem calldata item = items[i];
            bool early = block.timestamp <= item.end || (takeTip && block.timestamp <= item.challengeEnd + tipDelay);
            if (early) {
                statuses[i] = ItemStatus.EARLY;
                continue;
            }
            t.setItem(item.input, item.lane);
            hashes[i] = t.hash();
            Submission memory s = Submission(item.nonce, node, item.challengeEnd, item.end, item.outputHash);
            closes[m++] = _finalOf(t, hashes[i], s);
        }
        assembly ("memory-safe") {
            mstore(closes, m) // shortened: only the first m are used
        }
    }

    /// @inheritdoc IInferenceRequests
    function finaliseEach(FinaliseCall[] calldata calls, bool takeTip) external returns (ItemStatus[] memory statuses) {
        _requireNoBatch();
        _batching = true;
        uint256 n = calls.length;
        statuses = new ItemStatus[](n);

        // Check, Effect: every closing first, so that each callback sees all credits done
        uint256 promised; // callback gas of the items closed so far
        uint256 callbacks;
        for (uint256 i; i < n; ++i) {
            Terms memory t = calls[i].terms;
            uint256 asked = t.callbackGas();
            // The check comes before the closing: a closed item must get its callback.
            bool starved =
                promised + asked > MAX_BATCH_CALLBACK_GAS ||
                    gasleft() < _gasFor(promised + asked, callbacks + 1) + CLOSE_RESERVE;
            statuses[i] = _closeOne(calls[i], takeTip, starved);
            if (statuses[i] != ItemStatus.DONE || asked == 0) continue;
            promised += asked;
            ++callbacks;
        }

        // Interaction, Log
        for (uint256 i; i < n; ++i) {
            if (statuses[i] == ItemStatus.DONE) _tell(calls[i], takeTip);
        }
        _batching = false;
    }

    /// @dev Check and Effect of one item of a mixture.
    function _closeOne(FinaliseCall calldata c, bool takeTip, bool starved) private returns (ItemStatus) {
        Terms memory t = c.terms;
        Submission memory s = c.submission;
        if (block.timestamp <= s.end) return ItemStatus.EARLY;
        if (takeTip && block.timestamp < _tipFrom(t, s.challengeEnd)) return ItemStatus.EARLY;
        if (t.callbackGas() != 0) {
            (bytes32 root, bool good) = _tryCommitOutput(t, c.outputHeaders, c.output);
            if (!good || root != s.outputHash) return ItemStatus.BADOUTPUT;
        }
        if (starved) return ItemStatus.GAS;

        Close[] memory closes = new Close[](1);
        closes[0] = _finalOf(t, t.hash(), s);
        Credit[] memory credits = _credits(t, s.node, _parts(t, takeTip));
        return _escrow.closeMany(t.requester(), closes, credits) == 0 ? ItemStatus.DONE : ItemStatus.GONE;
    }

    /// @dev Callback and event of one item of a mixture that was closed in this call.
    function _tell(FinaliseCall calldata c, bool takeTip) private {
        Terms memory t = c.terms;
        RequestId id = RequestHash.requestId(t.requester(), c.submission.nonce, t.hash());
        Callback callback;
        if (t.callbackGas() != 0) callback = _callBack(t.requester(), t.callbackGas(), id, c.output);
        _logFinalised(id, c.submission.node, _parts(t, takeTip), callback);
    }

    function _finalOf(Terms memory t, bytes32 h, Submission memory s) private pure returns (Close memory) {
        return Close(t.lane(), AmountsLib.pack(s.nonce, t.slice(), t.fee()), _submittedTag(State.Submitted, h, s));
    }

    /// @dev Calls the requester with exactly the gas it asked for and copies nothing back.
    function _callBack(
        address to,
        uint256 callbackGas,
        RequestId id,
        bytes calldata output
    ) private returns (Callback) {
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

    function _gasFor(uint256 callbackGas, uint256 callbacks) private pure returns (uint256) {
        return (callbackGas * 64) / 63 + callbacks * CALLBACK_RESERVE;
    }

    /// @dev First second in which the tip may be taken.
    function _tipFrom(Terms memory t, uint40 challengeEnd) private view returns (uint256) {
        return uint256(challengeEnd) + _sets[t.set()].tipDelay + 1;
    }

    /// @dev royalty exact, protocol and tip floored, the node gets the rest. fee >= royalty + protocol + tip + 1 since request.
    function _parts(Terms memory t, bool takeTip) private pure returns (Parts memory p) {
        uint96 fee = t.fee();
        p.royalty = t.royalty();
        (p.protocol, p.tip) = RequestTermsLib.shares(fee, t.protocolBps(), t.tipBps());
        if (!takeTip) p.tip = 0;
        p.toNode = fee - p.royalty - p.protocol - p.tip;
    }

    function _credits(Terms memory t, address node, Parts memory p) private view returns (Credit[] memory credits) {
        credits = new Credit[](p.tip == 0 ? 2 : 3);
        credits[0] = Credit(node, p.toNode, t.slice());
        credits[1] = Credit(address(PURSE | ModelId.unwrap(t.model())), p.royalty, p.protocol);
        if (p.tip != 0) credits[2] = Credit(msg.sender, p.tip, 0);
    }
}
