// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Whether a submitted element is an acceptable answer where the reference output has r (docs/spec/tolerance.md).
/// @notice |y - r| <= atol + rtol * |r| for float32, decided exactly in integers.
/// @dev Every finite float32 is a multiple of 2^-149 below 2^277 of them, and a product with rtol = R / 2^32 a multiple of 2^-181 below 2^309:
/// numbers here are two words, in units of 2^-181.
library Acceptance {
    struct Wide {
        uint256 high;
        uint256 low;
    }

    uint256 private constant ONE = 1 << 32;
    uint256 private constant MAGNITUDE = 0x7fffffff;
    uint256 private constant INFINITY = 0x7f800000;

    /// @param y bits of the submitted float32
    /// @param r bits of the reference float32
    /// @param atol bits of a finite float32 >= 0
    /// @param rtol rtol / 2^32
    function accepts(uint256 y, uint256 r, uint256 atol, uint256 rtol) internal pure returns (bool) {
        uint256 ay = y & MAGNITUDE;
        uint256 ar = r & MAGNITUDE;
        if (ay > INFINITY || ar > INFINITY) return ay > INFINITY && ar > INFINITY; // all NaNs are one
        if (y == r || (ay == 0 && ar == 0)) return true;
        if (ay == INFINITY || ar == INFINITY) return false;

        Wide memory distance = _scaled(ay, ONE);
        Wide memory reference_ = _scaled(ar, ONE);
        if ((y ^ r) >> 31 == 1) _add(distance, reference_);
        else distance = _difference(distance, reference_);
        Wide memory allowed = _scaled(atol, ONE);
        _add(allowed, _scaled(ar, rtol));
        return !_less(allowed, distance);
    }

    /// @dev |value| * factor in units of 2^-181, where ONE stands for a factor of 1; factor <= ONE.
    function _scaled(uint256 magnitude, uint256 factor) private pure returns (Wide memory w) {
        unchecked {
            uint256 exponent = magnitude >> 23;
            uint256 m = magnitude & 0x7fffff;
            if (exponent != 0) {
                m |= 0x800000;
                --exponent; // units of 2^(exponent - 149)
            }
            m *= factor; // <= 2^56
            w.low = m << exponent; // exponent <= 253
            w.high = exponent == 0 ? 0 : m >> (256 - exponent);
        }
    }

    function _add(Wide memory a, Wide memory b) private pure {
        unchecked {
            uint256 low = a.low + b.low;
            a.high += b.high + (low < b.low ? 1 : 0); // both below 2^54
            a.low = low;
        }
    }

    function _difference(Wide memory a, Wide memory b) private pure returns (Wide memory w) {
        if (_less(a, b)) return _difference(b, a);
        unchecked {
            w.low = a.low - b.low;
            w.high = a.high - b.high - (a.low < b.low ? 1 : 0);
        }
    }

    function _less(Wide memory a, Wide memory b) private pure returns (bool) {
        return a.high < b.high || (a.high == b.high && a.low < b.low);
    }
}
