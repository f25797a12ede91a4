// SPDX-License-Identifier: MIT
// solhint-disable one-contract-per-file
pragma solidity 0.8.37;

import {Leaves} from "../lib/Leaves.sol";
import {ArithmeticStep} from "../steps/ArithmeticStep.sol";
import {ConversionStep} from "../steps/ConversionStep.sol";
import {ElementStep} from "../steps/ElementStep.sol";
import {LogicStep} from "../steps/LogicStep.sol";

/// @notice Many elements in one call: the same definitions that `isWrong` compares with.
abstract contract ElementHarness is ElementStep {
    /// @param dtypes of the operands, a byte each, the first one's lowest
    /// @param operands 24 bytes per element: the bits of three operands, 64 bits each; those that the kind has not are not read
    /// @return bits 8 bytes per element
    function applyMany(
        uint256 kind,
        uint256 dtype,
        uint256 dtypes,
        bytes calldata operands
    ) external pure returns (bytes memory bits) {
        if (!_isDefined(kind, dtype, dtypes)) revert Step_UnknownKind(kind);
        uint256 n = operands.length / 24;
        bits = new bytes(8 * n);
        Elements memory e;
        (e.kind, e.dtype, e.from) = (kind, dtype, dtypes & 0xff);
        for (uint256 i; i < n; ++i) {
            bytes calldata each = operands[24 * i:];
            e.x = Leaves.canonical(uint64(bytes8(each)), dtypes & 0xff);
            e.y = Leaves.canonical(uint64(bytes8(each[8:])), (dtypes >> 8) & 0xff);
            e.z = Leaves.canonical(uint64(bytes8(each[16:])), (dtypes >> 16) & 0xff);
            uint256 result = _apply(e);
            assembly ("memory-safe") {
                // The word that ends with this element: what is before it stays.
                let place := add(bits, add(8, mul(8, i)))
                mstore(place, or(shl(64, shr(64, mload(place))), result))
            }
        }
    }

    /// @param combinations dtype of the output in the lowest byte, of the operands in the next ones
    /// @return kinds of each combination, bit i for kind i
    function kindsOf(uint256[] calldata combinations) external pure returns (uint256[] memory kinds) {
        kinds = new uint256[](combinations.length);
        for (uint256 i; i < kinds.length; ++i)
            for (uint256 kind; kind < 256; ++kind)
                if (_isDefined(kind, combinations[i] & 0xff, combinations[i] >> 8)) kinds[i] |= 1 << kind;
    }
}

contract ArithmeticHarness is ArithmeticStep, ElementHarness {}

contract LogicHarness is LogicStep, ElementHarness {}

contract ConversionHarness is ConversionStep, ElementHarness {}
