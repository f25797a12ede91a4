// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStep, StepInput} from "./IStep.sol";
import {Kinds} from "../lib/Kinds.sol";
import {Leaves} from "../lib/Leaves.sol";
import {Access, Record} from "../lib/Record.sol";
import {StepBase} from "./StepBase.sol";

/// @title Move and Gather (docs/spec/movement.md): bits are kept.
/// @notice `hint` is not used.
contract MovementStep is StepBase {
    using Record for bytes32[];

    /// @inheritdoc IStep
    function isWrong(StepInput calldata step) external pure override returns (bool) {
        bytes32[] calldata record = step.record;
        uint256 kind = record.kind();
        if (kind == Kinds.MOVE) return _moved(step) != _claimed(step, step.element);
        if (kind == Kinds.GATHER) return _gathered(step) != _claimed(step, step.element);
        revert Step_UnknownKind(kind);
    }

    /// @dev The first operand that is present; +0 if none is. Operands behind it need not be opened.
    function _moved(StepInput calldata step) private pure returns (uint256 bits) {
        Access[] memory operands = step.record.accesses();
        uint256[] memory o = _coordinates(step);
        uint256[] memory k = new uint256[](step.record.innerAxes());
        for (uint256 i; i < operands.length; ++i) {
            bool present;
            (present, bits) = _operand(step, i, operands[i], o, k);
            if (present) return bits;
        }
    }

    /// @dev x at k = index, counted from the end of the inner space if negative; +0 outside of it or where x is absent.
    function _gathered(StepInput calldata step) private pure returns (uint256 bits) {
        Access[] memory operands = step.record.accesses();
        uint256[] memory o = _coordinates(step);
        uint256[] memory inner = step.record.inner();
        uint256[] memory k = new uint256[](inner.length);
        int256 taps = int256(Record.product(inner));
        int256 tap;
        {
            (bool named, uint256 raw) = _operand(step, 1, operands[1], o, k);
            // An index that is absent reads as 0, as every absent element does.
            if (named) tap = Leaves.signed(raw, operands[1].dtype);
        }
        if (tap < 0) tap += taps;
        if (tap < 0 || tap >= taps) return 0;
        Record.unravel(uint256(tap), inner, k);
        (, bits) = _operand(step, 0, operands[0], o, k);
    }
}
