// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Float32} from "../lib/Float32.sol";
import {ElementStep} from "./ElementStep.sol";
import {Integers} from "./Integers.sol";
import {Kinds} from "../lib/Kinds.sol";
import {Leaves} from "../lib/Leaves.sol";

/// @title Equal, Less, LessOrEqual, And, Or, Xor, Not, Where, Clip (docs/spec/logic.md).
contract LogicStep is ElementStep {
    uint256 private constant TWO_BOOLS = (Leaves.BOOL << 8) | Leaves.BOOL;

    /// @inheritdoc ElementStep
    function _isDefined(uint256 kind, uint256 dtype, uint256 from) internal pure override returns (bool) {
        if (Leaves.width(dtype) == 0) return false;
        if (kind == Kinds.WHERE) return from == Leaves.BOOL | (dtype << 8) | (dtype << 16);
        if (kind == Kinds.CLIP) return dtype != Leaves.BOOL && from == dtype | (dtype << 8) | (dtype << 16);
        if (dtype != Leaves.BOOL) return false;
        if (kind == Kinds.AND || kind == Kinds.OR || kind == Kinds.XOR) return from == TWO_BOOLS;
        if (kind == Kinds.NOT) return from == Leaves.BOOL;
        if (kind != Kinds.EQUAL && kind != Kinds.LESS && kind != Kinds.LESS_OR_EQUAL) return false;
        uint256 first = from & 0xff;
        return Leaves.width(first) != 0 && from == first | (first << 8);
    }

    /// @inheritdoc ElementStep
    function _apply(Elements memory e) internal pure override returns (uint256) {
        uint256 kind = e.kind;
        if (kind == Kinds.WHERE) return e.x != 0 ? e.y : e.z;
        if (kind == Kinds.CLIP) return _clip(e);
        return _holds(kind, e.x, e.y, e.from) ? 1 : 0;
    }

    /// @dev Bools are read as canonical: 0 or 1.
    function _holds(uint256 kind, uint256 x, uint256 y, uint256 dtype) private pure returns (bool) {
        if (kind == Kinds.AND) return x & y == 1;
        if (kind == Kinds.OR) return x | y == 1;
        if (kind == Kinds.XOR) return x != y;
        if (kind == Kinds.NOT) return x == 0;
        bool float = dtype == Leaves.FLOAT;
        if (kind == Kinds.EQUAL) return float ? Float32.equal(x, y) : x == y;
        bool less = float ? Float32.less(x, y) : Leaves.signed(x, dtype) < Leaves.signed(y, dtype);
        if (kind == Kinds.LESS) return less;
        if (kind == Kinds.LESS_OR_EQUAL) return less || (float ? Float32.equal(x, y) : x == y);
        revert Step_UnknownKind(kind);
    }

    /// @dev min(high, max(low, x)): the upper bound wins where they cross.
    function _clip(Elements memory e) private pure returns (uint256) {
        if (e.dtype == Leaves.FLOAT) return Float32.min(e.z, Float32.max(e.y, e.x));
        int256 v = Leaves.signed(e.x, e.dtype);
        int256 low = Leaves.signed(e.y, e.dtype);
        int256 high = Leaves.signed(e.z, e.dtype);
        if (v < low) v = low;
        if (v > high) v = high;
        return Integers.wrap(v, e.dtype);
    }
}
