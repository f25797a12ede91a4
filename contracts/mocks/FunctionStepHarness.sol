// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Circular} from "../lib/functions/Circular.sol";
import {ErrorFunction} from "../lib/functions/ErrorFunction.sol";
import {Exponential} from "../lib/functions/Exponential.sol";
import {FloatParts} from "../lib/functions/FloatParts.sol";
import {Logarithm} from "../lib/functions/Logarithm.sol";
import {FunctionStep} from "../steps/FunctionStep.sol";

/// @notice Applies a function to many inputs: 4 bytes each, big-endian, in and out.
contract FunctionStepHarness is FunctionStep {
    function many(uint256 kind, uint256 attribute, bytes calldata inputs) external pure returns (bytes memory outputs) {
        outputs = new bytes(inputs.length);
        for (uint256 i; i < inputs.length; i += 4) {
            uint256 bits = _apply(kind, attribute, uint32(bytes4(inputs[i:])));
            assembly ("memory-safe") {
                // The word that ends with this output: what is before it stays, the length's last bytes for the first.
                let place := add(outputs, add(i, 4))
                mstore(place, or(shl(32, shr(32, mload(place))), bits))
            }
        }
    }

    /// @return most gas of the dearest of the inputs
    /// @return input which one that was
    function dearest(
        uint256 kind,
        uint256 attribute,
        bytes calldata inputs
    ) external view returns (uint256 most, uint256 input) {
        for (uint256 i; i < inputs.length; i += 4) {
            uint256 x = uint32(bytes4(inputs[i:]));
            uint256 left = gasleft();
            _apply(kind, attribute, x);
            left -= gasleft();
            if (left > most) (most, input) = (left, x);
        }
    }

    function power(int256 x) external pure returns (uint256 value, int256 unit) {
        return Exponential.power(x);
    }

    function fixedLog(uint256 x) external pure returns (int256) {
        return Logarithm.fixedLog(x);
    }

    function fixedSine(uint256 x, uint256 quarters) external pure returns (int256) {
        return Circular.fixedSine(x, quarters);
    }

    function erfRatio(uint256 x) external pure returns (uint256) {
        (uint256 m, int256 e) = FloatParts.parts(x);
        return ErrorFunction.ratio(m, e);
    }
}
