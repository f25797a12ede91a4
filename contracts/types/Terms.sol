// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Tags} from "./Tags.sol";
import {ModelId, VersionId} from "./Ids.sol";

/// @notice What was agreed to when a request was made. The chain keeps only a hash of it; every later caller supplies the
/// words again. All are written by the contract at `request`, so snapshots (royalty, shares, windows, slice, lengths)
/// cannot be forged.
///
///     requesterFee  requester 160 | fee 96
///     nodeSlice     node 160 (0 = none named) | slice 96
///     shares        royalty 96 | deadline 40 | tc 32 | openAt 40 | protocolBps 16 | 0 32
///     shape         model 48 | callbackGas 24 | set 16 | mode 8 | outputBytes 24 | flags 8 | tipBps 16 | items 8 |
///                   lane 16 | penaltyBps 16 | 0 72
///
/// Widths: amounts 96 bits (see Amounts); times 40 bits of Unix seconds (to the year 36,812); tc 32 bits of seconds;
/// callbackGas 24 bits (cap 2,000,000); outputBytes 24 bits for all items together; basis points 16 bits (<= 10,000);
/// items 8 bits (1..32); lane 16 bits.
struct Terms {
    VersionId version;
    bytes32 input; // H(LIST, ...) of one item, H(BUNDLE, ...) of several
    uint256 requesterFee;
    uint256 nodeSlice;
    uint256 shares;
    uint256 shape;
    bytes32 outputSchema; // H(HEADERS, ...) of the outputs of one item: what a submission's headers must hash to
}

using TermsLib for Terms global;

library TermsLib {
    /// The input is not in calldata: `input` was given by the requester, who hands the bytes to the node off chain.
    uint8 internal constant ROOT_INPUT = 1;
    /// A submission is one hash, the commitment of the output; the bytes are delivered off chain.
    uint8 internal constant EXACT_OUTPUT = 2;

    function requester(Terms memory t) internal pure returns (address) {
        return address(uint160(t.requesterFee >> 96));
    }

    function fee(Terms memory t) internal pure returns (uint96) {
        return uint96(t.requesterFee);
    }

    function node(Terms memory t) internal pure returns (address) {
        return address(uint160(t.nodeSlice >> 96));
    }

    function slice(Terms memory t) internal pure returns (uint96) {
        return uint96(t.nodeSlice);
    }

    function royalty(Terms memory t) internal pure returns (uint96) {
        return uint96(t.shares >> 160);
    }

    function deadline(Terms memory t) internal pure returns (uint40) {
        return uint40(t.shares >> 120);
    }

    /// @notice Seconds from submission to challengeEnd.
    function tc(Terms memory t) internal pure returns (uint32) {
        return uint32(t.shares >> 88);
    }

    function openAt(Terms memory t) internal pure returns (uint40) {
        return uint40(t.shares >> 48);
    }

    function protocolBps(Terms memory t) internal pure returns (uint16) {
        return uint16(t.shares >> 32);
    }

    function model(Terms memory t) internal pure returns (ModelId) {
        return ModelId.wrap(uint48(t.shape >> 208));
    }

    function callbackGas(Terms memory t) internal pure returns (uint24) {
        return uint24(t.shape >> 184);
    }

    function set(Terms memory t) internal pure returns (uint16) {
        return uint16(t.shape >> 168);
    }

    function mode(Terms memory t) internal pure returns (uint8) {
        return uint8(t.shape >> 160);
    }

    /// @notice Bytes of the outputs of all items together.
    function outputBytes(Terms memory t) internal pure returns (uint24) {
        return uint24(t.shape >> 136);
    }

    function flags(Terms memory t) internal pure returns (uint8) {
        return uint8(t.shape >> 128);
    }

    function tipBps(Terms memory t) internal pure returns (uint16) {
        return uint16(t.shape >> 112);
    }

    function items(Terms memory t) internal pure returns (uint8) {
        return uint8(t.shape >> 104);
    }

    function lane(Terms memory t) internal pure returns (uint16) {
        return uint16(t.shape >> 88);
    }

    function penaltyBps(Terms memory t) internal pure returns (uint16) {
        return uint16(t.shape >> 72);
    }

    /// @notice H(TERMS, w0..w6).
    function hash(Terms memory t) internal pure returns (bytes32 h) {
        uint8 tag = Tags.TERMS;
        assembly ("memory-safe") {
            let p := mload(0x40) // scratch beyond the free pointer: 1 + 7 * 32 bytes, not kept
            mstore8(p, tag)
            mcopy(add(p, 1), t, 224)
            h := keccak256(p, 225)
        }
    }
}
