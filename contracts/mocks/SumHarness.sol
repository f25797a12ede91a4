// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ExactSum} from "../lib/ExactSum.sol";
import {Rounding} from "../lib/Rounding.sol";
import {WideSum} from "../lib/WideSum.sol";

/// @notice Opens both accumulators and the rounding to tests, many cases in one call.
contract SumHarness {
    /// @notice `cases`: per case a word `n 32 | bias 32` in its low bits, then the words of a, then those of b, eight lanes each.
    /// @return results per case `decided 1 | fast 32 | wide 32`
    function many(bytes calldata cases) external pure returns (uint256[] memory results) {
        unchecked {
            uint256 place;
            uint256 left = cases.length;
            assembly ("memory-safe") {
                place := cases.offset
            }
            results = new uint256[](left / 32);
            uint256 count;
            while (left != 0) {
                uint256 head;
                uint256 a;
                assembly ("memory-safe") {
                    head := calldataload(place)
                    a := mload(0x40)
                }
                uint256 size = (((head >> 32) + 7) >> 3) * 32;
                assembly ("memory-safe") {
                    calldatacopy(a, add(place, 32), mul(size, 2))
                    mstore(0x40, add(a, mul(size, 2)))
                }
                results[count++] = _both(a, a + size, head >> 32, head & 0xffffffff);
                assembly ("memory-safe") {
                    mstore(0x40, a) // nothing of the case is kept
                }
                place += 32 + 2 * size;
                left -= 32 + 2 * size;
            }
            assembly ("memory-safe") {
                mstore(results, count)
            }
        }
    }

    /// @notice Rounding.magnitude of each value and unit.
    function rounded(uint256[] calldata values, int256[] calldata units) external pure returns (uint256[] memory bits) {
        bits = new uint256[](values.length);
        for (uint256 i; i < values.length; ++i) bits[i] = Rounding.magnitude(values[i], units[i]);
    }

    function _both(uint256 a, uint256 b, uint256 n, uint256 bias) private pure returns (uint256) {
        (bool decided, uint256 bits) = ExactSum.fast(a, b, n, bias);
        uint256 wide = WideSum.dot(a, b, n, bias);
        return (uint256(decided ? 1 : 0) << 64) | (bits << 32) | wide;
    }
}
