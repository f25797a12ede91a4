// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TensorCommitment} from "../lib/TensorCommitment.sol";

/// @notice Opens the library to tests.
contract TensorCommitmentHarness {
    function commit(
        bytes32[] calldata headers,
        uint256 items,
        bytes calldata data
    ) external pure returns (bytes32 root, bool canonical) {
        return TensorCommitment.commit(headers, items, data);
    }

    function itemBytes(bytes32[] calldata headers) external pure returns (uint256) {
        return TensorCommitment.itemBytes(headers);
    }

    function headersHash(bytes32[] calldata headers) external pure returns (bytes32) {
        return TensorCommitment.headersHash(headers);
    }

    function schemaHash(bytes32 inputs, bytes32 outputs) external pure returns (bytes32) {
        return TensorCommitment.schemaHash(inputs, outputs);
    }
}
