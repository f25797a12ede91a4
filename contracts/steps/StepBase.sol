// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStep, Opened, StepInput} from "./IStep.sol";
import {Leaves} from "../lib/Leaves.sol";
import {Access, Record} from "../lib/Record.sol";

/// @notice What all steps share: the record's coordinates and the operands' elements.
abstract contract StepBase is IStep {
    using Record for bytes32[];

    /// In `sources`: nothing of the operand is read.
    uint256 internal constant UNREAD = 0xff;

    /// @dev Coordinates of the element in the operator's space.
    function _coordinates(StepInput calldata step) internal pure returns (uint256[] memory o) {
        uint256[] memory space = step.record.space();
        o = new uint256[](space.length);
        Record.unravel(step.element, space, o);
    }

    /// @dev Canonical bits of the element of operand `i` at `address_`: inputs that were never on chain may hold others.
    function _read(
        StepInput calldata step,
        uint256 i,
        uint256 dtype,
        uint256 address_
    ) internal pure returns (uint256) {
        (uint256 place, ) = _find(step, i, dtype, address_);
        return Leaves.canonical(Leaves.bitsAt(place, Leaves.width(dtype)), dtype);
    }

    /// @dev Where that element lies, and how many lie side by side from there.
    function _find(
        StepInput calldata step,
        uint256 i,
        uint256 dtype,
        uint256 address_
    ) internal pure returns (uint256 place, uint256 contiguous) {
        uint256 opened = i < step.sources.length ? uint8(step.sources[i]) : UNREAD;
        if (opened != UNREAD && opened < step.opened.length)
            (place, contiguous) = Leaves.find(step.opened[opened], Leaves.width(dtype), address_);
        if (place == Leaves.NOWHERE) revert Step_NotOpened(i, address_);
    }

    /// @dev Bits of element `e` of the operator's own output, as they are: those of a correct trace are canonical.
    function _claimed(StepInput calldata step, uint256 e) internal pure returns (uint256) {
        uint256 elementBytes = Leaves.width(step.record.dtype());
        Opened calldata own = step.opened[step.opened.length - 1];
        (uint256 place, ) = Leaves.find(own, elementBytes, e);
        if (place == Leaves.NOWHERE) revert Step_NotOpened(step.opened.length - 1, e);
        return Leaves.bitsAt(place, elementBytes);
    }

    /// @dev The operand's bits at (o, k), or (false, 0) where it is absent.
    function _operand(
        StepInput calldata step,
        uint256 i,
        Access memory a,
        uint256[] memory o,
        uint256[] memory k
    ) internal pure returns (bool present, uint256 bits) {
        if (!a.present) return (false, 0);
        int256 address_ = step.record.addressAt(a, o, k);
        if (address_ < 0) return (false, 0);
        return (true, _read(step, i, a.dtype, uint256(address_)));
    }
}
