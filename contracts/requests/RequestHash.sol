// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RequestId} from "../types/Ids.sol";
import {Tags} from "../types/Tags.sol";
import {State} from "./RequestTypes.sol";

/// @title Ids and state tags (docs/spec/request-lifecycle.md section 3).
/// @notice Every preimage is one tag byte and whole words.
library RequestHash {
    /// @notice H(REQUEST, chainid, this, requester, nonce, termsHash).
    function requestId(address requester, uint64 nonce, bytes32 termsHash) internal view returns (RequestId id) {
        uint8 tag = Tags.REQUEST;
        assembly ("memory-safe") {
            let p := mload(0x40)
            mstore8(p, tag)
            mstore(add(p, 1), chainid())
            mstore(add(p, 33), address())
            mstore(add(p, 65), requester)
            mstore(add(p, 97), nonce)
            mstore(add(p, 129), termsHash)
            id := keccak256(p, 161)
        }
    }

    /// @notice H(SUBMISSION, id, node, outputHash).
    function submissionId(RequestId id, address node, bytes32 outputHash) internal pure returns (bytes32 h) {
        uint8 tag = Tags.SUBMISSION;
        assembly ("memory-safe") {
            let p := mload(0x40)
            mstore8(p, tag)
            mstore(add(p, 1), id)
            mstore(add(p, 33), node)
            mstore(add(p, 65), outputHash)
            h := keccak256(p, 97)
        }
    }

    /// @notice H(1, termsHash) or H(2, termsHash).
    function openTag(bytes32 termsHash, bool declined) internal pure returns (bytes32 h) {
        uint8 tag = declined ? Tags.DECLINED : Tags.REQUESTED;
        assembly ("memory-safe") {
            let p := mload(0x40)
            mstore8(p, tag)
            mstore(add(p, 1), termsHash)
            h := keccak256(p, 33)
        }
    }

    /// @notice H(3, termsHash, node).
    function acceptedTag(bytes32 termsHash, address node) internal pure returns (bytes32 h) {
        uint8 tag = Tags.ACCEPTED;
        assembly ("memory-safe") {
            let p := mload(0x40)
            mstore8(p, tag)
            mstore(add(p, 1), termsHash)
            mstore(add(p, 33), node)
            h := keccak256(p, 65)
        }
    }

    /// @notice H(4 or 5, termsHash, node, outputHash, challengeEnd, end).
    function submittedTag(
        State state,
        bytes32 termsHash,
        address node,
        bytes32 outputHash,
        uint40 challengeEnd,
        uint40 end
    ) internal pure returns (bytes32 h) {
        uint8 tag = state == State.Frozen ? Tags.FROZEN : Tags.SUBMITTED;
        assembly ("memory-safe") {
            let p := mload(0x40)
            mstore8(p, tag)
            mstore(add(p, 1), termsHash)
            mstore(add(p, 33), node)
            mstore(add(p, 65), outputHash)
            mstore(add(p, 97), challengeEnd)
            mstore(add(p, 129), end)
            h := keccak256(p, 161)
        }
    }
}
