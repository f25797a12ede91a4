// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Rounding} from "../Rounding.sol";
import {Exponential} from "./Exponential.sol";
import {FloatParts} from "./FloatParts.sol";

/// @notice Tanh, correctly rounded.
library HyperbolicTangent {
    /// 2^-12: up to here the result is x, because x^3/3 is below half a unit of x.
    uint256 private constant SMALL = 0x39800000;
    /// 16: from 13 ln2 = 9.01... on the result is 1.
    uint256 private constant LARGE = 0x41800000;
    /// Fraction bits of e^2x.
    int256 private constant BITS = 112;

    /// @notice tanh(x) of a float32. docs/spec/functions.md, section 1.
    /// @dev (E - 1)/(E + 1) with E = e^(2|x|), 1 < E < 2^47, off by a relative 2^-84. The quotient's relative error is that times
    /// 2 E/((E - 1)(E + 1)), because d tanh = 2 dE/(E + 1)^2; since E - 1 > 2^-11 it is below 2^-72. Its last place, 2^-96, is below 2^-83 of
    /// it. Demanded: 2^-53.
    function tanh(uint256 x) internal pure returns (uint256) {
        unchecked {
            uint256 size = x & FloatParts.ABS;
            if (size > Rounding.INFINITY) return Rounding.NAN;
            if (size <= SMALL) return x;
            uint256 sign = x & Rounding.SIGN;
            if (size >= LARGE) return sign | FloatParts.ONE;
            (uint256 m, int256 e) = FloatParts.parts(size);
            // Twice |x|, exact: a multiple of 2^-34.
            (uint256 value, int256 unit) = Exponential.power(int256(m << uint256(e + 1 + BITS)));
            uint256 scaled = value << uint256(unit + BITS); // below 2^159
            uint256 one = uint256(1) << uint256(BITS);
            return sign | Rounding.magnitude(((scaled - one) << 96) / (scaled + one), -96);
        }
    }
}
