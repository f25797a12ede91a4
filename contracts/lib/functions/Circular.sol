// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Rounding} from "../Rounding.sol";
import {FloatParts} from "./FloatParts.sol";

/// @notice Sin and Cos (radians), correctly rounded.
library Circular {
    uint256 private constant BITS = 112;
    int256 private constant ONE = 1 << 112;
    /// Exponent of the unit of `fixedSine`.
    int256 private constant UNIT = -224;
    /// 2/pi with 256 fraction bits, rounded down (scripts/generate/functionConstants.ts).
    uint256 private constant TWO_OVER_PI = 0xa2f9836e4e441529fc2757d1f534ddc0db6295993c439041fe5163abdebbc561;
    /// pi/2 with 112 fraction bits, rounded to nearest.
    int256 private constant HALF_PI = 0x1921fb54442d18469898cc51701b8;
    /// Fraction bits of x in quarter turns.
    uint256 private constant TURN_BITS = 136;
    /// 2^-12. Up to here sin(x) rounds to x, because x^3/6 is below half a unit of x, and below it cos(x) to 1, because x^2/2 < 2^-25.
    uint256 private constant SMALL = 0x39800000;
    /// Terms of each series behind the first.
    int256 private constant TERMS = 12;

    /// @notice sin(x) of a float32. docs/spec/functions.md, section 1.
    function sin(uint256 x) internal pure returns (uint256) {
        uint256 size = x & FloatParts.ABS;
        if (size >= Rounding.INFINITY) return Rounding.NAN;
        if (size <= SMALL) return x;
        return (x & Rounding.SIGN) ^ Rounding.toFloat32(fixedSine(size, 0), UNIT);
    }

    /// @notice cos(x) of a float32.
    function cos(uint256 x) internal pure returns (uint256) {
        uint256 size = x & FloatParts.ABS;
        if (size >= Rounding.INFINITY) return Rounding.NAN;
        if (size < SMALL) return FloatParts.ONE;
        return Rounding.toFloat32(fixedSine(size, 1), UNIT);
    }

    /// @notice sin(x + quarters * pi/2) with 224 fraction bits for a float32 2^-12 <= x < 2^128. Relative error below 2^-80.
    /// @dev x in quarter turns modulo 4: x = m 2^e, and bits of 2/pi * 2^e that stand for 4 or more are whole turns, whatever m. With
    /// -35 <= e <= 104, at most 240 bits of 2/pi give it 136 fraction bits. m times their error is below 2^-112 quarter turns, so that r, the
    /// rest in radians, is off by less than 2^-110.5. Of all float32 from 2^-12 on, the nearest to a multiple of pi/2 is above 2^-30 from it
    /// (16367173 * 2^72; a test has it): r is off by a relative 2^-80.5 at most. |r| <= pi/4: the series behind their 12 terms are below
    /// 2^-95, and each quotient is off by one unit (2^-112). Demanded: 2^-58.
    function fixedSine(uint256 x, uint256 quarters) internal pure returns (int256 value) {
        unchecked {
            (uint256 m, int256 e) = FloatParts.parts(x);
            // The product modulo 2^256 has all of it modulo 4.
            uint256 turn = m * (TWO_OVER_PI >> uint256(120 - e));
            uint256 nearest = (turn + (1 << (TURN_BITS - 1))) >> TURN_BITS;
            int256 r = int256(turn - (nearest << TURN_BITS)); // at most half a quarter: below 2^135
            r = (r * HALF_PI) >> TURN_BITS;
            int256 square = (r * r) >> BITS;
            nearest += quarters;
            int256 sum = ONE;
            if (nearest & 1 == 0) {
                for (int256 n = 2 * TERMS; n != 0; n -= 2) sum = ONE - (square * sum) / ((n * (n + 1)) << BITS);
                value = r * sum;
            } else {
                for (int256 n = 2 * TERMS; n != 0; n -= 2) sum = ONE - (square * sum) / ((n * (n - 1)) << BITS);
                value = sum << BITS;
            }
            if (nearest & 2 != 0) value = -value;
        }
    }
}
