// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MerkleTree} from "../lib/MerkleTree.sol";
import {Position} from "./ChallengeTypes.sol";

/// @title Where demands can point: every sixth level of the slot tree and of each tensor's leaf tree, counted from the root.
library Positions {
    uint8 internal constant LIST = 1;
    uint8 internal constant OPERATOR = 2;
    uint8 internal constant TREE = 3;
    uint8 internal constant LEAF = 4;

    /// Levels that one answer reveals: 64 children.
    uint256 internal constant CHILD_LEVELS = 6;
    /// A tensor of at most so many leaves is revealed whole.
    uint256 internal constant WHOLE_LEAVES = 16;

    /// @notice Children of the node: levels down to them, and how many are real.
    /// @param n leaves of the tree
    function children(
        uint256 n,
        uint256 level,
        uint256 index
    ) internal pure returns (uint256 levels, uint256 childLevel, uint256 count) {
        unchecked {
            levels = level < CHILD_LEVELS ? level : CHILD_LEVELS;
            childLevel = level - levels;
            count = realNodes(n, childLevel) - (index << levels);
            if (count > uint256(1) << levels) count = uint256(1) << levels;
        }
    }

    /// @notice Nodes of a level that have a leaf below them.
    function realNodes(uint256 n, uint256 level) internal pure returns (uint256) {
        unchecked {
            return (n + (uint256(1) << level) - 1) >> level;
        }
    }

    /// @notice How many answers lie between the root of a tree with `depth` levels and a node at `level`; reverts with false unless it is one
    /// that an answer reveals and that has children.
    function stepsTo(uint256 depth, uint256 level) internal pure returns (bool valid, uint256 steps) {
        unchecked {
            if (level == 0 || level >= depth || (depth - level) % CHILD_LEVELS != 0) return (false, 0);
            return (true, (depth - level) / CHILD_LEVELS);
        }
    }

    /// @notice Answers that reveal the leaves of a tree of that depth: ceil(depth / 6).
    function answersIn(uint256 depth) internal pure returns (uint256) {
        unchecked {
            return (depth + CHILD_LEVELS - 1) / CHILD_LEVELS;
        }
    }

    /// @notice Demands in a row that reveal a slot: the challenge itself shows the first children of T.
    function listDemands(uint256 operators) internal pure returns (uint256) {
        unchecked {
            uint256 answers = answersIn(MerkleTree.depth(operators));
            return answers == 0 ? 0 : answers - 1;
        }
    }

    /// @notice All positions on the way from T to a leaf of an operator's tensor, packed (ClaimHash.pack), from the root down.
    /// @param slotLevels depth of the slot tree
    /// @param leaves of the tensor
    function way(
        uint256 slotLevels,
        uint256 leaves,
        uint256 operator,
        uint256 leaf
    ) internal pure returns (uint256[] memory found) {
        unchecked {
            // 2^32 slots and 2^34 leaves at most: 5 lists, the operator, 5 nodes and the leaf.
            found = new uint256[](12);
            uint256 n;
            for (uint256 level = slotLevels; level > CHILD_LEVELS;) {
                level -= CHILD_LEVELS;
                found[n++] = (uint256(LIST) << 80) | (level << 72) | (operator >> level);
            }
            found[n++] = (uint256(OPERATOR) << 80) | (operator << 40);
            if (leaves > WHOLE_LEAVES) {
                for (uint256 level = MerkleTree.depth(leaves); level > CHILD_LEVELS;) {
                    level -= CHILD_LEVELS;
                    found[n++] = (uint256(TREE) << 80) | (level << 72) | (operator << 40) | (leaf >> level);
                }
                found[n++] = (uint256(LEAF) << 80) | (operator << 40) | leaf;
            }
            assembly ("memory-safe") {
                mstore(found, n)
            }
        }
    }

    /// @notice An operator and a leaf below the position: the way to them leads through it.
    function targetOf(Position calldata p) internal pure returns (uint256 operator, uint256 leaf) {
        if (p.kind == LIST) return (uint256(p.index) << p.level, 0);
        return (p.operator, uint256(p.index) << p.level);
    }
}
