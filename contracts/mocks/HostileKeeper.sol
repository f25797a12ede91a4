// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A keeper that starves, repeats and orders calls as it likes. It copies at most 1,024 bytes of an answer: bombs are
/// for others.
contract HostileKeeper {
    struct Outcome {
        bool success;
        uint256 size; // bytes answered
        bytes returned; // the first of them
    }

    event Called(bool success, uint256 size, bytes returned);

    /// @notice Calls `target` with exactly `gasLimit`, whatever the transaction has; never reverts itself.
    function starve(address target, uint256 gasLimit, bytes calldata data) external returns (Outcome memory) {
        return _call(target, gasLimit, data);
    }

    /// @notice Calls in order, in one transaction; never reverts itself.
    function sequence(address[] calldata targets, bytes[] calldata data) external returns (Outcome[] memory outcomes) {
        outcomes = new Outcome[](targets.length);
        for (uint256 i = 0; i < targets.length; ++i) outcomes[i] = _call(targets[i], gasleft(), data[i]);
    }

    function _call(address target, uint256 gasLimit, bytes memory data) private returns (Outcome memory outcome) {
        bool success;
        uint256 size;
        bytes memory returned = new bytes(1024);
        assembly ("memory-safe") {
            success := call(gasLimit, target, 0, add(data, 32), mload(data), 0, 0)
            size := returndatasize()
            let kept := size
            if gt(kept, 1024) {
                kept := 1024
            }
            returndatacopy(add(returned, 32), 0, kept)
            mstore(returned, kept)
        }
        outcome = Outcome(success, size, returned);
        emit Called(success, size, returned);
    }
}
