// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ModelInferenceRequest, ModelInput, ModelOutput} from "./OpenGradientTypes.sol";

/// @title What OpenGradient's contracts have that this network can serve: same signatures, selectors and topics.
/// @notice Their precompile answers inside the call. No plain EVM can, so here a call asks, and the answer comes later: in a callback
/// (IModelConsumer) and in the event InferenceResult. Until then the output says so in their own words: `is_simulation_result`
/// is true, as in their simulation pass, all tensors are empty, and `jsons[0]` is ("request", the request's id as 0x and 64 hex digits).
interface IOpenGradient {
    /// @notice Of their hub: emitted with the answer. `is_simulation_result` is false.
    event InferenceResult(ModelOutput output);
    /// @notice Of their precompile: emitted when runModelInference asks. `inferenceID` is the request's id as 0x and 64 hex digits, `response`
    /// is empty; their SDK then asks for the result by that id.
    event ModelInferenceEvent(string inferenceID, ModelInferenceRequest request, ModelOutput response);

    /// @notice Of their hub. Selector 0xcbf09d80.
    function run(
        string calldata modelId,
        uint8 inferenceMode,
        ModelInput calldata modelInput
    ) external returns (ModelOutput memory);

    /// @notice Of their precompile. Selector 0x7289e9c2.
    function runModelInference(ModelInferenceRequest calldata request) external returns (ModelOutput memory);
}
