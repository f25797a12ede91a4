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
        if (!_isDefined(e.kind, e.dtype, _dtypes(operands))) revert Step_UnknownKind(e.kind);
        e.from = operands[0].dtype;
        // Where needs its condition and only one of the others, but all three are opened: they are one element each.
        (, e.x) = _operand(step, 0, operands[0], o, k);
        if (operands.length > 1) (, e.y) = _operand(step, 1, operands[1], o, k);
        if (operands.length > 2) (, e.z) = _operand(step, 2, operands[2], o, k);
        return _apply(e) != _claimed(step, step.element);
    }

    /// @dev Whether the kind is one of this contract's, and has a definition for these dtypes of the output and of the operands: `from` is
    /// a byte each, the first operand's lowest, 0 for one that is absent.
    function _isDefined(uint256 kind, uint256 dtype, uint256 from) internal pure virtual returns (bool);

    /// @dev The element's bits by the definition, for a kind that `_isDefined`.
    function _apply(Elements memory e) internal pure virtual returns (uint256);

    function _dtypes(Access[] memory operands) private pure returns (uint256 packed) {
        if (operands.length > 3) return type(uint256).max; // of no kind
        for (uint256 i; i < operands.length; ++i) packed |= operands[i].dtype << (8 * i);
    }
}
