// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What the functions ask of a float32's bits.
library FloatParts {
    uint256 internal constant ONE = 0x3f800000;
    uint256 internal constant ABS = 0x7fffffff;

    /// @notice |x| = mantissa * 2^exponent for a finite x; mantissa < 2^24.
    function parts(uint256 bits) internal pure returns (uint256 mantissa, int256 exponent) {
        unchecked {
            uint256 field = (bits >> 23) & 0xff;
            mantissa = bits & 0x7fffff;
            // Subnormals have the unit of the first normal binade.
            if (field == 0) field = 1;
            else mantissa |= 0x800000;
            exponent = int256(field) - 150;
        }
    }
}
