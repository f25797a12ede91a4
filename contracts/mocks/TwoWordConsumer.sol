// SPDX-License-Identifier: MIT
// solhint-disable avoid-low-level-calls
pragma solidity 0.8.37;

import {IInferenceCallback} from "../requests/IInferenceCallback.sol";
import {RequestId} from "../types/Ids.sol";

/// @notice The consumer of the gas benchmark: its callback stores two fresh words, what every peer was measured with.
contract TwoWordConsumer is IInferenceCallback {
    address private immutable _requests;
    mapping(RequestId id => bytes32[2]) public answers;

    error NotTheRequests(address caller);

    constructor(address requests_) {
        _requests = requests_;
    }

    /// @notice Calls anything as this contract: approve, deposit, request.
    function execute(address target, bytes calldata input) external {
        (bool success, bytes memory returned) = target.call(input);
        if (success) return;
        assembly ("memory-safe") {
            revert(add(returned, 32), mload(returned))
        }
    }

    /// @inheritdoc IInferenceCallback
    function onInference(RequestId id, bytes calldata output) external {
        if (msg.sender != _requests) revert NotTheRequests(msg.sender);
        answers[id][0] = bytes32(output[:32]);
        answers[id][1] = bytes32(output[8:40]);
    }
}
