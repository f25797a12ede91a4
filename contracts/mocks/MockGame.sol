// SPDX-License-Identifier: MIT
// solhint-disable avoid-low-level-calls
pragma solidity 0.8.37;

/// @notice Stands where the challenge game stands: arbiter of a parameter set and, once a test appends it, capability of Escrow. It has no
/// rules; it makes the calls a test tells it to, for real.
contract MockGame {
    bytes public answer;

    /// @notice Calls `target` as the game. Passes reverts on.
    function act(address target, bytes calldata input) external returns (bytes memory) {
        (bool success, bytes memory returned) = target.call(input);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(returned, 32), mload(returned))
            }
        }
        answer = returned;
        return returned;
    }
}
