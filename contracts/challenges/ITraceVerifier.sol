// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    Demand,
    DemandProof,
    Evidence,
    Meaning,
    OutputDemand,
    OutputPosition,
    OutputProof,
    Position
} from "./ChallengeTypes.sol";
import {Trace} from "./IStepVerifier.sol";

/// @notice What evidence is judged by.
struct Standard {
    bytes32 outputs; // of the program's header
    bytes32 outputHash; // of the submission
    uint256 atol; // bits of a float32
    uint256 rtol; // rtol / 2^32
    bool exact; // only the reference output itself is right
}

/// @notice What an answer to a demand must look like, and how deep in the trace it is.
struct Shape {
    bytes32 header; // of the operator's output; 0 for LIST
    uint16 count; // see Demand
    uint8 levels;
    uint8 childLevel;
    uint8 slotLevels; // see Demand
    uint8 depth; // l: how many demands lead here from the challenge, this one included
}

/// @title What a trace commits to, piece by piece.
/// @notice Stateless. Whatever can be computed from N, a record or a header is computed, never taken from a party.
interface ITraceVerifier {
    /// @notice Thrown when evidence does not hold; `part` says which part of it.
    error Traces_NoEvidence(string part);
    /// @notice Thrown when a trace has no such position, or another hash stands there.
    error Traces_NoSuchPosition();
    /// @notice Thrown when the words of a version do not hash to its id.
    error Traces_WrongVersion();
    /// @notice Thrown when the words of a program do not hash to the version's root, or are beyond the limits of the game.
    error Traces_WrongProgram();
    /// @notice Thrown when the headers are not those of the request, or there is no such output or leaf.
    error Traces_NoSuchOutput();
    /// @notice Thrown when the data is not the demanded leaf of the submitted output.
    error Traces_WrongOutput();
    /// @notice Thrown when an answer is not what the demanded hash was made from.
    error Traces_WrongAnswer();

    /// @notice Reverts unless `meaning` is what the version of a model stands for.
    function checkMeaning(Meaning calldata meaning, bytes32 version, uint256 model, address registry) external view;

    /// @notice Reverts unless the evidence shows an output element that the standard does not accept.
    function checkEvidence(Trace calldata trace, Standard calldata standard, Evidence calldata evidence) external pure;

    /// @notice Reverts unless the children, 64 or all, hash to T.
    /// @param operators N
    function checkChildren(bytes32 root, uint256 operators, bytes32[] calldata children) external pure;

    /// @notice Reverts unless `proof.node` stands at the position.
    function shapeOf(
        Trace calldata trace,
        Position calldata position,
        DemandProof calldata proof
    ) external pure returns (Shape memory);

    /// @notice Reverts unless `data` is what the demand's node was made from: real children as words, or whole leaves; pads canonical.
    /// @param trace only request, item and challenger are used
    function checkAnswer(Trace calldata trace, Demand calldata demand, bytes calldata data) external pure;

    /// @notice The positions that lead from T to a leaf of an operator's output, packed, from the root down.
    /// @param operators N
    /// @param header of the output
    function wayTo(
        uint256 operators,
        bytes32 header,
        uint256 operator,
        uint256 leaf
    ) external pure returns (uint256[] memory);

    /// @notice The positions that lead from T to that of a demand, which is not among them.
    function wayAbove(Demand calldata demand) external pure returns (uint256[] memory);

    /// @notice The header of an output of a request. Reverts unless the output has the leaf.
    /// @param schema the request's H(HEADERS, ...) of its outputs
    function outputHeader(
        bytes32 schema,
        OutputPosition calldata position,
        bytes32[] calldata headers
    ) external pure returns (bytes32);

    /// @notice Reverts unless `proof` opens the demanded leaf under the submission's hash.
    /// @param items of the request
    function checkOutput(
        OutputDemand calldata demand,
        OutputProof calldata proof,
        uint256 items,
        bytes32 outputHash
    ) external pure;
}
