// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Tags} from "../types/Tags.sol";

/// @title The binary trees of the protocol (docs/spec/commitments.md, "Openings").
/// @notice Levels count from the leaf hashes (0) up. A position without a leaf below it holds the empty hash of its level.
library MerkleTree {
    /// @notice Thrown when a run of leaves is not inside its tree.
    error Merkle_RunOutside();

    /// @notice Levels between the leaf hashes and the root of a tree of n >= 1 leaves: ceil(log2 n).
    function depth(uint256 n) internal pure returns (uint256 d) {
        unchecked {
            while (uint256(1) << d < n) ++d; // n < 2^64 everywhere
        }
    }

    /// @notice E(level).
    function empty(uint256 level) internal pure returns (bytes32 h) {
        unchecked {
            for (uint256 i; i < level; ++i) h = node(h, h);
        }
    }

    /// @notice H(NODE, left, right).
    function node(bytes32 left, bytes32 right) internal pure returns (bytes32 h) {
        uint8 tag = Tags.NODE;
        assembly ("memory-safe") {
            let p := mload(0x40)
            mstore8(p, tag)
            mstore(add(p, 1), left)
            mstore(add(p, 33), right)
            h := keccak256(p, 65)
        }
    }

    /// @notice The root that one node leads to, `path.length` levels above it.
    /// @param index of the node in its level; callers bound it, or compare the path's length with the tree's depth
    function rootFromPath(bytes32 h, uint256 index, bytes32[] calldata path) internal pure returns (bytes32) {
        unchecked {
            for (uint256 i; i < path.length; ++i) {
                h = index & 1 == 0 ? node(h, path[i]) : node(path[i], h);
                index >>= 1;
            }
        }
        return h;
    }

    /// @notice Whether every sibling on the path of a leaf that has no leaf below it is the empty hash of its level. On the path of the last leaf
    /// those are all positions that are empty, so who can open it has padded the whole tree as it must be.
    /// @param index of the leaf, < n
    /// @param n leaves
    function isPadded(uint256 index, uint256 n, bytes32[] calldata path) internal pure returns (bool) {
        uint256 last = n - 1; // of the level, with a leaf below it
        bytes32 pad;
        unchecked {
            for (uint256 i; i < path.length; ++i) {
                if (index & 1 == 0 && index == last && path[i] != pad) return false;
                pad = node(pad, pad);
                index >>= 1;
                last >>= 1;
            }
        }
        return true;
    }

    /// @notice The root that a run of leaves leads to: per level first the hash left of the run if it begins at an odd position, then the
    /// hash right of it if it ends at an even one.
    /// @param hashes the run's leaf hashes, overwritten; two words more than the run must have room (see `room`)
    /// @param n how many they are, >= 1
    /// @param first position of the first
    /// @param levels the tree's depth
    /// @param path siblings of this run and of runs behind it
    /// @param used siblings already taken
    /// @return root and how many siblings are taken now
    function rootOfRun(
        bytes32[] memory hashes,
        uint256 n,
        uint256 first,
        uint256 levels,
        bytes32[] calldata path,
        uint256 used
    ) internal pure returns (bytes32, uint256) {
        unchecked {
            for (uint256 level; level < levels; ++level) {
                if (first & 1 == 1) {
                    for (uint256 i = n; i != 0; --i) hashes[i] = hashes[i - 1];
                    hashes[0] = path[used++];
                    ++n;
                    --first;
                }
                if (n & 1 == 1) hashes[n++] = path[used++];
                n >>= 1;
                first >>= 1;
                for (uint256 i; i < n; ++i) hashes[i] = node(hashes[2 * i], hashes[2 * i + 1]);
            }
        }
        // A run that reaches beyond the tree would leave some of its leaves out of the root.
        if (n != 1 || first != 0) revert Merkle_RunOutside();
        return (hashes[0], used);
    }

    /// @notice Room for a run of n leaves in `rootOfRun`.
    function room(uint256 n) internal pure returns (bytes32[] memory) {
        return new bytes32[](n + 2);
    }

    /// @notice The node `levels` above its children, which are padded with the empty hash of theirs.
    /// @param children 1 to 2^levels of them; overwritten
    /// @param n how many are real
    /// @param childLevel level of the children
    function nodeOfChildren(
        bytes32[] memory children,
        uint256 n,
        uint256 levels,
        uint256 childLevel
    ) internal pure returns (bytes32) {
        bytes32 pad = empty(childLevel);
        unchecked {
            for (uint256 level; level < levels; ++level) {
                uint256 half = n >> 1;
                for (uint256 i; i < half; ++i) children[i] = node(children[2 * i], children[2 * i + 1]);
                if (n & 1 == 1) children[half] = node(children[n - 1], pad);
                n = (n + 1) >> 1;
                pad = node(pad, pad);
            }
        }
        return children[0];
    }
}
