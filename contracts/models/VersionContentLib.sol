// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ModelId, VersionId} from "../types/Ids.sol";
import {Tags} from "../types/Tags.sol";
import {VersionWordLib} from "../types/VersionWord.sol";
import {IModelRegistry, VersionContent} from "./IModelRegistry.sol";

/// @title Which content is well formed, and what its id is.
library VersionContentLib {
    /// Above this an output is submitted as a hash, which only exact versions allow.
    uint24 internal constant MAX_OUTPUT_BYTES = 16_384;
    /// cost = mantissa << exponent must not overflow 256 bits, times 32 items.
    uint8 internal constant MAX_COST_EXPONENT = 200;

    /// @notice Reverts with Models_BadField(name of the field) unless every field is in its range.
    function check(VersionContent calldata c) internal pure {
        if (c.sha256Hash == 0) revert IModelRegistry.Models_BadField("sha256Hash");
        if (c.size == 0) revert IModelRegistry.Models_BadField("size");
        if (c.inputSchema == 0) revert IModelRegistry.Models_BadField("inputSchema");
        if (c.outputSchema == 0) revert IModelRegistry.Models_BadField("outputSchema");
        // A finite float32 >= 0: sign bit 0, exponent not all ones. -0 is refused: one value, one encoding.
        if (c.atol >> 31 != 0 || (c.atol >> 23) & 0xff == 0xff) revert IModelRegistry.Models_BadField("atol");
        if (c.outputBytes == 0) revert IModelRegistry.Models_BadField("outputBytes");
        if (c.exact) {
            // A tolerance beside "exact" would be a second, contradicting answer to what counts as wrong.
            if (c.atol != 0) revert IModelRegistry.Models_BadField("atol");
            if (c.rtol != 0) revert IModelRegistry.Models_BadField("rtol");
        } else if (c.outputBytes > MAX_OUTPUT_BYTES) {
            revert IModelRegistry.Models_BadField("outputBytes");
        }
        if (c.cost >> 8 == 0 || uint8(c.cost) > MAX_COST_EXPONENT) revert IModelRegistry.Models_BadField("cost");
    }

    /// @notice H(SCHEMA, inputSchema, outputSchema).
    function schema(VersionContent calldata c) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(Tags.SCHEMA, c.inputSchema, c.outputSchema));
    }

    /// @notice H(VERSION, chainid, registry, model, sha256, programRoot, schema, tolerance, shape).
    ///
    ///     tolerance  0 192 | atol 32 | rtol 32
    ///     shape      0 88 | size 64 | flags 8 | sliceFloor 40 | cost 32 | outputBytes 24; flags: EXACT and ROWS as in the hot word
    ///
    /// @dev Everything a request's terms are derived from is inside, the royalty excepted (the requester has its own guard
    /// for that): a version published again with another cost after a reorganisation is another version.
    function id(VersionContent calldata c, ModelId model) internal view returns (VersionId) {
        return
            VersionId.wrap(
                keccak256(
                    abi.encodePacked(
                        Tags.VERSION,
                        block.chainid,
                        uint256(uint160(address(this))),
                        uint256(ModelId.unwrap(model)),
                        c.sha256Hash,
                        c.programRoot,
                        schema(c),
                        (uint256(c.atol) << 32) | c.rtol,
                        _shape(c)
                    )
                )
            );
    }

    /// @notice The flags a version is published with. A policy is set afterwards.
    function flags(VersionContent calldata c) internal pure returns (uint8 bits) {
        bits = VersionWordLib.PUBLISHED | _claimFlags(c);
        if (c.programRoot != 0) bits |= VersionWordLib.VERIFIABLE;
    }

    function _shape(VersionContent calldata c) private pure returns (uint256) {
        return
            (uint256(c.size) << 104) |
            (uint256(_claimFlags(c)) << 96) |
            (uint256(c.sliceFloorGwei) << 56) |
            (uint256(c.cost) << 24) |
            c.outputBytes;
    }

    function _claimFlags(VersionContent calldata c) private pure returns (uint8 bits) {
        if (c.exact) bits |= VersionWordLib.EXACT;
        if (c.rows) bits |= VersionWordLib.ROWS;
    }
}
