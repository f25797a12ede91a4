// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TensorCommitment} from "../lib/TensorCommitment.sol";
import {IModelRegistry} from "../models/IModelRegistry.sol";
import {HeadWord, HeadWordLib} from "../types/HeadWord.sol";
import {VersionId} from "../types/Ids.sol";
import {OfferWord} from "../types/OfferWord.sol";
import {Terms} from "../types/Terms.sol";
import {VersionWord, VersionWordLib} from "../types/VersionWord.sol";
import {RequestQuote} from "./RequestQuote.sol";
import {RequestTermsLib} from "./RequestTermsLib.sol";
import {Ask, AskFlags} from "./RequestTypes.sol";

/// @notice What is checked when somebody asks, and the terms that come of it.
abstract contract RequestAsk is RequestQuote {
    using RequestTermsLib for Terms;

    uint256 internal constant MAX_ITEMS = 32;
    /// Outputs above this are submitted as a hash (exact mode).
    uint256 internal constant MAX_OUTPUT_BYTES = 16_384;
    /// The one mode that needs no verifier contract: results are optimistic and challengeable.
    uint8 internal constant MODE_VANILLA = 0;

    /// @dev Everything of row `request` but the input itself.
    /// @param t where the terms are written, without the input
    /// @return expected canonical bytes of the input in calldata
    function _terms(
        Terms memory t,
        Ask calldata ask,
        bytes32[] calldata inputHeaders,
        bytes calldata policyData
    ) internal view returns (uint256 expected, uint256 maxInput) {
        HeadWord head = _head;
        maxInput = head.maxInput();
        if (head.has(HeadWordLib.PAUSED) && block.timestamp <= _pausedUntil) revert Requests_Paused(_pausedUntil);
        uint16 set = head.set();
        if (set == 0 || (ask.set != 0 && ask.set != set)) revert Requests_SetChanged(set);
        if (ask.mode != MODE_VANILLA) revert Requests_ModeUnsupported(ask.mode);
        if (ask.items == 0 || ask.items > MAX_ITEMS) revert Requests_ItemsInvalid(ask.items);
        if (ask.flags > AskFlags.ALL) revert Requests_BadParameter("flags");
        _requireTimes(ask, head);
        if (ask.callbackGas != 0) _requireCallback(ask.callbackGas, set);

        (VersionWord word, bytes32 schema) = _models.terms(ask.version);
        _requireVersion(ask, word, head, policyData);
        if (schema != TensorCommitment.schemaHash(TensorCommitment.headersHash(inputHeaders), ask.outputSchema))
            revert Requests_SchemaMismatch();
        unchecked {
            expected = TensorCommitment.itemBytes(inputHeaders) * ask.items; // calldata bounds the count of 43-bit sizes
        }
        if (expected == 0) revert Requests_SchemaMismatch();

        _requireFee(ask, head, word);
        if (ask.flags & AskFlags.QUOTE != 0) _requireQuote(ask, head, word);
        _requireOutputs(ask, word);
        t.pack(ask, head, word);
    }

    function _requireTimes(Ask calldata ask, HeadWord head) private view {
        uint40 deadline = ask.deadline;
        uint256 latest;
        unchecked {
            latest = block.timestamp + uint256(head.maxLifeDays()) * 1 days; // a 35-bit clock and a byte of days
        }
        if (deadline <= block.timestamp || deadline > latest) {
            revert Requests_DeadlineInvalid(deadline, block.timestamp, latest);
        }
        if (ask.openAt > deadline) revert Requests_OpenAtInvalid(ask.openAt, deadline);
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

    function _requireFee(Ask calldata ask, HeadWord head, VersionWord word) private pure {
        unchecked {
            // 96-bit amounts and at most 32 items
            uint96 fee = ask.fee;
            uint256 royalty = uint256(word.royalty()) * ask.items;
            if (royalty > ask.maxRoyalty) revert Requests_RoyaltyAbove(royalty, ask.maxRoyalty);
            (uint96 protocol, uint96 tip) = RequestTermsLib.shares(fee, head.protocolBps(), head.tipBps());
            uint256 least = royalty + protocol + tip + 1;
            if (fee < least) revert Requests_FeeBelowShares(fee, least);
        }
    }

    function _requireOutputs(Ask calldata ask, VersionWord word) private pure {
        uint256 outputBytes;
        unchecked {
            outputBytes = uint256(word.outputBytes()) * ask.items; // 24 bits and 8 bits
        }
        uint256 limit = MAX_OUTPUT_BYTES;
        if (ask.flags & AskFlags.EXACT_OUTPUT != 0) {
            if (!word.has(VersionWordLib.EXACT)) revert Requests_NotExact(ask.version);
            limit = type(uint24).max;
        }
        if (outputBytes > limit) revert Requests_OutputTooLarge(outputBytes, limit);
    }

    function _requireQuote(Ask calldata ask, HeadWord head, VersionWord word) private view {
        OfferWord offer = _activeOffer(ask.version, ask.node);
        uint256 asked = _quote(head, word, offer, ask.items);
        if (ask.fee < asked) revert Requests_FeeBelowQuote(ask.fee, asked);
        uint256 reservedUntil = block.timestamp + offer.minReserved();
        if (ask.openAt < reservedUntil) revert Requests_OpenAtInvalid(ask.openAt, uint40(reservedUntil));
    }

    /// @dev The commitment of the input: computed from the bytes, or, for ROOT_INPUT, as given.
    function _commitInput(
        Ask calldata ask,
        bytes32[] calldata headers,
        bytes calldata input,
        uint256 expected,
        uint256 maxInput
    ) internal pure returns (bytes32 root) {
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
