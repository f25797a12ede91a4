// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// solhint-disable avoid-low-level-calls

/// @notice A keeper that starves, repeats and orders calls as it likes.
contract HostileKeeper {
    struct Outcome {
        bool success;
        bytes returned;
    }

    /// @notice Calls `target` with exactly `gasLimit`, whatever the transaction has; never reverts itself.
    function starve(address target, uint256 gasLimit, bytes calldata data) external returns (Outcome memory outcome) {
        (outcome.success, outcome.returned) = target.call{gas: gasLimit}(data);
        emit Called(outcome.success, outcome.returned);
    }

    /// @notice Calls in order, in one transaction; never reverts itself.
    function sequence(address[] calldata targets, bytes[] calldata data) external returns (Outcome[] memory outcomes) {
        outcomes = new Outcome[](targets.length);
        for (uint256 i = 0; i < targets.length; ++i) {
            (outcomes[i].success, outcomes[i].returned) = targets[i].call(data[i]);
            emit Called(outcomes[i].success, outcomes[i].returned);
        }
    }

    event Called(bool success, bytes returned);
}
