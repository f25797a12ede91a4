// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStep, StepInput} from "./IStep.sol";
import {Access, Record} from "../lib/Record.sol";
import {StepBase} from "./StepBase.sol";

/// @notice Primitives whose element depends on one element of each operand: an elementwise kind has no inner space.
/// @dev `hint` is not used.
abstract contract ElementStep is StepBase {
    using Record for bytes32[];

    /// @notice The operands' canonical bits and what they are of.
    struct Elements {
        uint256 kind;
        uint256 dtype; // of the output
        uint256 from; // dtype of the first operand
        uint256 attribute;
        uint256 x;
        uint256 y; // 0 if there is no second operand
        uint256 z; // 0 if there is no third
    }

    /// @inheritdoc IStep
    function isWrong(StepInput calldata step) external pure returns (bool) {
        bytes32[] calldata record = step.record;
        Access[] memory operands = record.accesses();
        uint256[] memory o = _coordinates(step);
        uint256[] memory k = new uint256[](record.innerAxes());
        Elements memory e;
        (e.kind, e.dtype, e.attribute) = (record.kind(), record.dtype(), record.attribute());
        e.from = operands[0].dtype;
        // A selection reads its condition first and only one of the others, but all three are opened: they are one element each.
        (, e.x) = _operand(step, 0, operands[0], o, k);
        if (operands.length > 1) (, e.y) = _operand(step, 1, operands[1], o, k);
        if (operands.length > 2) (, e.z) = _operand(step, 2, operands[2], o, k);
        return _apply(e) != _claimed(step, step.element);
    }

    /// @dev The element's bits by the definition. Reverts with Step_UnknownKind for what has none.
    function _apply(Elements memory e) internal pure virtual returns (uint256);
}
