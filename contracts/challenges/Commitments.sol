// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MerkleTree} from "../lib/MerkleTree.sol";
import {Leaves} from "../lib/Leaves.sol";
import {Tags} from "../types/Tags.sol";

/// @title Hashes of what disputes open: leaves, tensors, slots, records, lists (docs/spec/commitments.md, program.md).
library Commitments {
    /// @notice H(TENSOR, header, root).
    function tensor(bytes32 header, bytes32 root) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(Tags.TENSOR, header, root));
    }

    /// @notice s_k = H(SLOT, request, item, challenger, k, tensor).
    function slot(
        bytes32 request,
        uint256 item,
        address challenger,
        uint256 k,
        bytes32 tensor_
    ) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(Tags.SLOT, request, item, uint256(uint160(challenger)), k, tensor_));
    }

    /// @notice H(RECORD, words).
    function record(bytes32[] calldata words) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(Tags.RECORD, words));
    }

    /// @notice H(LIST, n, tensors).
    function list(bytes32[] calldata tensors) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(Tags.LIST, tensors.length, tensors));
    }

    /// @notice What a list is in a request or submission: itself for one item, else H(BUNDLE, items, root) with the path from the
    /// item's place.
    function bundle(
        bytes32 list_,
        uint256 item,
        uint256 items,
        bytes32[] calldata path
    ) internal pure returns (bytes32) {
        if (items == 1) return list_;
        return keccak256(abi.encodePacked(Tags.BUNDLE, items, MerkleTree.rootFromPath(list_, item, path)));
    }

    /// @notice Hash of one leaf.
    /// @param data its 64 elements whole
    function leaf(bytes calldata data) internal pure returns (bytes32 h) {
        uint8 tag = Tags.LEAF;
        assembly ("memory-safe") {
            let p := mload(0x40)
            mstore8(p, tag)
            calldatacopy(add(p, 1), data.offset, data.length)
            h := keccak256(p, add(data.length, 1))
        }
    }

    /// @notice Hashes of `n` leaves side by side in calldata, written to `hashes` from 0 on.
    /// @param data position of the first byte
    /// @param size bytes of a leaf
    function leaves(bytes32[] memory hashes, uint256 n, uint256 data, uint256 size) internal pure {
        uint8 tag = Tags.LEAF;
        assembly ("memory-safe") {
            let p := mload(0x40)
            mstore8(p, tag)
            let out := add(hashes, 32)
            for {
                let end := add(out, shl(5, n))
            } lt(out, end) {
                out := add(out, 32)
            } {
                calldatacopy(add(p, 1), data, size)
                mstore(out, keccak256(p, add(size, 1)))
                data := add(data, size)
            }
        }
    }

    /// @notice Elements that a header stands for. Headers here are proved, so they are well formed.
    function elements(bytes32 header) internal pure returns (uint256 n) {
        unchecked {
            uint256 dims = uint256(header) << 16;
            n = 1;
            for (uint256 rank = (uint256(header) >> 240) & 0xff; rank != 0; --rank) {
                n *= dims >> 224; // at most 2^40 in all
                dims <<= 32;
            }
        }
    }

    /// @notice Leaves of a tensor: ceil(elements / 64).
    function leafCount(bytes32 header) internal pure returns (uint256) {
        unchecked {
            return (elements(header) + Leaves.LEAF_ELEMENTS - 1) / Leaves.LEAF_ELEMENTS;
        }
    }

    /// @notice Bytes of one whole leaf of the header's dtype.
    function leafBytes(bytes32 header) internal pure returns (uint256) {
        unchecked {
            return Leaves.LEAF_ELEMENTS * Leaves.width(uint256(header) >> 248);
        }
    }
}
