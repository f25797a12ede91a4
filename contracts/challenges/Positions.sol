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

    /// @notice Whether a position lies on the way from T to a leaf of an operator's tensor.
    function isAbove(Position calldata p, uint256 operator, uint256 leaf) internal pure returns (bool) {
        if (p.kind == LIST) return p.index == operator >> p.level;
        if (p.operator != operator) return false;
        if (p.kind == OPERATOR) return true;
        if (p.kind == TREE) return p.index == leaf >> p.level;
        return p.kind == LEAF && p.index == leaf;
    }

    /// @notice An operator and a leaf below the position; `isAbove` of them holds for the position and everything above it.
    function targetOf(Position calldata p) internal pure returns (uint256 operator, uint256 leaf) {
        if (p.kind == LIST) return (uint256(p.index) << p.level, 0);
        return (p.operator, uint256(p.index) << p.level);
    }

    /// @notice Increases from the root down, along every way.
    function orderOf(Position calldata p) internal pure returns (uint256) {
        unchecked {
            return (uint256(p.kind) << 8) | (type(uint8).max - p.level);
        }
    }
}
