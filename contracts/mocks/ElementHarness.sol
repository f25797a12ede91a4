// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;
// solhint-disable one-contract-per-file

import {ArithmeticStep} from "../steps/ArithmeticStep.sol";
import {ConversionStep} from "../steps/ConversionStep.sol";
import {LogicStep} from "../steps/LogicStep.sol";

/// @notice Many elements in one call: the same definitions that `isWrong` compares with.
contract ArithmeticHarness is ArithmeticStep {
    function applyMany(
        uint256 kind,
        uint256 dtype,
        uint256 from,
        uint256[3][] calldata operands
    ) external pure returns (uint256[] memory bits) {
        bits = new uint256[](operands.length);
        for (uint256 i; i < operands.length; ++i)
            bits[i] = _apply(Elements(kind, dtype, from, 0, operands[i][0], operands[i][1], operands[i][2]));
    }
}

contract LogicHarness is LogicStep {
    function applyMany(
        uint256 kind,
        uint256 dtype,
        uint256 from,
        uint256[3][] calldata operands
    ) external pure returns (uint256[] memory bits) {
        bits = new uint256[](operands.length);
        for (uint256 i; i < operands.length; ++i)
            bits[i] = _apply(Elements(kind, dtype, from, 0, operands[i][0], operands[i][1], operands[i][2]));
    }
}

contract ConversionHarness is ConversionStep {
    function applyMany(
        uint256 kind,
        uint256 dtype,
        uint256 from,
        uint256[3][] calldata operands
    ) external pure returns (uint256[] memory bits) {
        bits = new uint256[](operands.length);
        for (uint256 i; i < operands.length; ++i)
            bits[i] = _apply(Elements(kind, dtype, from, 0, operands[i][0], operands[i][1], operands[i][2]));
    }
}
