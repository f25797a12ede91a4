// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Rounding} from "../Rounding.sol";
import {FloatParts} from "./FloatParts.sol";

/// @notice Erf, correctly rounded.
library ErrorFunction {
    uint256 private constant BITS = 112;
    uint256 private constant ONE = 1 << 112;
    /// 2/sqrt(pi) with 112 fraction bits, rounded to nearest (scripts/generate/functionConstants.ts).
    uint256 private constant TWO_OVER_ROOT_PI = 0x120dd750429b6d11ae3a914fed7fe;
    /// 4: from 3.93 on the result is 1.
    uint256 private constant LARGE = 0x40800000;

    /// @notice erf(x) of a float32. docs/spec/functions.md, section 1.
    function erf(uint256 x) internal pure returns (uint256) {
        unchecked {
            uint256 size = x & FloatParts.ABS;
            if (size > Rounding.INFINITY) return Rounding.NAN;
            if (size == 0) return x;
            uint256 sign = x & Rounding.SIGN;
            if (size >= LARGE) return sign | FloatParts.ONE;
            (uint256 m, int256 e) = FloatParts.parts(size);
            // Exact, so that tiny x lose nothing: 24 bits and 226.
            return sign | Rounding.magnitude(m * ratio(m, e), e - 2 * int256(BITS));
        }
    }

    /// @notice erf(x)/x with 224 fraction bits for a float32 x = m 2^e, 0 < x < 4. Relative error below 2^-84.
    /// @dev 2/sqrt(pi) * sum of (-1)^n x^2n / (n! (2n + 1)). x^2 < 16 is exact, or one unit (2^-112) short of 2^-66 at most. The error of one
    /// unit that each power makes grows with the later ones, to e^16 = 2^23.1 times at most, and so do all errors of powers together: below
    /// 2^25 units in the sum, 2^-87, and the sum is above 0.22. TWO_OVER_ROOT_PI is off by half a unit. Demanded: 2^-59.
    function ratio(uint256 m, int256 e) internal pure returns (uint256 value) {
        unchecked {
            int256 shift = 2 * e + int256(BITS);
            uint256 square = shift < 0 ? (m * m) >> uint256(-shift) : (m * m) << uint256(shift);
            uint256 sum = ONE;
            uint256 term = ONE; // x^2n / n!, at most e^16, so that the product with the square has 251 bits
            for (uint256 n = 1; ; ++n) {
                term = (term * square) / (n << BITS);
                if (term == 0) return sum * TWO_OVER_ROOT_PI;
                // Partial sums may be negative; modulo 2^256 that does not matter.
                if (n & 1 == 1) sum -= term / (2 * n + 1);
                else sum += term / (2 * n + 1);
            }
        }
    }
}
