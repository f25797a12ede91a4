// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Exact numbers rounded once to IEEE 754 binary32: to nearest, ties to even, subnormals kept.
/// @dev Results are the 32 bits of the float in the low bits of a word.
library Rounding {
    uint256 internal constant NAN = 0x7fc00000;
    uint256 internal constant INFINITY = 0x7f800000;
    uint256 internal constant SIGN = 0x80000000;
    /// Exponent of the least subnormal.
    int256 private constant LEAST = -149;

    /// @notice The float32 nearest to value * 2^unit. Zero gives +0; what rounds to 2^128 or more is infinite.
    /// @dev |value| < 2^255; |unit| < 2^200, so that no sum of exponents wraps.
    function toFloat32(int256 value, int256 unit) internal pure returns (uint256 bits) {
        if (value == 0) return 0;
        unchecked {
            bits = value < 0 ? SIGN | magnitude(uint256(-value), unit) : magnitude(uint256(value), unit);
        }
    }

    /// @notice The same for a magnitude, value > 0.
    function magnitude(uint256 value, int256 unit) internal pure returns (uint256 bits) {
        unchecked {
            // Exponent of the last place that the result keeps.
            int256 place = int256(log2(value)) + unit - 23;
            if (place < LEAST) place = LEAST;
            int256 shift = place - unit;
            uint256 m;
            if (shift <= 0) {
                m = value << uint256(-shift); // log2(value) <= 23 + shift: not more than 24 bits
            } else if (shift <= 256) {
                m = value >> uint256(shift);
                uint256 rest = value - (m << uint256(shift));
                uint256 half = uint256(1) << uint256(shift - 1);
                if (rest > half || (rest == half && m & 1 == 1)) ++m;
            }
            // else: below half of the least subnormal, which is 2^256 units or more
            if (place > 104) return INFINITY; // 2^23 * 2^105 = 2^128
            // A mantissa that rounded up to 2^24 carries into the exponent.
            bits = (uint256(place - LEAST) << 23) + m;
            if (bits > INFINITY) bits = INFINITY;
        }
    }

    /// @notice Number of the highest set bit; value > 0.
    function log2(uint256 value) internal pure returns (uint256 n) {
        assembly ("memory-safe") {
            n := shl(7, gt(value, 0xffffffffffffffffffffffffffffffff))
            n := or(n, shl(6, gt(shr(n, value), 0xffffffffffffffff)))
            n := or(n, shl(5, gt(shr(n, value), 0xffffffff)))
            n := or(n, shl(4, gt(shr(n, value), 0xffff)))
            n := or(n, shl(3, gt(shr(n, value), 0xff)))
            n := or(n, shl(2, gt(shr(n, value), 0xf)))
            n := or(n, shl(1, gt(shr(n, value), 0x3)))
            n := or(n, gt(shr(n, value), 0x1))
        }
    }
}
