// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Float32} from "../lib/Float32.sol";
import {ElementStep} from "./ElementStep.sol";
import {Integers} from "./Integers.sol";
import {Kinds} from "../lib/Kinds.sol";
import {Leaves} from "../lib/Leaves.sol";

/// @title Add, Sub, Mul, Div, Min, Max, Neg, Abs, Sqrt, Reciprocal, Relu, Floor, Ceil, Round, Sign (docs/spec/arithmetic.md).
/// @notice Operands and output have one dtype: float32, or an integer one.
contract ArithmeticStep is ElementStep {
    /// @inheritdoc ElementStep
    function _isDefined(uint256 kind, uint256 dtype, uint256 from) internal pure override returns (bool) {
        if (dtype != Leaves.FLOAT && !Leaves.isInteger(dtype)) return false;
        if (kind >= Kinds.ADD && kind <= Kinds.MAX) return from == dtype | (dtype << 8);
        if (from != dtype || kind < Kinds.NEG || kind > Kinds.SIGN) return false;
        bool wholes = kind == Kinds.NEG || kind == Kinds.ABS || kind == Kinds.RELU || kind == Kinds.SIGN;
        return wholes || dtype == Leaves.FLOAT;
    }

    /// @inheritdoc ElementStep
    function _apply(Elements memory e) internal pure override returns (uint256) {
        if (e.dtype == Leaves.FLOAT) return _float(e.kind, e.x, e.y);
        int256 x = Leaves.signed(e.x, e.dtype);
        int256 y = Leaves.signed(e.y, e.dtype);
        return Integers.wrap(_integer(e.kind, x, y), e.dtype);
    }

    function _float(uint256 kind, uint256 x, uint256 y) private pure returns (uint256) {
        if (kind == Kinds.ADD) return Float32.add(x, y);
        if (kind == Kinds.SUB) return Float32.sub(x, y);
        if (kind == Kinds.MUL) return Float32.mul(x, y);
        if (kind == Kinds.DIV) return Float32.div(x, y);
        if (kind == Kinds.MIN) return Float32.min(x, y);
        if (kind == Kinds.MAX) return Float32.max(x, y);
        if (kind == Kinds.NEG) return Float32.neg(x);
        if (kind == Kinds.ABS) return Float32.abs(x);
        if (kind == Kinds.SQRT) return Float32.sqrt(x);
        if (kind == Kinds.RECIPROCAL) return Float32.div(Float32.ONE, x);
        if (kind == Kinds.RELU) return Float32.isNaN(x) || Float32.less(0, x) ? x : 0;
        if (kind == Kinds.FLOOR) return Float32.floor(x);
        if (kind == Kinds.CEIL) return Float32.ceil(x);
        if (kind == Kinds.ROUND) return Float32.round(x);
        if (kind == Kinds.SIGN) {
            if (Float32.isNaN(x)) return x;
            return Float32.isZero(x) ? 0 : (x & 0x80000000) | Float32.ONE;
        }
        revert Step_UnknownKind(kind);
    }

    /// @dev Exact: 64-bit operands leave room for every product in 256 bits.
    function _integer(uint256 kind, int256 x, int256 y) private pure returns (int256) {
        if (kind == Kinds.ADD) return x + y;
        if (kind == Kinds.SUB) return x - y;
        if (kind == Kinds.MUL) return x * y;
        if (kind == Kinds.DIV) return y == 0 ? int256(0) : x / y;
        if (kind == Kinds.MIN) return x < y ? x : y;
        if (kind == Kinds.MAX) return x > y ? x : y;
        if (kind == Kinds.NEG) return -x;
        if (kind == Kinds.ABS) return x < 0 ? -x : x;
        if (kind == Kinds.RELU) return x > 0 ? x : int256(0);
        if (kind == Kinds.SIGN)
            return
                x > 0
                    ? int256(1)
                    : x < 0
                        ? int256(-1)
                        : int256(0);
        revert Step_UnknownKind(kind);
    }
}
