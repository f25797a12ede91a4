// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ModelId} from "./Ids.sol";

/// @notice The hot word of a model version: all that a request reads of it besides the schema hash.
///
///     255    208 207      112 111         88 87    56 55     48 47             8 7  0
///     | model 48 | royalty 96 | outputBytes 24 | cost 32 | flags 8 | sliceFloor 40 | 0 8 |
///
/// royalty: wei of OPG per item, the only mutable amount. outputBytes: canonical bytes of the outputs of one item.
/// cost: multiply-adds of one item as mantissa 24 | exponent 8, value = mantissa << exponent (docs/spec/request-lifecycle.md 4);
/// exponents above 200 are refused at publish. sliceFloor: gwei of OPG, so up to 1,099 OPG.
type VersionWord is uint256;

using VersionWordLib for VersionWord global;

library VersionWordLib {
    uint8 internal constant PUBLISHED = 1;
    uint8 internal constant RETIRED = 2;
    /// An access policy must be asked.
    uint8 internal constant POLICY = 4;
    /// Exact mode: the claim is the reference output itself, so a submission may be a hash.
    uint8 internal constant EXACT = 8;
    /// The leading dimension of every input and output is free in the ONNX file: a node may run all items of a bundle in
    /// one execution. On chain, a row is an item.
    uint8 internal constant ROWS = 16;
    /// The version has a program root: its results can be disputed.
    uint8 internal constant VERIFIABLE = 32;

    function model(VersionWord w) internal pure returns (ModelId) {
        return ModelId.wrap(uint48(VersionWord.unwrap(w) >> 208));
    }

    function royalty(VersionWord w) internal pure returns (uint96) {
        return uint96(VersionWord.unwrap(w) >> 112);
    }

    function outputBytes(VersionWord w) internal pure returns (uint24) {
        return uint24(VersionWord.unwrap(w) >> 88);
    }

    /// @notice The packed cost: mantissa 24 | exponent 8.
    function cost(VersionWord w) internal pure returns (uint32) {
        return uint32(VersionWord.unwrap(w) >> 56);
    }

    function flags(VersionWord w) internal pure returns (uint8) {
        return uint8(VersionWord.unwrap(w) >> 48);
    }

    /// @notice The least slice a request for this version holds, in gwei of OPG.
    function sliceFloorGwei(VersionWord w) internal pure returns (uint40) {
        return uint40(VersionWord.unwrap(w) >> 8);
    }

    function has(VersionWord w, uint8 flag) internal pure returns (bool) {
        return flags(w) & flag != 0;
    }

    function pack(
        ModelId model_,
        uint96 royalty_,
        uint24 outputBytes_,
        uint32 cost_,
        uint8 flags_,
        uint40 sliceFloorGwei_
    ) internal pure returns (VersionWord) {
        return
            VersionWord.wrap(
                (uint256(ModelId.unwrap(model_)) << 208) |
                    (uint256(royalty_) << 112) |
                    (uint256(outputBytes_) << 88) |
                    (uint256(cost_) << 56) |
                    (uint256(flags_) << 48) |
                    (uint256(sliceFloorGwei_) << 8)
            );
    }
}
