// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {StepInput} from "./IStep.sol";
import {Kinds} from "../lib/Kinds.sol";
import {Leaves} from "../lib/Leaves.sol";
import {Access, Record} from "../lib/Record.sol";
import {StepBase} from "./StepBase.sol";
import {Taps} from "./Taps.sol";

/// @notice Numbers packed in memory.
struct Factor {
    uint256 place; // memory position
    uint256 width; // bytes of one
    uint256 sign; // byte whose highest bit is the sign, for SIGNEXTEND; 31: none
    int256 zero; // to subtract from each
}

/// @title IntegerDot: bias + sum over the present taps of (a - aZero) * (b - bZero), modulo the output's range (docs/spec/integer-dot.md).
/// @notice Operands a, b?, aZero?, bZero?, bias? of uint8, int8, int32, int64; output int32 or int64. An absent b is a factor of 1.
contract IntegerDotStep is StepBase {
    using Record for bytes32[];

    /// @dev Taps of one element at most, as for a Dot: no step is dearer. Without it a product of 2^130 and a sum of 2^143 stay below 2^255.
    uint256 private constant MAX_TAPS = 8192;

    /// @notice Thrown when the record gives one element more taps than that: no compiler writes such a record.
    error IntegerDotStep_TooManyTaps(uint256 taps);

    function isWrong(StepInput calldata step) external pure override returns (bool wrong) {
        if (step.record.kind() != Kinds.INTEGER_DOT) revert Step_UnknownKind(step.record.kind());
        Access[] memory operands = step.record.accesses();
        uint256[] memory o = _coordinates(step);
        uint256 taps = Record.product(step.record.inner());
        if (taps > MAX_TAPS) revert IntegerDotStep_TooManyTaps(taps);
        int256 sum = _sum(step, operands, o, taps);
        unchecked {
            sum += _constant(step, operands, 4, o);
        }
        uint256 bits = 8 * Leaves.width(step.record.dtype());
        return uint256(sum) & ((1 << bits) - 1) != _claimed(step, step.element);
    }

    /// @dev The sum without the bias, exact.
    function _sum(
        StepInput calldata step,
        Access[] memory operands,
        uint256[] memory o,
        uint256 taps
    ) private pure returns (int256) {
        Factor memory x;
        Factor memory y;
        uint256 n;
        (n, x.place, y.place) = Taps.pack(step, operands, o, 0, taps);
        if (n == 0) return 0;
        x.zero = _constant(step, operands, 2, o);
        (x.width, x.sign) = _layout(operands[0].dtype);
        if (y.place == 0) return _total(x, n);
        y.zero = _constant(step, operands, 3, o);
        (y.width, y.sign) = _layout(operands[1].dtype);
        return _products(x, y, n);
    }

    /// @dev The number that operand i is for all taps of the element; 0 if it is absent.
    function _constant(
        StepInput calldata step,
        Access[] memory operands,
        uint256 i,
        uint256[] memory o
    ) private pure returns (int256) {
        if (i >= operands.length) return 0;
        uint256[] memory k = new uint256[](step.record.innerAxes());
        (bool present, uint256 bits) = _operand(step, i, operands[i], o, k);
        return present ? Leaves.signed(bits, operands[i].dtype) : int256(0);
    }

    /// @dev Sum of x - zero.
    function _total(Factor memory x, uint256 n) private pure returns (int256 sum) {
        (uint256 place, uint256 width, uint256 sign, int256 zero) = (x.place, x.width, x.sign, x.zero);
        assembly ("memory-safe") {
            let right := sub(256, shl(3, width))
            for {
                let end := add(place, mul(n, width))
            } lt(place, end) {
                place := add(place, width)
            } {
                sum := add(sum, sub(signextend(sign, shr(right, mload(place))), zero))
            }
        }
    }

    /// @dev Sum of (x - its zero) * (y - its zero).
    function _products(Factor memory x, Factor memory y, uint256 n) private pure returns (int256 sum) {
        (uint256 place, uint256 width, uint256 sign, int256 zero) = (x.place, x.width, x.sign, x.zero);
        (uint256 yAt, uint256 yWidth, uint256 ySign, int256 yZero) = (y.place, y.width, y.sign, y.zero);
        assembly ("memory-safe") {
            let right := sub(256, shl(3, width))
            let yRight := sub(256, shl(3, yWidth))
            for {
                let end := add(place, mul(n, width))
            } lt(place, end) {
                place := add(place, width)
            } {
                let factor := sub(signextend(sign, shr(right, mload(place))), zero)
                sum := add(sum, mul(factor, sub(signextend(ySign, shr(yRight, mload(yAt))), yZero)))
                yAt := add(yAt, yWidth)
            }
        }
    }

    /// @dev Of Factor. uint8 has no sign.
    function _layout(uint256 dtype) private pure returns (uint256 width, uint256 sign) {
        width = Leaves.width(dtype);
        sign = dtype == Leaves.INT8 || dtype == Leaves.INT32 || dtype == Leaves.INT64 ? width - 1 : 31;
    }
}
