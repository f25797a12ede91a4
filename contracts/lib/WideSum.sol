// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Rounding} from "./Rounding.sol";

/// @notice The exact sum of ExactSum for any operands: every exponent, zeros, infinities and NaN. Four times the gas.
/// @dev A fixed-point accumulator (Kulisch) in signed digits of base 2^128, in units of 2^-298, the least product of two float32 values. A
/// product is below 2^(48 + 127) in its digit, so 2^13 of them and a bias stay far from 2^255.
library WideSum {
    uint256 private constant DIGITS = 5;
    /// @dev Exponent of the unit.
    int256 private constant UNIT = -298;

    // What is not finite among the terms.
    uint256 private constant A_NAN = 1;
    uint256 private constant PLUS_INFINITY = 2;
    uint256 private constant MINUS_INFINITY = 4;

    /// @notice RN(bias + sum of a[k] * b[k]), k < n, of packed float32 values in memory; n <= 2^64.
    function dot(uint256 a, uint256 b, uint256 n, uint256 bias) internal pure returns (uint256) {
        int256[DIGITS] memory digits;
        uint256 odd = _add(digits, a, b, n);
        // The bias is one more product, by 1.0. Scratch space: bytes 0 to 63.
        assembly ("memory-safe") {
            mstore(0, shl(224, bias))
            mstore(32, shl(224, 0x3f800000))
        }
        odd |= _add(digits, 0, 32, 1);
        if (odd != 0) {
            if (odd & A_NAN != 0 || odd == PLUS_INFINITY | MINUS_INFINITY) return Rounding.NAN;
            return odd == PLUS_INFINITY ? Rounding.INFINITY : Rounding.SIGN | Rounding.INFINITY;
        }
        return _round(digits);
    }

    /// @dev Adds products to the digits; gives what was not finite instead.
    function _add(int256[DIGITS] memory digits, uint256 a, uint256 b, uint256 n) private pure returns (uint256 odd) {
        assembly ("memory-safe") {
            n := add(a, shl(2, n)) // the end of a from here on
            b := sub(b, a) // and the way from a to b
            for {} lt(a, n) {
                a := add(a, 4)
            } {
                let x := shr(224, mload(a))
                let y := shr(224, mload(add(a, b)))
                let e := and(shr(23, x), 0xff)
                let f := and(shr(23, y), 0xff)
                let mx := and(x, 0x7fffff)
                let my := and(y, 0x7fffff)
                switch or(eq(e, 0xff), eq(f, 0xff))
                case 0 {
                    mx := or(mx, shl(23, iszero(iszero(e))))
                    my := or(my, shl(23, iszero(iszero(f))))
                    // Exponents from 0 up: a field less its implicit bit.
                    e := sub(add(e, f), add(shr(23, mx), shr(23, my)))
                    let term := shl(and(e, 127), mul(mx, my))
                    let sign := sub(0, shr(31, xor(x, y))) // all ones or none: two's complement without its 1
                    let digit := add(digits, shl(5, shr(7, e)))
                    mstore(digit, add(mload(digit), sub(xor(term, sign), sign)))
                }
                default {
                    let nan := or(and(eq(e, 0xff), gt(mx, 0)), and(eq(f, 0xff), gt(my, 0)))
                    let zero := or(iszero(shl(225, x)), iszero(shl(225, y)))
                    switch or(nan, zero)
                    case 0 {
                        odd := or(odd, shl(shr(31, xor(x, y)), PLUS_INFINITY))
                    }
                    default {
                        odd := or(odd, A_NAN)
                    }
                }
            }
        }
    }

    /// @dev Carries, so that digits are from 0 to 2^128 - 1 below a sign, and rounds the two highest ones with the rest as a sticky bit.
    function _round(int256[DIGITS] memory digits) private pure returns (uint256) {
        unchecked {
            // The top digit takes carries only: |sum| < 2^(384 + 175 + 14), so it is below 2^62.
            bool negative = _carry(digits) < 0;
            if (negative) {
                for (uint256 i; i < DIGITS; ++i) digits[i] = -digits[i];
                _carry(digits);
            }
            uint256 top = DIGITS - 1;
            while (top > 1 && digits[top] == 0) --top;
            uint256 value = (uint256(digits[top]) << 128) | uint256(digits[top - 1]);
            if (value == 0) return 0; // top is 1 then, and nothing is below
            int256 unit = UNIT + int256(128 * (top - 1));
            // Digits below are less than one unit of a value of more than 128 bits, of which 24 are kept: any bit at the end stands for
            // them. If the value is the last two digits, it is exact.
            for (uint256 i; i + 1 < top; ++i) if (digits[i] != 0) value |= 1;
            uint256 bits = Rounding.magnitude(value, unit);
            return negative ? bits | Rounding.SIGN : bits;
        }
    }

    /// @dev Moves what is above 128 bits of each digit to the next; gives the last one, which keeps its sign.
    function _carry(int256[DIGITS] memory digits) private pure returns (int256 carry) {
        unchecked {
            for (uint256 i; i + 1 < DIGITS; ++i) {
                carry += digits[i];
                digits[i] = int256(uint256(carry) & type(uint128).max);
                carry >>= 128;
            }
            carry += digits[DIGITS - 1];
            digits[DIGITS - 1] = carry;
        }
    }
}
