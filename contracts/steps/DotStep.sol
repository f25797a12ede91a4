// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ExactSum} from "../lib/ExactSum.sol";
import {StepInput} from "./IStep.sol";
import {Kinds} from "../lib/Kinds.sol";
import {Access, Record} from "../lib/Record.sol";
import {StepBase} from "./StepBase.sol";
import {Taps} from "./Taps.sol";

/// @title Dot: RN(bias + sum over the present taps of a * b), exact and rounded once (docs/spec/dot.md).
/// @notice Operands a, b?, bias? of float32. An absent b is 1 everywhere. No hint is needed: what StepInput.hint holds is not read.
contract DotStep is StepBase {
    using Record for bytes32[];

    /// @dev The record's attribute: the last coordinate of the element numbers the range of taps that it sums.
    uint256 private constant RANGED = 1;
    /// @dev Eight times 1.0.
    uint256 private constant ONES = 0x3f8000003f8000003f8000003f8000003f8000003f8000003f8000003f800000;

    /// @notice Thrown when the record gives one element more taps than the exact sum may have: no compiler writes such a record.
    error DotStep_TooManyTaps(uint256 taps);

    function isWrong(StepInput calldata step) external pure override returns (bool wrong) {
        if (step.record.kind() != Kinds.DOT) revert Step_UnknownKind(step.record.kind());
        Access[] memory operands = step.record.accesses();
        uint256[] memory o = _coordinates(step);
        (uint256 first, uint256 last) = _range(step, o);
        (uint256 n, uint256 a, uint256 b) = Taps.pack(step, operands, o, first, last);
        if (b == 0) b = _ones(n);
        return ExactSum.dot(a, b, n, _bias(step, operands, o)) != _claimed(step, step.element);
    }

    /// @dev The taps that the element sums.
    function _range(StepInput calldata step, uint256[] memory o) private pure returns (uint256 first, uint256 last) {
        last = Record.product(step.record.inner());
        if (step.record.attribute() == RANGED) {
            first = o[o.length - 1] * ExactSum.MAX_TERMS;
            if (first > last) first = last;
            if (last > first + ExactSum.MAX_TERMS) last = first + ExactSum.MAX_TERMS;
        }
        if (last - first > ExactSum.MAX_TERMS) revert DotStep_TooManyTaps(last - first);
    }

    /// @dev Bits of operand 2, or +0.
    function _bias(
        StepInput calldata step,
        Access[] memory operands,
        uint256[] memory o
    ) private pure returns (uint256 bits) {
        if (operands.length > 2) (, bits) = _operand(step, 2, operands[2], o, new uint256[](step.record.innerAxes()));
    }

    /// @dev Memory with n times 1.0, filled up to a whole word.
    function _ones(uint256 n) private pure returns (uint256 place) {
        assembly ("memory-safe") {
            place := mload(0x40)
            let end := add(place, shl(5, shr(3, add(n, 7))))
            for {
                let p := place
            } lt(p, end) {
                p := add(p, 32)
            } {
                mstore(p, ONES)
            }
            mstore(0x40, end)
        }
    }
}
