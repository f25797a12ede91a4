// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Rounding} from "../../lib/Rounding.sol";
import {Refusal} from "./IOpenGradientFacade.sol";
import {TensorLib} from "./OpenGradientTypes.sol";

/// @title Decimal numbers (value / 10**decimals) to elements of tensors and back.
/// @notice Either equal in value or refused; or, where the caller chose `nearest`, rounded once:
/// a number to the nearest float32, ties to even; a float32 to the nearest decimal of 9 significant digits, ties to even, of which the
/// nearest float32 is the one it came from. Integers are never rounded. Every number that equals an element gives the same bits,
/// however it is written (1, 10/10, 100/100).
library Decimals {
    /// |value| * 10**38 < 2^254; and value / 10**67, scaled to 255 bits, keeps 32 bits of quotient: 10**67 < 2^223.
    int256 internal constant LEAST_DECIMALS = -38;
    int256 internal constant MOST_DECIMALS = 67;
    /// 5**k of a reduced float32 must fit beside its mantissa in 128 bits.
    uint256 private constant MOST_FIVES = 54;
    uint256 private constant DIGITS_9 = 10 ** 9;

    /// @notice The 32 bits of the float32 that equals the number, or (if `nearest`) is nearest to it.
    function toFloat32(
        TensorLib.Number calldata number,
        bool nearest
    ) internal pure returns (uint256 bits, Refusal refusal) {
        int256 value = number.value;
        int256 decimals = number.decimals;
        if (decimals < LEAST_DECIMALS || decimals > MOST_DECIMALS) return (0, Refusal.Decimals);
        if (value == 0) return (0, Refusal.None);
        unchecked {
            uint256 n = uint256(value < 0 ? -value : value); // n * 2^unit, with a last bit that says that something was left
            int256 unit;
            bool whole = true;
            if (decimals <= 0) {
                n *= 10 ** uint256(-decimals);
            } else {
                uint256 up = 254 - Rounding.log2(n);
                n <<= up;
                uint256 divisor = 10 ** uint256(decimals);
                whole = n % divisor == 0;
                n = ((n / divisor) << 1) | (whole ? 0 : 1);
                unit = -int256(up) - 1;
            }
            bits = Rounding.magnitude(n, unit);
            if (bits == Rounding.INFINITY) return (0, Refusal.Range);
            if (!nearest && !(whole && _fits(n, unit))) return (0, Refusal.Inexact);
            if (value < 0) bits |= Rounding.SIGN;
        }
    }

    /// @notice The integer that equals the number, if it is within [low, high].
    function toInteger(
        TensorLib.Number calldata number,
        int256 low,
        int256 high
    ) internal pure returns (int256 value, Refusal refusal) {
        value = number.value;
        int256 decimals = number.decimals;
        if (decimals < LEAST_DECIMALS || decimals > MOST_DECIMALS) return (0, Refusal.Decimals);
        unchecked {
            int256 scale = int256(10 ** uint256(decimals < 0 ? -decimals : decimals)); // < 2^223
            if (decimals <= 0) {
                value *= scale;
            } else {
                if (value % scale != 0) return (0, Refusal.Inexact);
                value /= scale;
            }
        }
        if (value < low || value > high) return (0, Refusal.Range);
    }

    /// @notice The decimal that equals a float32, or (if `nearest`) the nearest of 9 significant digits. decimals >= 0, no
    /// zeros at the end of a fraction. -0 is not equal to any decimal; 0 is nearest to it.
    function fromFloat32(
        uint256 bits,
        bool nearest
    ) internal pure returns (TensorLib.Number memory number, Refusal refusal) {
        uint256 magnitude = bits & ~Rounding.SIGN;
        if (magnitude >= Rounding.INFINITY) return (number, Refusal.NotFinite);
        bool negative = bits != magnitude;
        if (magnitude == 0) return (number, negative && !nearest ? Refusal.Inexact : Refusal.None);
        uint256 m = magnitude & 0x7fffff;
        int256 q = int256(magnitude >> 23);
        if (q == 0) q = 1;
        else m |= 0x800000;
        q -= 150;
        uint256 decimals;
        (m, decimals, refusal) = nearest ? _nearest(m, q) : _equal(m, q);
        if (refusal != Refusal.None) return (number, refusal);
        if (m > uint256(uint128(type(int128).max))) return (number, Refusal.Range);
        int128 value = int128(int256(m));
        number = TensorLib.Number(negative ? -value : value, int128(int256(decimals)));
    }

    /// @dev Whether n * 2^unit is a float32, given that it is not too large: at most 24 bits, none below 2^-149.
    function _fits(uint256 n, int256 unit) private pure returns (bool) {
        unchecked {
            uint256 lowest = Rounding.log2(n & (0 - n));
            return Rounding.log2(n) - lowest < 24 && int256(lowest) + unit >= -149;
        }
    }

    /// @dev m * 2^q as an integer over a power of ten.
    function _equal(uint256 m, int256 q) private pure returns (uint256 value, uint256 decimals, Refusal refusal) {
        unchecked {
            uint256 zeros = Rounding.log2(m & (0 - m));
            m >>= zeros;
            q += int256(zeros);
            if (q >= 0) return (m << uint256(q), 0, Refusal.None); // at most 2^128
            decimals = uint256(-q);
            if (decimals > MOST_FIVES) return (0, 0, Refusal.Inexact);
            value = m * 5 ** decimals;
            if (value > uint256(uint128(type(int128).max))) return (0, 0, Refusal.Inexact);
        }
    }

    /// @dev m * 2^q rounded to 9 significant digits.
    function _nearest(uint256 m, int256 q) private pure returns (uint256 value, uint256 decimals, Refusal) {
        unchecked {
            // A power of ten by which the number has 9 digits, or 10: 78,913 / 2^18 is a little less than log10(2), and the
            // logarithm is rounded down (arithmetic shift).
            int256 tens = 8 - (((int256(Rounding.log2(m)) + q) * 78_913) >> 18);
            value = _scaled(m, q, tens);
            if (value >= DIGITS_9) value = _scaled(m, q, --tens);
            if (value % 10 ** 8 == 0) (value, tens) = (value / 10 ** 8, tens - 8);
            if (value % 10 ** 4 == 0) (value, tens) = (value / 10 ** 4, tens - 4);
            if (value % 10 ** 2 == 0) (value, tens) = (value / 10 ** 2, tens - 2);
            if (value % 10 == 0) (value, tens) = (value / 10, tens - 1);
            if (tens < 0) return (value * 10 ** uint256(-tens), 0, Refusal.None); // < 2^129
            return (value, uint256(tens), Refusal.None);
        }
    }

    /// @dev m * 2^q * 10^tens to the nearest integer, ties to even. Below 2^204 before it is divided.
    function _scaled(uint256 m, int256 q, int256 tens) private pure returns (uint256 quotient) {
        unchecked {
            uint256 divisor = 1;
            if (tens >= 0)
                m *= 10 ** uint256(tens); // tens <= 53
            else divisor = 10 ** uint256(-tens); // tens >= -31
            if (q >= 0) m <<= uint256(q);
            else divisor <<= uint256(-q); // not both: a large number has no negative q
            quotient = m / divisor;
            uint256 twice = (m % divisor) * 2;
            if (twice > divisor || (twice == divisor && quotient & 1 == 1)) ++quotient;
        }
    }
}
