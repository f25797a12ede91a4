// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {VersionId} from "../../types/Ids.sol";

/// @notice A tensor of a version's schema.
struct Named {
    bytes32 header; // TensorHeader
    string name; // as in the ONNX file
}

/// @notice How much an answer is.
struct OutputSize {
    uint128 tensors;
    uint128 elements; // of all tensors
}

/// @title What versions and their tensors are called, for contracts.
/// @notice The registry keeps hashes of headers; contracts that speak in names need the names too. The owner of a version's model
/// describes it once, for good. Three ways to write a version:
///
///     0x<64 hex digits>                  its id
///     namespace/name(at)label            a label (after an at sign) the owner gave it, for good: a label never moves
///     namespace/name                     the version the owner calls current: it may move at any time
///
/// Whoever does not trust the owner to move it writes one of the first two.
interface IModelDirectory {
    event Described(VersionId indexed version, uint48 indexed index);
    event LabelSet(VersionId indexed version, string label);
    event CurrentSet(VersionId indexed version);

    error Directory_NotOwner(address caller, address owner);
    error Directory_UnknownVersion(VersionId version);
    /// @notice Thrown when headers or number of names do not hash to the version's schema, or a name is empty, too long or given twice.
    error Directory_SchemaMismatch(string side);
    error Directory_AlreadyDescribed(VersionId version);
    error Directory_NotDescribed(VersionId version);
    /// @notice Thrown when a label is not [a-z0-9.-]{1,32}.
    error Directory_BadLabel(string label);
    error Directory_LabelTaken(string label, VersionId version);
    /// @notice Thrown when a name is of no version that is described.
    error Directory_NoSuchName(string name);

    /// @notice Gives the tensors of a version their names, once. The headers must be the version's. Emits Described.
    function describe(
        VersionId version,
        bytes32[] calldata inputHeaders,
        string[] calldata inputNames,
        bytes32[] calldata outputHeaders,
        string[] calldata outputNames
    ) external;

    /// @notice Labels a version, for good. Emits LabelSet.
    function setLabel(VersionId version, string calldata label) external;

    /// @notice Makes a version the one its model's bare name stands for. Emits CurrentSet.
    function setCurrent(VersionId version) external;

    /// @notice The version that `name` stands for now, in any of the three ways.
    function resolve(string calldata name) external view returns (VersionId version);

    /// @notice The inputs of a described version, in schema order; its number here; its output schema, and how many tensors and
    /// elements its outputs have.
    function inputsOf(
        VersionId version
    ) external view returns (Named[] memory inputs, uint48 index, bytes32 outputSchema, OutputSize memory size);

    /// @notice The outputs of the described version number `index`, in schema order.
    function outputsAt(uint48 index) external view returns (Named[] memory outputs);
}
