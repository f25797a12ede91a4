// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Rounding} from "../lib/Rounding.sol";

/// @notice Opens the library to tests, many numbers at a time.
contract RoundingHarness {
    function magnitudes(
        uint256[] calldata values,
        int256[] calldata units
    ) external pure returns (uint256[] memory bits) {
        bits = new uint256[](values.length);
        for (uint256 i; i < values.length; ++i) bits[i] = Rounding.magnitude(values[i], units[i]);
    }

    function numbers(int256[] calldata values, int256[] calldata units) external pure returns (uint256[] memory bits) {
        bits = new uint256[](values.length);
        for (uint256 i; i < values.length; ++i) bits[i] = Rounding.toFloat32(values[i], units[i]);
    }
}
