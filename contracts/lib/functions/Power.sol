// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Rounding} from "../Rounding.sol";
import {Exponential} from "./Exponential.sol";
import {FloatParts} from "./FloatParts.sol";
import {Logarithm} from "./Logarithm.sol";

/// @notice x^y for the constant exponents y of docs/spec/functions.md, section 2, correctly rounded.
library Power {
    /// Exponents that are multiples of 1/4: integers up to 16, others up to 4, counted in quarters.
    uint256 private constant MOST_QUARTERS = 16;
    uint256 private constant MOST_WHOLE = 64;
    /// What `_quarters` gives for an exponent that is no such multiple.
    uint256 private constant REAL = type(uint256).max;
    // Other exponents: the float32 values nearest to 1/3, 2/3, and the gammas of displays and their inverses
    // (scripts/generate/functionConstants.ts).
    uint256 private constant THIRD = 0x3eaaaaab;
    uint256 private constant TWO_THIRDS = 0x3f2aaaab;
    uint256 private constant GAMMA_2_2 = 0x400ccccd;
    uint256 private constant GAMMA_2_2_INVERSE = 0x3ee8ba2f;
    uint256 private constant GAMMA_2_4 = 0x4019999a;
    uint256 private constant GAMMA_2_4_INVERSE = 0x3ed55555;

    /// @notice Whether y is in the table.
    function isKnown(uint256 y) internal pure returns (bool) {
        uint256 size = y & FloatParts.ABS;
        uint256 quarters = _quarters(size);
        if (quarters != REAL) return quarters <= MOST_QUARTERS || (quarters & 3 == 0 && quarters <= MOST_WHOLE);
        return
            size == THIRD ||
            size == TWO_THIRDS ||
            size == GAMMA_2_2 ||
            size == GAMMA_2_2_INVERSE ||
            size == GAMMA_2_4 ||
            size == GAMMA_2_4_INVERSE;
    }

    /// @notice x^y of float32 bits, for a y that `isKnown`. Special cases: C99, Annex F.
    function pow(uint256 x, uint256 y) internal pure returns (uint256) {
        uint256 quarters = _quarters(y & FloatParts.ABS);
        if (quarters == 0) return FloatParts.ONE;
        uint256 size = x & FloatParts.ABS;
        if (size > Rounding.INFINITY) return Rounding.NAN;
        bool inverse = y & Rounding.SIGN != 0;
        bool whole = quarters != REAL && quarters & 3 == 0;
        uint256 sign = whole && quarters & 4 != 0 ? x & Rounding.SIGN : 0;
        if (size == 0) return sign | (inverse ? Rounding.INFINITY : 0);
        if (size == Rounding.INFINITY) return sign | (inverse ? 0 : Rounding.INFINITY);
        if (x != size && !whole) return Rounding.NAN;
        return sign | (quarters == REAL ? _real(size, y) : _rational(size, quarters, inverse));
    }

    /// @dev 4 |y| if that is an integer, else REAL; exponents beyond the table may give REAL too.
    function _quarters(uint256 size) private pure returns (uint256) {
        unchecked {
            if (size == 0) return 0;
            // Multiples of 1/4 from 2^-2 up to below 2^22.
            if (size < 0x3e800000 || size >= 0x4a800000) return REAL;
            (uint256 m, int256 e) = FloatParts.parts(size);
            uint256 dropped = uint256(-2 - e);
            uint256 quarters = m >> dropped;
            return quarters << dropped == m ? quarters : REAL;
        }
    }

    /// @dev x^(quarters/4), or its inverse, of a finite x > 0.
    /// The value below is off by a relative 2^-62 at most, and exact wherever the true one has at most 25 bits: a float32, or a boundary
    /// between two of them, subnormals included. No other true value is within 2^-55 of a boundary (section 4 of the page: 31.77 bits below
    /// one unit), so that the one rounding decides all.
    /// Exact: let x = u 2^e with u odd. A root of at most 25 bits is one of a u^n of at most 100, and the product keeps 225. Roots are taken of
    /// integers times 2^4j: where such a root is rational, it is an integer, and found. An inverse has finitely many bits only if u is 1, and
    /// then all divisions are exact. Off: by 2^-197 where the product loses bits (200 are left each time), by 2^-63 for the fourth root
    /// (64 bits), by 2^-125 for the inverse.
    function _rational(uint256 x, uint256 quarters, bool inverse) private pure returns (uint256) {
        unchecked {
            (uint256 u, int256 e) = FloatParts.parts(x);
            {
                uint256 zeros = Rounding.log2(u & (~u + 1));
                u >>= zeros;
                e += int256(zeros);
            }
            // quarters/4 = n/2^roots in lowest terms.
            uint256 n = quarters;
            uint256 roots = 2;
            for (; roots != 0 && n & 1 == 0; --roots) n >>= 1;
            // |x|^n = value * 2^unit
            uint256 value = 1;
            int256 unit = e * int256(n);
            for (; n != 0; --n) {
                value *= u;
                if (value >> 225 != 0) {
                    // Makes room for another factor of 24 bits.
                    value >>= 24;
                    unit += 24;
                }
            }
            if (roots != 0) {
                // Widened to 253 bits or more, and so that the unit's exponent is a multiple of 4.
                uint256 room = 252 - Rounding.log2(value);
                room += uint256(unit - int256(room)) & 3;
                value <<= room;
                unit -= int256(room);
                for (; roots != 0; --roots) {
                    value = Math.sqrt(value);
                    unit /= 2;
                }
            }
            if (inverse) {
                uint256 length = Rounding.log2(value);
                if (length > 127) {
                    value >>= length - 127;
                    unit += int256(length - 127);
                }
                value = (uint256(1) << 255) / value;
                unit = -255 - unit;
            }
            return Rounding.magnitude(value, unit);
        }
    }

    /// @dev x^y = e^(y log x) of a finite x > 0, for |y| < 4 that is no multiple of 1/4.
    /// No result but 1^y is a boundary, and that is exact. log(x) is off by 2^-104, y has 24 bits, their product is off by 2^-101, and the power
    /// by a relative 2^-83. Demanded: 2^-63.
    function _real(uint256 x, uint256 y) private pure returns (uint256) {
        unchecked {
            (uint256 m, int256 e) = FloatParts.parts(y);
            // 2^-2 < |y| < 4, so that -25 <= e <= -22; the product has 112 + 7 + 24 bits.
            int256 exponent = (Logarithm.fixedLog(x) * int256(m)) >> uint256(-e);
            if (y & Rounding.SIGN != 0) exponent = -exponent;
            (uint256 value, int256 unit) = Exponential.power(exponent);
            return Rounding.magnitude(value, unit);
        }
    }
}
