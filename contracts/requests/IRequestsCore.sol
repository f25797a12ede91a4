// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RequestId} from "../types/Ids.sol";
import {Terms} from "../types/Terms.sol";
import {IRequestEvents} from "./IRequestEvents.sol";
import {Ask, ParameterSet, Submission} from "./RequestTypes.sol";

/// @title The way of a request that is served, and governance: the functions in InferenceRequests itself.
interface IRequestsCore is IRequestEvents {
    // ---- Requesters ----------------------------------------------------------------------------------------------------

    /// @notice Locks the fee and asks for a result.
    /// Emits Requested.
    /// Requirements: the table "Transitions" of the specification, row `request`.
    /// @param inputHeaders headers of the inputs of one item (TensorHeader words), also for ROOT_INPUT
    /// @param input canonical bytes: for each item, its tensors in schema order; or the 32-byte commitment for ROOT_INPUT
    /// @param policyData handed to the version's access policy, if it has one
    function request(
        Ask calldata ask,
        bytes32[] calldata inputHeaders,
        bytes calldata input,
        bytes calldata policyData
    ) external returns (RequestId id);

    /// @notice `inputs.length` requests that differ in input and lane only; all or nothing.
    function requestMany(
        Ask calldata ask,
        bytes32[] calldata inputHeaders,
        bytes[] calldata inputs,
        bytes calldata policyData
    ) external returns (RequestId[] memory ids);

    // ---- Nodes ---------------------------------------------------------------------------------------------------------

    /// @notice The named node passes, while now <= openAt. By node or key.
    function decline(Terms calldata terms, uint64 nonce) external;

    /// @notice `node` takes the request and its slice is locked. By node or key. While now <= openAt and not declined, only
    /// the named node.
    function accept(Terms calldata terms, uint64 nonce, address node, bool declined) external;

    /// @notice Submits the result; one submission ever. By node or key.
    /// @param acceptedBy the node that accepted, or 0 to submit from Requested as the named node (implied acceptance, not
    /// for ROOT_INPUT)
    /// @param outputHeaders headers of the outputs of one item; empty for EXACT_OUTPUT
    /// @param output canonical bytes, for each item its tensors in schema order; the 32-byte commitment for EXACT_OUTPUT
    function submit(
        Terms calldata terms,
        uint64 nonce,
        address acceptedBy,
        bytes32[] calldata outputHeaders,
        bytes calldata output
    ) external;

    // ---- Anyone --------------------------------------------------------------------------------------------------------

    /// @notice After the challenge window: pays royalty, protocol, tip and node, returns the slice, then calls back.
    /// @param takeTip the caller claims the tip; needs now > challengeEnd + tipDelay
    /// @param outputHeaders and `output`: the submitted output again if there is a callback, else empty
    function finalise(
        Terms calldata terms,
        Submission calldata submission,
        bool takeTip,
        bytes32[] calldata outputHeaders,
        bytes calldata output
    ) external;

    // ---- Governance ----------------------------------------------------------------------------------------------------

    /// @notice Appends a parameter set and makes it current.
    function appendSet(ParameterSet calldata parameters) external returns (uint16 set);

    /// @notice Stops new requests for at most 14 days; again only 14 days after the lapse or the unpause.
    function pause() external;

    function unpause() external;

    // ---- Views ---------------------------------------------------------------------------------------------------------

    function escrow() external view returns (address);

    function models() external view returns (address);

    function nodes() external view returns (address);

    /// @notice The code behind the functions of IRequestsExtension.
    function extension() external view returns (address);

    /// @notice The least tcBase any set may have, in seconds.
    function minTcBase() external view returns (uint32);

    function currentSet() external view returns (uint16);

    function parametersOf(uint16 set) external view returns (ParameterSet memory);

    /// @notice Unix seconds until which new requests are refused; 0 or past = not paused.
    function pausedUntil() external view returns (uint40);

    function idOf(Terms calldata terms, uint64 nonce) external view returns (RequestId);
}
