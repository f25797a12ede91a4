// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Close, Credit, IEscrow, Relock} from "../escrow/IEscrow.sol";
import {AmountsLib} from "../types/Amounts.sol";
import {RequestId, VersionId} from "../types/Ids.sol";
import {OfferWord} from "../types/OfferWord.sol";
import {Terms, TermsLib} from "../types/Terms.sol";
import {VersionWord} from "../types/VersionWord.sol";
import {IRequestsExtension} from "./IRequestsExtension.sol";
import {RequestArbitration} from "./RequestArbitration.sol";
import {RequestQuote} from "./RequestQuote.sol";
import {RequestBase} from "./RequestBase.sol";
import {RequestHash} from "./RequestHash.sol";
import {RequestRefund} from "./RequestRefund.sol";
import {RequestSettlement} from "./RequestSettlement.sol";
import {RequestTermsLib} from "./RequestTermsLib.sol";
import {
    Callback,
    ExpireCall,
    ExpireItem,
    FinaliseCall,
    FinaliseItem,
    ItemStatus,
    State,
    Submission,
    SubmitCall,
    SubmitItem
} from "./RequestTypes.sol";

/// @notice See IRequestsExtension. Code that runs only on InferenceRequests' storage, through its fallback.
/// @dev Called directly it finds no parameter set and no Escrow: nothing moves, and what it answers is about no request. It owns nothing.
contract RequestsExtension is RequestQuote, RequestSettlement, RequestRefund, RequestArbitration {
    using RequestTermsLib for Terms;

    /// @dev What a batch computes per item: the locks to move, the terms' hashes, the outputs' commitments.
    struct Batch {
        Relock[] relocks;
        bytes32[] hashes;
        bytes32[] outputs;
        uint256 gone; // Escrow's answers, a bit per relock
        uint256 noStake;
    }

    /// Gas of one closing and its event, new accounts included, with margin: what a batch keeps back before it closes the next
    /// item, so that callbacks of items already closed can still be given theirs.
    uint256 private constant CLOSE_RESERVE = 150_000;

    /// Callback gas of one batch.
    uint256 private constant MAX_BATCH_CALLBACK_GAS = 8_000_000;

    constructor(address models_, address nodes_, address authority_) RequestBase(models_, nodes_, authority_) {}

    /* REQUESTERS */

    /// @inheritdoc IRequestsExtension
    function cancel(Terms calldata terms, uint64 nonce, bool declined) external {
        // Check
        Terms memory t = terms;
        address requester = t.requester();
        if (msg.sender != requester) revert Requests_NotYours(msg.sender, requester);
        bool reserved = !declined && t.node() != address(0) && t.flags() & TermsLib.ROOT_INPUT == 0;
        if (reserved && block.timestamp <= t.openAt()) revert Requests_Reserved(t.openAt());

        // Effect
        bytes32 h = t.hash();
        RequestId id = RequestHash.requestId(requester, nonce, h);
        Credit[] memory credits = new Credit[](1);
        credits[0] = Credit(requester, t.fee(), 0);
        _close(t, id, AmountsLib.pack(nonce, 0, t.fee()), RequestHash.openTag(h, declined), credits);

        // Log
        emit Cancelled(id);
    }

    /* NODES */

    /// @inheritdoc IRequestsExtension
    function submitBatch(
        Terms calldata shared,
        address acceptedBy,
        bytes32[] calldata outputHeaders,
        SubmitItem[] calldata items
    ) external returns (ItemStatus[] memory statuses) {
        // Check: what all items share
        _requireNoBatch();
        Terms memory t = shared;
        address node = _submitter(t, acceptedBy);
        _requireActor(node, MAY_SUBMIT);
        statuses = new ItemStatus[](items.length);
        if (block.timestamp > t.deadline()) {
            for (uint256 i; i < items.length; ++i) statuses[i] = ItemStatus.LATE;
            return statuses;
        }
        if (items.length > 256) revert Requests_ItemsInvalid(items.length); // Escrow answers in bits of one word

        // Check: each item
        Batch memory b = _submitRelocks(t, acceptedBy, outputHeaders, items, statuses);

        // Effect
        uint96 slice = acceptedBy == address(0) ? t.slice() : 0;
        (b.gone, b.noStake) = _escrow().relockMany(t.requester(), b.relocks, node, slice);

        // Log
        _logBatch(t, node, b, items, statuses);
    }

    /// @inheritdoc IRequestsExtension
    function submitEach(SubmitCall[] calldata calls) external returns (ItemStatus[] memory statuses) {
        _requireNoBatch();
        statuses = new ItemStatus[](calls.length);
        for (uint256 i; i < calls.length; ++i) statuses[i] = _submitOne(calls[i]);
    }

    /* ANYONE */

    /// @inheritdoc IRequestsExtension
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

    /// @inheritdoc IRequestsExtension
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
        uint256 gone = _escrow().closeMany(t.requester(), closes, credits);

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

    /// @inheritdoc IRequestsExtension
    function expireEach(ExpireCall[] calldata calls) external returns (ItemStatus[] memory statuses) {
        _requireNoBatch();
        statuses = new ItemStatus[](calls.length);
        for (uint256 i; i < calls.length; ++i) statuses[i] = _expireOne(calls[i]);
    }

    /// @inheritdoc IRequestsExtension
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
        uint256 gone = _escrow().closeMany(t.requester(), closes, _credits(t, node, p));

        // Log
        uint256 m; // index among the items that went to Escrow
        for (uint256 i; i < items.length; ++i) {
            if (statuses[i] == ItemStatus.EARLY) continue;
            if ((gone >> m++) & 1 == 1) statuses[i] = ItemStatus.GONE;
            else _logFinalised(RequestHash.requestId(t.requester(), items[i].nonce, hashes[i]), node, p, Callback.None);
        }
    }

    /// @inheritdoc IRequestsExtension
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
            if (promised + asked > MAX_BATCH_CALLBACK_GAS) {
                statuses[i] = ItemStatus.GAS;
                continue;
            }
            // Before the closing: a closed item must get its callback. A revert and no status, because an estimate of gas looks
            // for the least with which a call succeeds, and would settle for a batch in which nothing is done.
            uint256 needed = _gasFor(promised + asked, callbacks + 1) + CLOSE_RESERVE;
            if (gasleft() < needed) revert Requests_GasTooLow(needed);
            statuses[i] = _closeOne(calls[i], takeTip);
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

    /* VIEWS */

    /// @inheritdoc IRequestsExtension
    function submissionIdOf(
        Terms calldata terms,
        uint64 nonce,
        address node,
        bytes32 outputHash
    ) external view returns (bytes32) {
        Terms memory t = terms;
        return RequestHash.submissionId(RequestHash.requestId(t.requester(), nonce, t.hash()), node, outputHash);
    }

    /// @inheritdoc IRequestsExtension
    function isCurrent(Terms calldata terms, State state, Submission calldata submission) external view returns (bool) {
        Terms memory t = terms;
        bytes32 h = t.hash();
        uint96 slice = state >= State.Accepted ? t.slice() : 0;
        bytes32 tag;
        if (state == State.Requested || state == State.Declined) tag = RequestHash.openTag(h, state == State.Declined);
        else if (state == State.Accepted) tag = RequestHash.acceptedTag(h, submission.node);
        else if (state != State.None) tag = _submittedTag(state, h, submission);
        else return false;
        bytes32 word = keccak256(abi.encode(tag, AmountsLib.pack(submission.nonce, slice, t.fee())));
        return _escrow().lockOf(address(this), t.requester(), t.lane()) == word;
    }

    /// @inheritdoc IRequestsExtension
    function quote(VersionId version, address node, uint8 items) external view returns (uint256 fee) {
        (VersionWord word, ) = _models.terms(version);
        OfferWord offer = _activeOffer(version, node);
        return _quote(_head, word, offer, items);
    }

    /// @inheritdoc IRequestsExtension
    function windowsOf(VersionId version, uint8 items, uint96 fee) external view returns (uint32 tc, uint96 slice) {
        (VersionWord word, ) = _models.terms(version);
        return (RequestTermsLib.windowSeconds(_head, word, items), RequestTermsLib.slice(_head, word, fee));
    }

    /// @notice The registry this code was made for; the constructor of InferenceRequests compares it with its own.
    function modelsOfCode() external view returns (address) {
        return address(_models);
    }

    /// @notice The node registry this code was made for.
    function nodesOfCode() external view returns (address) {
        return address(_nodes);
    }

    /* INTERNAL */

    function _escrow() internal view override returns (IEscrow) {
        IEscrow stored = _storedEscrow;
        assembly ("memory-safe") {
            if iszero(stored) {
                revert(0, 0) // called directly: a call of address 0 would succeed
            }
        }
        return stored;
    }

    function _logBatch(
        Terms memory t,
        address node,
        Batch memory b,
        SubmitItem[] calldata items,
        ItemStatus[] memory statuses
    ) private {
        uint256 m; // index among the items that went to Escrow
        for (uint256 i; i < items.length; ++i) {
            if (statuses[i] == ItemStatus.BADOUTPUT) continue;
            if ((b.gone >> m) & 1 == 1) statuses[i] = ItemStatus.GONE;
            else if ((b.noStake >> m) & 1 == 1) statuses[i] = ItemStatus.NOSTAKE;
            else {
                RequestId id = RequestHash.requestId(t.requester(), items[i].nonce, b.hashes[i]);
                _logSubmitted(id, node, _challengeEnd(t), b.outputs[i], items[i].output);
            }
            ++m;
        }
    }

    /// @dev Lists of which the caller sets every element, or cuts off the rest: nothing is zeroed, which `new` would do.
    function _newRelocks(uint256 n) private pure returns (Relock[] memory relocks) {
        assembly ("memory-safe") {
            relocks := mload(0x40)
            mstore(relocks, n)
            mstore(0x40, add(relocks, shl(5, add(n, 1))))
        }
    }

    function _newCloses(uint256 n) private pure returns (Close[] memory closes) {
        assembly ("memory-safe") {
            closes := mload(0x40)
            mstore(closes, n)
            mstore(0x40, add(closes, shl(5, add(n, 1))))
        }
    }

    /// @dev Marks items whose output is bad; the others become relocks, in order.
    function _submitRelocks(
        Terms memory t,
        address acceptedBy,
        bytes32[] calldata outputHeaders,
        SubmitItem[] calldata items,
        ItemStatus[] memory statuses
    ) private view returns (Batch memory b) {
        b = Batch(_newRelocks(items.length), new bytes32[](items.length), new bytes32[](items.length), 0, 0);
        bool fits = _schemaFits(t, outputHeaders);
        uint256 m; // items with a good output
        for (uint256 i; i < items.length; ++i) {
            bool good;
            if (fits) (b.outputs[i], good) = _commitFitting(t, outputHeaders, items[i].output);
            if (!good) {
                statuses[i] = ItemStatus.BADOUTPUT;
                continue;
            }
            t.setItem(items[i].input, items[i].lane);
            b.hashes[i] = t.hash();
            b.relocks[m++] = _submitRelock(t, b.hashes[i], items[i].nonce, acceptedBy, b.outputs[i]);
        }
        Relock[] memory relocks = b.relocks;
        assembly ("memory-safe") {
            mstore(relocks, m) // shortened: only the first m are used
        }
    }

    function _submitOne(SubmitCall calldata c) private returns (ItemStatus) {
        // Check
        Terms memory t = c.terms;
        address node = c.acceptedBy;
        if (node == address(0)) {
            node = t.node();
            if (node == address(0) || t.flags() & TermsLib.ROOT_INPUT != 0) return ItemStatus.DENIED;
        }
        if (msg.sender != node && !_nodes.mayAct(node, msg.sender, MAY_SUBMIT)) return ItemStatus.DENIED;
        if (block.timestamp > t.deadline()) return ItemStatus.LATE;
        (bytes32 outputHash, bool good) = _tryCommitOutput(t, c.outputHeaders, c.output);
        if (!good) return ItemStatus.BADOUTPUT;

        // Effect
        (RequestId id, ItemStatus status) = _tryPlace(t, c.nonce, c.acceptedBy, outputHash);
        if (status != ItemStatus.DONE) return status;

        // Log
        _logSubmitted(id, node, _challengeEnd(t), outputHash, c.output);
        return ItemStatus.DONE;
    }

    /// @dev `_place` without reverting.
    function _tryPlace(
        Terms memory t,
        uint64 nonce,
        address acceptedBy,
        bytes32 outputHash
    ) private returns (RequestId id, ItemStatus status) {
        bytes32 h = t.hash();
        id = RequestHash.requestId(t.requester(), nonce, h);
        Relock[] memory relocks = new Relock[](1);
        relocks[0] = _submitRelock(t, h, nonce, acceptedBy, outputHash);
        (address node, uint96 slice) = acceptedBy == address(0) ? (t.node(), t.slice()) : (acceptedBy, 0);
        (uint256 gone, uint256 noStake) = _escrow().relockMany(t.requester(), relocks, node, slice);
        if (gone != 0) return (id, ItemStatus.GONE);
        return (id, noStake != 0 ? ItemStatus.NOSTAKE : ItemStatus.DONE);
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
        closes = _newCloses(items.length);
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

    /// @dev Check and Effect of one item of a mixture.
    function _closeOne(FinaliseCall calldata c, bool takeTip) private returns (ItemStatus) {
        Terms memory t = c.terms;
        Submission memory s = c.submission;
        if (block.timestamp <= s.end) return ItemStatus.EARLY;
        if (takeTip && block.timestamp < _tipFrom(t, s.challengeEnd)) return ItemStatus.EARLY;
        if (t.callbackGas() != 0) {
            (bytes32 root, bool good) = _tryCommitOutput(t, c.outputHeaders, c.output);
            if (!good || root != s.outputHash) return ItemStatus.BADOUTPUT;
        }

        if (!_partsFit(t)) return ItemStatus.GONE;
        Close[] memory closes = new Close[](1);
        closes[0] = _finalOf(t, t.hash(), s);
        Credit[] memory credits = _credits(t, s.node, _parts(t, takeTip));
        return _escrow().closeMany(t.requester(), closes, credits) == 0 ? ItemStatus.DONE : ItemStatus.GONE;
    }

    /// @dev Callback and event of one item of a mixture that was closed in this call.
    function _tell(FinaliseCall calldata c, bool takeTip) private {
        Terms memory t = c.terms;
        RequestId id = RequestHash.requestId(t.requester(), c.submission.nonce, t.hash());
        Callback callback;
        if (t.callbackGas() != 0) callback = _callBack(t.requester(), t.callbackGas(), id, c.output);
        _logFinalised(id, c.submission.node, _parts(t, takeTip), callback);
    }

    function _gasFor(uint256 callbackGas, uint256 callbacks) private pure returns (uint256) {
        return (callbackGas * 64) / 63 + callbacks * CALLBACK_RESERVE;
    }

    /// @dev The locks of a batch that shares everything but input, lane and nonce.
    function _expireCloses(
        Terms memory t,
        address acceptedBy,
        ExpireItem[] calldata items
    ) private pure returns (bytes32[] memory hashes, Close[] memory closes) {
        hashes = new bytes32[](items.length);
        closes = _newCloses(items.length);
        for (uint256 i; i < items.length; ++i) {
            t.setItem(items[i].input, items[i].lane);
            hashes[i] = t.hash();
            State state = items[i].declined ? State.Declined : State.Requested;
            closes[i] = _closeOf(t, hashes[i], items[i].nonce, state, acceptedBy);
        }
    }

    function _expireOne(ExpireCall calldata c) private returns (ItemStatus) {
        // Check
        Terms memory t = c.terms;
        if (block.timestamp <= t.deadline()) return ItemStatus.EARLY;
        if (!_isUnserved(c.state, c.acceptedBy) || !_refundFits(t)) return ItemStatus.GONE;

        // Effect
        bytes32 h = t.hash();
        Close[] memory closes = new Close[](1);
        closes[0] = _closeOf(t, h, c.nonce, c.state, c.acceptedBy);
        (Credit[] memory credits, uint96 penalty) = _refund(t, c.acceptedBy);
        if (_escrow().closeMany(t.requester(), closes, credits) != 0) return ItemStatus.GONE;

        // Log
        _logReturn(RequestHash.requestId(t.requester(), c.nonce, h), c.acceptedBy, penalty);
        return ItemStatus.DONE;
    }
}
