// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RequestId} from "../types/Ids.sol";

/// @title What a contract implements to be told its results.
interface IInferenceCallback {
    /// @notice Called once, at finality, after all credits, with the gas asked for at request and no value. A revert changes
    /// nothing and is not retried. Check that msg.sender is the InferenceRequests contract you asked.
    /// @param output canonical bytes of the outputs (docs/spec/commitments.md); for exactOutput the 32-byte commitment
    function onInference(RequestId id, bytes calldata output) external;
}
