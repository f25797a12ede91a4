// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Rounding} from "../Rounding.sol";
import {FloatParts} from "./FloatParts.sol";

/// @notice Exp, correctly rounded, and e^x in fixed point for other functions.
/// @dev Fixed point: X stands for X * 2^-112.
library Exponential {
    uint256 private constant BITS = 112;
    int256 private constant ONE = 1 << 112;
    /// ln 2 with 112 fraction bits, rounded to nearest (scripts/generate/functionConstants.ts).
    int256 internal constant LN2 = 0xb17217f7d1cf79abc9e3b39803f3;
    /// Degree of the polynomial.
    int256 private constant DEGREE = 18;
    /// Binades from which on |x| >= 128 (e^x is 0 or infinite beyond doubt) and below which |x| < 2^-26 (e^x rounds to 1).
    uint256 private constant LARGE = 134;
    uint256 private constant SMALL = 101;

    /// @notice e^x of a float32. docs/spec/functions.md, section 1.
    function exp(uint256 x) internal pure returns (uint256) {
        unchecked {
            uint256 field = (x >> 23) & 0xff;
            if (x & FloatParts.ABS > Rounding.INFINITY) return Rounding.NAN;
            if (field >= LARGE) return x & Rounding.SIGN == 0 ? Rounding.INFINITY : 0;
            if (field < SMALL) return FloatParts.ONE;
            (uint256 m, int256 e) = FloatParts.parts(x);
            // x is a multiple of 2^-49: exact.
            int256 fixedX = int256(m << uint256(e + int256(BITS)));
            (uint256 value, int256 unit) = power(x & Rounding.SIGN == 0 ? fixedX : -fixedX);
            return Rounding.magnitude(value, unit);
        }
    }

    /// @notice e^x = value * 2^unit with a relative error below 2^-84, for x with 112 fraction bits, |x| < 2^9; 2^111 < value < 2^113.
    /// @dev x = k ln2 + r, |r| <= ln2/2, |k| < 740; e^r = 1 + r (1 + r/2 (1 + r/3 (...))). Errors: LN2 is off by half a unit (2^-113), and so
    /// r by 2^-103; each quotient by one unit, and the next ones keep a third of it or less, together 2^-111; what follows degree 18 is below
    /// 1.1 |r|^19/19! < 2^-85.5. The result is above 2^-1/2.
    function power(int256 x) internal pure returns (uint256 value, int256 unit) {
        unchecked {
            // The integer nearest to x/ln2: the quotient rounds towards 0.
            int256 k = (2 * x + (x < 0 ? -LN2 : LN2)) / (2 * LN2);
            int256 r = x - k * LN2;
            int256 sum = ONE;
            for (int256 n = DEGREE; n != 0; --n) sum = ONE + (r * sum) / (n << BITS);
            return (uint256(sum), k - int256(BITS));
        }
    }
}
