// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Leaves} from "../lib/Leaves.sol";

/// @title The integer dtypes: their ranges, and numbers modulo their width.
library Integers {
    /// @notice The low bits of v: v modulo 2^bits, in two's complement.
    function wrap(int256 v, uint256 dtype) internal pure returns (uint256) {
        unchecked {
            return uint256(v) & ((uint256(1) << (8 * Leaves.width(dtype))) - 1);
        }
    }

    function least(uint256 dtype) internal pure returns (int256) {
        if (dtype == Leaves.UINT8 || dtype == Leaves.BOOL) return 0;
        return -int256(uint256(1) << (8 * Leaves.width(dtype) - 1));
    }

    function greatest(uint256 dtype) internal pure returns (int256) {
        if (dtype == Leaves.UINT8) return 255;
        if (dtype == Leaves.BOOL) return 1;
        return int256((uint256(1) << (8 * Leaves.width(dtype) - 1)) - 1);
    }
}
