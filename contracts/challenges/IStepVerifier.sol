// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {StepProof} from "./ChallengeTypes.sol";

/// @notice Whose trace it is, and of which program and input.
struct Trace {
    bytes32 root; // T
    bytes32 request;
    address challenger;
    uint256 item;
    uint256 items; // of the request
    bytes32 input; // commitment of the request's input
    uint256 operators; // N
    bytes32 records; // root over the program's record hashes
}

/// @title Whether an opened element of a trace differs from its operator evaluated on the same trace, the weights and the input.
/// @notice Stateless. It proves openings; the step contracts know what operators mean.
interface IStepVerifier {
    /// @notice Thrown when an opening does not lead to what it is said to be a part of.
    error Steps_WrongOpening(uint256 opening);
    /// @notice Thrown when the record is not the operator's in the program.
    error Steps_WrongRecord(uint256 operator);
    /// @notice Thrown when an operand's opening is of another tensor than the record's.
    error Steps_WrongSource(uint256 operand);
    /// @notice Thrown when the operator has no such element.
    error Steps_NoSuchElement(uint256 element);
    /// @notice Thrown when no step contract knows the primitive.
    error Steps_NoStep(uint256 kind);

    /// @notice Reverts unless every opening is proved.
    function isInconsistent(Trace calldata trace, StepProof calldata proof) external view returns (bool);

    /// @notice The contract that decides a primitive; 0 if none does.
    function stepOf(uint256 kind) external view returns (address);
}
