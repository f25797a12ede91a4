// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Rounding} from "../Rounding.sol";
import {Exponential} from "./Exponential.sol";
import {FloatParts} from "./FloatParts.sol";

/// @notice Log, correctly rounded, and log(x) in fixed point for powers.
library Logarithm {
    uint256 internal constant BITS = 112;
    /// sqrt(2) as a mantissa of 24 bits: from here on mantissas count as those of the next binade, so that nothing cancels near 1.
    uint256 private constant ROOT2 = 0xb504f3;

    /// @notice log(x) of a float32. docs/spec/functions.md, section 1.
    function log(uint256 x) internal pure returns (uint256) {
        uint256 size = x & FloatParts.ABS;
        if (size > Rounding.INFINITY) return Rounding.NAN;
        if (size == 0) return Rounding.SIGN | Rounding.INFINITY;
        if (x != size) return Rounding.NAN;
        if (x == Rounding.INFINITY) return x;
        return Rounding.toFloat32(fixedLog(x), -int256(BITS));
    }

    /// @notice log(x) with 112 fraction bits for a finite x > 0. Absolute error below 2^-104, relative below 2^-79; 0 for x = 1.
    /// @dev x = 2^k u/v with 1/sqrt(2) <= u/v < sqrt(2), u a 24-bit mantissa and v a power of two: log(x) = k ln2 + 2 atanh(s),
    /// s = (u - v)/(u + v), |s| < 0.1716. s and its square are off by one unit (2^-112), each power by 1.1 and each term by 2, in 22 terms at
    /// most; what follows them is below one unit. k ln2 adds |k|/2 < 75: together below 2^8 units. Where k is 0, |log(x)| > 2^-25.
    function fixedLog(uint256 x) internal pure returns (int256 sum) {
        unchecked {
            (uint256 u, int256 k) = FloatParts.parts(x);
            uint256 short = 23 - Rounding.log2(u); // of a subnormal
            u <<= short;
            k += 23 - int256(short);
            int256 v = 1 << 23;
            if (u >= ROOT2) {
                v = 1 << 24;
                ++k;
            }
            int256 term = ((int256(u) - v) << BITS) / (int256(u) + v);
            int256 square = (term * term) >> BITS;
            // Quotients round towards 0, so that the powers of s reach it.
            for (int256 n = 1; term != 0; n += 2) {
                sum += term / n;
                term = (term * square) / int256(1 << BITS);
            }
            sum = 2 * sum + k * Exponential.LN2;
        }
    }
}
