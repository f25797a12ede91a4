// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Credit, Relock} from "../escrow/IEscrow.sol";
import {TensorCommitment} from "../lib/TensorCommitment.sol";
import {IModelRegistry} from "../models/IModelRegistry.sol";
import {INodeRegistry} from "../nodes/INodeRegistry.sol";
import {Amounts, AmountsLib} from "../types/Amounts.sol";
import {HeadWord, HeadWordLib} from "../types/HeadWord.sol";
import {RequestId, VersionId} from "../types/Ids.sol";
import {OfferWord} from "../types/OfferWord.sol";
import {Terms, TermsLib} from "../types/Terms.sol";
import {VersionWord, VersionWordLib} from "../types/VersionWord.sol";
import {IInferenceRequests} from "./IInferenceRequests.sol";
import {RequestBase} from "./RequestBase.sol";
import {RequestHash} from "./RequestHash.sol";
import {RequestTermsLib} from "./RequestTermsLib.sol";
import {Ask, AskFlags} from "./RequestTypes.sol";

/// @notice How a request comes into being and how it is taken: request, cancel, decline, accept.
abstract contract RequestOpening is RequestBase {
    using RequestTermsLib for Terms;

    uint256 internal constant MAX_ITEMS = 32;
    /// Outputs above this are submitted as a hash (exact mode).
    uint256 internal constant MAX_OUTPUT_BYTES = 16_384;
    /// The one mode that needs no verifier contract: results are optimistic and challengeable.
    uint8 internal constant MODE_VANILLA = 0;

    /// @inheritdoc IInferenceRequests
    function request(
        Ask calldata ask,
        bytes32[] calldata inputHeaders,
        bytes calldata input,
        bytes calldata policyData
    ) external returns (RequestId id) {
        // Check
        Terms memory t = _termsOfOne(ask, inputHeaders, input, policyData);

        // Effect
        bytes32 h = t.hash();
        uint64 nonce = _lock(ask, h);

        // Log
        id = RequestHash.requestId(msg.sender, nonce, h);
        emit Requested(id, msg.sender, ask.node, t, nonce, input);
    }

    /// @inheritdoc IInferenceRequests
    function requestMany(
        Ask calldata ask,
        bytes32[] calldata inputHeaders,
        bytes[] calldata inputs,
        bytes calldata policyData
    ) external returns (RequestId[] memory ids) {
        // Check
        _requireNoBatch();
        uint256 n = inputs.length;
        if (n == 0 || n > MAX_ITEMS) revert Requests_ItemsInvalid(n);
        Terms[] memory many = _termsOfMany(ask, inputHeaders, inputs, policyData);

        // Effect
        uint64 first = _lockMany(ask, many);

        // Log
        ids = new RequestId[](n);
        for (uint256 i; i < n; ++i) {
            uint64 nonce = uint64(first + i);
            ids[i] = RequestHash.requestId(msg.sender, nonce, many[i].hash());
            emit Requested(ids[i], msg.sender, ask.node, many[i], nonce, inputs[i]);
        }
    }

    /// @inheritdoc IInferenceRequests
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

    /// @inheritdoc IInferenceRequests
    function decline(Terms calldata terms, uint64 nonce) external {
        // Check
        Terms memory t = terms;
        address node = t.node();
        _requireActor(node, MAY_DECLINE);
        if (block.timestamp > t.openAt()) revert Requests_TooLate(t.openAt());

        // Effect
        bytes32 h = t.hash();
        RequestId id = RequestHash.requestId(t.requester(), nonce, h);
        Amounts amounts = AmountsLib.pack(nonce, 0, t.fee());
        Relock memory r = Relock(t.lane(), amounts, RequestHash.openTag(h, false), RequestHash.openTag(h, true));
        _relock(t, id, r, node, 0);

        // Log
        emit Declined(id);
    }

    /// @inheritdoc IInferenceRequests
    function accept(Terms calldata terms, uint64 nonce, address node, bool declined) external {
        // Check
        Terms memory t = terms;
        _requireActor(node, MAY_ACCEPT);
        if (block.timestamp > t.deadline()) revert Requests_TooLate(t.deadline());
        address named = t.node();
        if (!declined && named != address(0) && node != named && block.timestamp <= t.openAt()) {
            revert Requests_Reserved(t.openAt());
        }

        // Effect
        bytes32 h = t.hash();
        RequestId id = RequestHash.requestId(t.requester(), nonce, h);
        Amounts amounts = AmountsLib.pack(nonce, 0, t.fee());
        bytes32 newTag = RequestHash.acceptedTag(h, node);
        _relock(t, id, Relock(t.lane(), amounts, RequestHash.openTag(h, declined), newTag), node, t.slice());

        // Log
        emit Accepted(id, node);
    }

    /// @inheritdoc IInferenceRequests
    function quote(VersionId version, address node, uint8 items) external view returns (uint256 fee) {
        (VersionWord word, ) = _models.terms(version);
        OfferWord offer = _activeOffer(version, node);
        return _quote(_head, word, offer, items);
    }

    /// @inheritdoc IInferenceRequests
    function windowsOf(VersionId version, uint8 items, uint96 fee) external view returns (uint32 tc, uint96 slice) {
        (VersionWord word, ) = _models.terms(version);
        return (RequestTermsLib.windowSeconds(_head, word, items), RequestTermsLib.slice(_head, word, fee));
    }

    function _lock(Ask calldata ask, bytes32 h) private returns (uint64 nonce) {
        bool pull = ask.flags & AskFlags.PULL != 0;
        return _escrow.lock(msg.sender, ask.lane, ask.fee, RequestHash.openTag(h, false), pull);
    }

    function _termsOfOne(
        Ask calldata ask,
        bytes32[] calldata inputHeaders,
        bytes calldata input,
        bytes calldata policyData
    ) private view returns (Terms memory t) {
        uint256 expected;
        uint256 maxInput;
        (t, expected, maxInput) = _terms(ask, inputHeaders, policyData);
        t.input = _commitInput(ask, inputHeaders, input, expected, maxInput);
    }

    function _lockMany(Ask calldata ask, Terms[] memory many) private returns (uint64 firstNonce) {
        bytes32[] memory tags = new bytes32[](many.length);
        for (uint256 i; i < many.length; ++i) tags[i] = RequestHash.openTag(many[i].hash(), false);
        return _escrow.lockMany(msg.sender, ask.lane, ask.fee, tags, ask.flags & AskFlags.PULL != 0);
    }

    /// @dev The terms of requestMany's items: they differ in input and lane.
    function _termsOfMany(
        Ask calldata ask,
        bytes32[] calldata inputHeaders,
        bytes[] calldata inputs,
        bytes calldata policyData
    ) private view returns (Terms[] memory many) {
        (Terms memory t, uint256 expected, uint256 maxInput) = _terms(ask, inputHeaders, policyData);
        many = new Terms[](inputs.length);
        for (uint256 i; i < inputs.length; ++i) {
            // Escrow refuses a run of lanes beyond 65,535, so a lane that wrapped here is never opened
            t.setItem(_commitInput(ask, inputHeaders, inputs[i], expected, maxInput), uint16(ask.lane + i));
            many[i] = Terms(t.version, t.input, t.requesterFee, t.nodeSlice, t.shares, t.shape, t.outputSchema);
        }
    }

    /// @dev Everything of row `request` but the input itself.
    /// @return t the terms without the input
    /// @return expected canonical bytes of the input in calldata
    function _terms(
        Ask calldata ask,
        bytes32[] calldata inputHeaders,
        bytes calldata policyData
    ) private view returns (Terms memory t, uint256 expected, uint256 maxInput) {
        HeadWord head = _head;
        maxInput = head.maxInput();
        if (head.has(HeadWordLib.PAUSED) && block.timestamp <= pausedUntil) revert Requests_Paused(pausedUntil);
        uint16 set = head.set();
        if (set == 0 || (ask.set != 0 && ask.set != set)) revert Requests_SetChanged(set);
        if (ask.mode != MODE_VANILLA) revert Requests_ModeUnsupported(ask.mode);
        if (ask.items == 0 || ask.items > MAX_ITEMS) revert Requests_ItemsInvalid(ask.items);
        _requireTimes(ask, head);
        if (ask.callbackGas != 0) _requireCallback(ask.callbackGas, set);

        (VersionWord word, bytes32 schema) = _models.terms(ask.version);
        _requireVersion(ask, word, head, policyData);
        if (schema != TensorCommitment.schemaHash(TensorCommitment.headersHash(inputHeaders), ask.outputSchema))
            revert Requests_SchemaMismatch();
        expected = TensorCommitment.itemBytes(inputHeaders) * ask.items;
        if (expected == 0) revert Requests_SchemaMismatch();

        _requireFee(ask, head, word);
        if (ask.flags & AskFlags.QUOTE != 0) _requireQuote(ask, head, word);
        _requireOutputs(ask, word);
        t.pack(ask, head, word);
    }

    function _requireFee(Ask calldata ask, HeadWord head, VersionWord word) private pure {
        uint256 royalty = uint256(word.royalty()) * ask.items;
        if (royalty > ask.maxRoyalty) revert Requests_RoyaltyAbove(royalty, ask.maxRoyalty);
        (uint96 protocol, uint96 tip) = RequestTermsLib.shares(ask.fee, head.protocolBps(), head.tipBps());
        uint256 least = royalty + protocol + tip + 1;
        if (ask.fee < least) revert Requests_FeeBelowShares(ask.fee, least);
    }

    function _requireOutputs(Ask calldata ask, VersionWord word) private pure {
        uint256 outputBytes = uint256(word.outputBytes()) * ask.items;
        uint256 limit = MAX_OUTPUT_BYTES;
        if (ask.flags & AskFlags.EXACT_OUTPUT != 0) {
            if (!word.has(VersionWordLib.EXACT)) revert Requests_NotExact(ask.version);
            limit = type(uint24).max;
        }
        if (outputBytes > limit) revert Requests_OutputTooLarge(outputBytes, limit);
    }

    function _requireTimes(Ask calldata ask, HeadWord head) private view {
        uint256 latest = block.timestamp + uint256(head.maxLifeDays()) * 1 days;
        if (ask.deadline <= block.timestamp || ask.deadline > latest) {
            revert Requests_DeadlineInvalid(ask.deadline, block.timestamp, latest);
        }
        if (ask.openAt > ask.deadline) revert Requests_OpenAtInvalid(ask.openAt, ask.deadline);
    }

    function _requireCallback(uint24 gas_, uint16 set) private view {
        uint24 cap = _sets[set].callbackCap;
        if (gas_ > cap) revert Requests_CallbackGas(gas_, cap);
        if (msg.sender.code.length == 0) revert Requests_NotAContract(msg.sender);
    }

    function _requireVersion(
        Ask calldata ask,
        VersionWord word,
        HeadWord head,
        bytes calldata policyData
    ) private view {
        if (!word.has(VersionWordLib.PUBLISHED)) revert IModelRegistry.Models_Unknown(VersionId.unwrap(ask.version));
        if (word.has(VersionWordLib.RETIRED)) revert IModelRegistry.Models_Retired(ask.version);
        if (head.has(HeadWordLib.ARBITER) && !word.has(VersionWordLib.VERIFIABLE)) {
            revert Requests_NotVerifiable(ask.version);
        }
        if (word.has(VersionWordLib.POLICY)) _models.requireAccess(ask.version, msg.sender, policyData);
    }

    function _requireQuote(Ask calldata ask, HeadWord head, VersionWord word) private view {
        OfferWord offer = _activeOffer(ask.version, ask.node);
        uint256 asked = _quote(head, word, offer, ask.items);
        if (ask.fee < asked) revert Requests_FeeBelowQuote(ask.fee, asked);
        uint256 reservedUntil = block.timestamp + offer.minReserved();
        if (ask.openAt < reservedUntil) revert Requests_OpenAtInvalid(ask.openAt, uint40(reservedUntil));
    }

    function _activeOffer(VersionId version, address node) private view returns (OfferWord offer) {
        offer = _nodes.offerOf(node, version);
        if (OfferWord.unwrap(offer) == 0 || offer.until() < block.timestamp) {
            revert INodeRegistry.Nodes_NoOffer(node, version);
        }
    }

    function _quote(HeadWord head, VersionWord word, OfferWord offer, uint256 items) private pure returns (uint256) {
        uint256 net = (uint256(offer.price()) + word.royalty()) * items; // < 2^106
        return RequestTermsLib.quote(net, head.protocolBps(), head.tipBps());
    }

    /// @dev The commitment of the input: computed from the bytes, or, for ROOT_INPUT, as given.
    function _commitInput(
        Ask calldata ask,
        bytes32[] calldata headers,
        bytes calldata input,
        uint256 expected,
        uint256 maxInput
    ) private pure returns (bytes32 root) {
        if (ask.flags & AskFlags.ROOT_INPUT != 0) {
            if (input.length != 32) revert Requests_InputLength(input.length, 32);
            return bytes32(input);
        }
        if (input.length > maxInput) revert Requests_InputTooLarge(input.length, maxInput);
        if (input.length != expected) revert Requests_InputLength(input.length, expected);
        bool canonical;
        (root, canonical) = TensorCommitment.commit(headers, ask.items, input);
        if (!canonical) revert Requests_InputNotCanonical();
    }
}
