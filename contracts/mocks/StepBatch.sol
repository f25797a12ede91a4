// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Many calls of one step contract, each with its gas.
contract StepBatch {
    /// @param calls encoded calls of `isWrong`
    /// @return outcomes what each returned or reverted with
    /// @return gas of each, without its transaction and calldata
    function run(
        address step,
        bytes[] calldata calls
    ) external view returns (bytes[] memory outcomes, uint256[] memory gas) {
        outcomes = new bytes[](calls.length);
        gas = new uint256[](calls.length);
        for (uint256 i; i < calls.length; ++i) {
            bytes memory data = calls[i];
            gas[i] = gasleft();
            (, outcomes[i]) = step.staticcall(data);
            gas[i] -= gasleft();
        }
    }
}
