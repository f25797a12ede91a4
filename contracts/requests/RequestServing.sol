// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Relock} from "../escrow/IEscrow.sol";
import {TensorCommitment} from "../lib/TensorCommitment.sol";
import {AmountsLib} from "../types/Amounts.sol";
import {RequestId} from "../types/Ids.sol";
import {Terms, TermsLib} from "../types/Terms.sol";
import {IInferenceRequests} from "./IInferenceRequests.sol";
import {RequestBase} from "./RequestBase.sol";
import {RequestHash} from "./RequestHash.sol";
import {RequestTermsLib} from "./RequestTermsLib.sol";
import {ItemStatus, State, SubmitCall, SubmitItem} from "./RequestTypes.sol";

/// @notice How a result is submitted: once, by the node that owes it, with its slice behind it.
abstract contract RequestServing is RequestBase {
    using RequestTermsLib for Terms;

    /// @dev What a batch computes per item: the locks to move, the terms' hashes, the outputs' commitments.
    struct Batch {
        Relock[] relocks;
        bytes32[] hashes;
        bytes32[] outputs;
        uint256 gone; // Escrow's answers, a bit per relock
        uint256 noStake;
    }

    /// @inheritdoc IInferenceRequests
    function submit(
        Terms calldata terms,
        uint64 nonce,
        address acceptedBy,
        bytes32[] calldata outputHeaders,
        bytes calldata output
    ) external {
        // Check
        Terms memory t = terms;
        address node = _submitter(t, acceptedBy);
        _requireActor(node, MAY_SUBMIT);
        if (block.timestamp > t.deadline()) revert Requests_TooLate(t.deadline());
        bytes32 outputHash = _commitOutput(t, outputHeaders, output);

        // Effect
        RequestId id = _place(t, nonce, acceptedBy, outputHash);

        // Log
        emit Submitted(id, node, _challengeEnd(t), outputHash, output);
    }

    /// @inheritdoc IInferenceRequests
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
        (b.gone, b.noStake) = _escrow.relockMany(t.requester(), b.relocks, node, slice);

        // Log
        _logBatch(t, node, b, items, statuses);
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
                emit Submitted(id, node, _challengeEnd(t), b.outputs[i], items[i].output);
            }
            ++m;
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
        uint256 n = items.length;
        b = Batch(new Relock[](n), new bytes32[](n), new bytes32[](n), 0, 0);
        uint256 m; // items with a good output
        for (uint256 i; i < n; ++i) {
            bool good;
            (b.outputs[i], good) = _tryCommitOutput(t, outputHeaders, items[i].output);
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

    /// @inheritdoc IInferenceRequests
    function submitEach(SubmitCall[] calldata calls) external returns (ItemStatus[] memory statuses) {
        _requireNoBatch();
        statuses = new ItemStatus[](calls.length);
        for (uint256 i; i < calls.length; ++i) statuses[i] = _submitOne(calls[i]);
    }

    /// @dev Effect of a single submission; the slice is taken here if the node had not accepted before.
    function _place(
        Terms memory t,
        uint64 nonce,
        address acceptedBy,
        bytes32 outputHash
    ) private returns (RequestId id) {
        bytes32 h = t.hash();
        id = RequestHash.requestId(t.requester(), nonce, h);
        Relock memory r = _submitRelock(t, h, nonce, acceptedBy, outputHash);
        if (acceptedBy == address(0)) _relock(t, id, r, t.node(), t.slice());
        else _relock(t, id, r, acceptedBy, 0);
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
        emit Submitted(id, node, _challengeEnd(t), outputHash, c.output);
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
        (uint256 gone, uint256 noStake) = _escrow.relockMany(t.requester(), relocks, node, slice);
        if (gone != 0) return (id, ItemStatus.GONE);
        return (id, noStake != 0 ? ItemStatus.NOSTAKE : ItemStatus.DONE);
    }

    /// @dev Who submits: the node that accepted, or the named one by implied acceptance.
    function _submitter(Terms memory t, address acceptedBy) private pure returns (address node) {
        if (acceptedBy != address(0)) return acceptedBy;
        node = t.node();
        if (node == address(0) || t.flags() & TermsLib.ROOT_INPUT != 0) revert Requests_NeedsAccept();
    }

    function _challengeEnd(Terms memory t) private view returns (uint40) {
        unchecked {
            return uint40(block.timestamp + t.tc()); // 32-bit seconds on top of a 35-bit clock
        }
    }

    function _submitRelock(
        Terms memory t,
        bytes32 h,
        uint64 nonce,
        address acceptedBy,
        bytes32 outputHash
    ) private view returns (Relock memory r) {
        bool implied = acceptedBy == address(0);
        uint40 end = _challengeEnd(t);
        r.lane = t.lane();
        r.amounts = AmountsLib.pack(nonce, implied ? 0 : t.slice(), t.fee());
        r.oldTag = implied ? RequestHash.openTag(h, false) : RequestHash.acceptedTag(h, acceptedBy);
        address node = implied ? t.node() : acceptedBy;
        r.newTag = RequestHash.submittedTag(State.Submitted, h, node, outputHash, end, end);
    }

    /// @dev The commitment of a submission, or the reason it is none.
    function _commitOutput(
        Terms memory t,
        bytes32[] calldata headers,
        bytes calldata output
    ) internal pure returns (bytes32 root) {
        bool exact = t.flags() & TermsLib.EXACT_OUTPUT != 0;
        uint256 expected = exact ? 32 : t.outputBytes();
        if (output.length != expected) revert Requests_OutputLength(output.length, expected);
        if (exact) return bytes32(output);
        if (TensorCommitment.headersHash(headers) != t.outputSchema) revert Requests_SchemaMismatch();
        uint256 schemaBytes = TensorCommitment.itemBytes(headers) * t.items();
        if (schemaBytes != output.length) revert Requests_OutputLength(output.length, schemaBytes);
        bool canonical;
        (root, canonical) = TensorCommitment.commit(headers, t.items(), output);
        if (!canonical) revert Requests_OutputNotCanonical();
    }

    /// @dev The same without reverting, for batches.
    function _tryCommitOutput(
        Terms memory t,
        bytes32[] calldata headers,
        bytes calldata output
    ) internal pure returns (bytes32 root, bool good) {
        if (t.flags() & TermsLib.EXACT_OUTPUT != 0) {
            return output.length == 32 ? (bytes32(output), true) : (bytes32(0), false);
        }
        if (output.length != t.outputBytes()) return (0, false);
        if (TensorCommitment.headersHash(headers) != t.outputSchema) return (0, false);
        if (TensorCommitment.itemBytes(headers) * t.items() != output.length) return (0, false);
        return TensorCommitment.commit(headers, t.items(), output);
    }
}
