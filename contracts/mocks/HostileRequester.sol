// SPDX-License-Identifier: MIT
// solhint-disable avoid-low-level-calls, one-contract-per-file
pragma solidity 0.8.37;

import {IInferenceCallback} from "../requests/IInferenceCallback.sol";
import {RequestId} from "../types/Ids.sol";

/// @notice A contract that asks for inference by any calldata, and whose callback behaves as told. `Store` is also what an
/// honest consumer does: two words.
contract HostileRequester is IInferenceCallback {
    enum Behaviour {
        Store, // keep the id and the first word of the output
        Reverts,
        BurnsGas,
        Bomb, // return 900,000 bytes: about as many as a callback's 2,000,000 gas can pay for
        RevertBomb, // revert with as many
        ReEnters, // call `callee` with `data`, remember the outcome, then store
        SelfDestructs
    }

    Behaviour public behaviour;
    RequestId public lastId;
    bytes32 public lastWord;
    uint256 public calls;
    uint256 public gasSeen;
    address public lastCaller;

    address public callee;
    bytes public data;
    bool public reentrySucceeded;
    bytes public reentryReturned;

    error Refused();

    /// @notice Sets what the next callbacks do; `callee_` and `data_` are for ReEnters.
    function behave(Behaviour behaviour_, address callee_, bytes calldata data_) external {
        (behaviour, callee, data) = (behaviour_, callee_, data_);
    }

    /// @notice Calls anything as this contract, for instance approve, deposit or request. Passes reverts on.
    function execute(address target, bytes calldata input) external returns (bytes memory) {
        (bool success, bytes memory returned) = target.call(input);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(returned, 32), mload(returned))
            }
        }
        return returned;
    }

    /// @inheritdoc IInferenceCallback
    function onInference(RequestId id, bytes calldata output) external {
        uint256 left = gasleft();
        Behaviour b = behaviour;
        if (b == Behaviour.Reverts) revert Refused();
        if (b == Behaviour.BurnsGas) while (true) {}
        if (b == Behaviour.Bomb || b == Behaviour.RevertBomb) {
            assembly {
                if eq(b, 3) {
                    return(0, 900000)
                }
                revert(0, 900000)
            }
        }
        if (b == Behaviour.ReEnters) (reentrySucceeded, reentryReturned) = callee.call(data);
        if (b == Behaviour.SelfDestructs) selfdestruct(payable(msg.sender));
        lastId = id;
        lastWord = output.length >= 32 ? bytes32(output[:32]) : bytes32(output);
        // What a test wants to know, and an honest consumer would not write.
        if (b == Behaviour.ReEnters) (calls, gasSeen, lastCaller) = (calls + 1, left, msg.sender);
    }
}

/// @notice Asks, then is gone before the answer: since Cancun code is deleted only in the transaction that made it.
contract VanishingRequester {
    /// @notice Creates a requester, lets it call, and destroys it, all in one transaction.
    function run(address[] calldata targets, bytes[] calldata inputs) external returns (address requester) {
        Vanisher vanisher = new Vanisher();
        vanisher.run(targets, inputs);
        return address(vanisher);
    }
}

contract Vanisher {
    error CallFailed(uint256 index, bytes returned);

    function run(address[] calldata targets, bytes[] calldata inputs) external {
        for (uint256 i = 0; i < targets.length; ++i) {
            (bool success, bytes memory returned) = targets[i].call(inputs[i]);
            if (!success) revert CallFailed(i, returned);
        }
        selfdestruct(payable(msg.sender));
    }
}
