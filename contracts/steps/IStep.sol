// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Leaves of one tensor. Whoever calls a step has checked them against the tensor's commitment.
struct Opened {
    bytes32[] runs; // consecutive leaves, ascending, in the order of `data`: first leaf 32 | leaves 32 | 0
    bytes data; // the runs' leaves whole: 64 elements each, big-endian, those of a tensor's last leaf padded with zeros
}

/// @notice One element of one operator, and what its definition reads.
struct StepInput {
    bytes32[] record; // docs/spec/program.md; proved under the program's root
    uint32 element; // of the operator's output
    bytes sources; // byte i: which of `opened` holds what operand i reads; UNREAD if nothing of it is read
    Opened[] opened; // the last one is the operator's own output
    bytes hint; // untrusted: what lets the step decide cheaply; empty is always allowed
}

/// @title A family of primitives, decided on the EVM.
/// @notice Stateless. Every address is computed from the record; what is missing from `opened` reverts.
interface IStep {
    /// @notice Thrown when an element that the definition reads is in no opened run.
    error Step_NotOpened(uint256 operand, uint256 element);
    /// @notice Thrown when the record's operator is not one of this contract's primitives.
    error Step_UnknownKind(uint256 kind);
    /// @notice Thrown when a hint that has to name something (a candidate, a rank) names nothing.
    error Step_BadHint();

    /// @notice Whether the operator's own element is another than its definition gives for the opened operands.
    /// @return wrong false also where `hint` names no counter-example: only `true` proves anything
    function isWrong(StepInput calldata step) external pure returns (bool wrong);
}
