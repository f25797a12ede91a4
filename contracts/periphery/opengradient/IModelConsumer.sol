// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RequestId} from "../../types/Ids.sol";
import {ModelOutput} from "./OpenGradientTypes.sol";

/// @title What a contract implements to be told the answers to what it asked through the facade.
/// @notice Called once per request, at finality, with the gas the settings name. A revert changes nothing and is not retried. Check that
/// msg.sender is the facade.
interface IModelConsumer {
    function onModelOutput(RequestId id, ModelOutput calldata output) external;

    /// @notice Instead, if an element of the result is no Number: NaN, an infinity, or one that the settings' rounding refuses.
    /// @param output canonical bytes of the outputs (docs/spec/commitments.md)
    function onModelBytes(RequestId id, bytes calldata output) external;
}
