// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Decimals} from "../periphery/opengradient/Decimals.sol";
import {Refusal} from "../periphery/opengradient/IOpenGradientFacade.sol";
import {TensorLib} from "../periphery/opengradient/OpenGradientTypes.sol";

/// @notice Decimals, many at a time.
contract DecimalsHarness {
    function toFloat32(
        TensorLib.Number[] calldata numbers,
        bool nearest
    ) external pure returns (uint256[] memory bits, Refusal[] memory refusals) {
        bits = new uint256[](numbers.length);
        refusals = new Refusal[](numbers.length);
        for (uint256 i = 0; i < numbers.length; ++i) (bits[i], refusals[i]) = Decimals.toFloat32(numbers[i], nearest);
    }

    function toInteger(
        TensorLib.Number calldata number,
        int256 low,
        int256 high
    ) external pure returns (int256 value, Refusal refusal) {
        return Decimals.toInteger(number, low, high);
    }

    function fromFloat32(
        uint256[] calldata bits,
        bool nearest
    ) external pure returns (TensorLib.Number[] memory numbers, Refusal[] memory refusals) {
        numbers = new TensorLib.Number[](bits.length);
        refusals = new Refusal[](bits.length);
        for (uint256 i = 0; i < bits.length; ++i) (numbers[i], refusals[i]) = Decimals.fromFloat32(bits[i], nearest);
    }
}
