// SPDX-License-Identifier: MIT
// solhint-disable avoid-low-level-calls
pragma solidity 0.8.37;

import {IModelConsumer} from "../periphery/opengradient/IModelConsumer.sol";
import {ModelOutput} from "../periphery/opengradient/OpenGradientTypes.sol";
import {RequestId} from "../types/Ids.sol";

/// @notice A contract that asks through the facade and, when told the answer, keeps it, reverts, burns its gas, or enters again.
contract FacadeConsumer is IModelConsumer {
    enum Behaviour {
        Keep,
        Reverts,
        BurnsGas,
        ReEnters,
        Measures // keep how much gas it was given, and nothing else
    }

    Behaviour public behaviour;
    address public callee;
    bytes public data;
    bool public reentrySucceeded;

    address public lastSender;
    RequestId public lastId;
    bytes public lastOutput; // abi.encode(output), or the bytes
    bool public wasBytes;
    uint256 public answers;
    uint256 public gasSeen;

    error Refused();

    function behave(Behaviour behaviour_, address callee_, bytes calldata data_) external {
        (behaviour, callee, data) = (behaviour_, callee_, data_);
    }

    /// @notice Calls anything as this contract. Passes answers and reverts on.
    function execute(address target, bytes calldata input) external returns (bytes memory) {
        (bool success, bytes memory returned) = target.call(input);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(returned, 32), mload(returned))
            }
        }
        return returned;
    }

    /// @inheritdoc IModelConsumer
    function onModelOutput(RequestId id, ModelOutput calldata output) external {
        _keep(id, behaviour == Behaviour.Measures ? bytes("") : abi.encode(output), false);
    }

    /// @inheritdoc IModelConsumer
    function onModelBytes(RequestId id, bytes calldata output) external {
        _keep(id, output, true);
    }

    function _keep(RequestId id, bytes memory output, bool isBytes) private {
        uint256 left = gasleft();
        if (behaviour == Behaviour.Measures) {
            gasSeen = left;
            return;
        }
        if (behaviour == Behaviour.Reverts) revert Refused();
        if (behaviour == Behaviour.BurnsGas) while (true) {}
        if (behaviour == Behaviour.ReEnters) (reentrySucceeded, ) = callee.call(data);
        (lastSender, lastId, lastOutput, wasBytes) = (msg.sender, id, output, isBytes);
        ++answers;
    }
}
