// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Terms} from "../types/Terms.sol";
import {Tags} from "../types/Tags.sol";
import {
    Claim,
    ChallengeKey,
    Demand,
    OutputDemand,
    OutputPosition,
    Position,
    ProgramHeader,
    VersionWords
} from "./ChallengeTypes.sol";

/// @title Ids of the game: hashes of contents, so a reorganisation cannot redirect a move.
library ClaimHash {
    uint8 private constant OUTPUT = 5;

    /// @notice The id of a request: H(REQUEST, chainid, requests, requester, nonce, termsHash).
    function requestId(Terms memory terms, uint64 nonce, address requests) internal view returns (bytes32) {
        return
            keccak256(
                abi.encodePacked(
                    Tags.REQUEST,
                    block.chainid,
                    uint256(uint160(requests)),
                    uint256(uint160(terms.requester())),
                    uint256(nonce),
                    terms.hash()
                )
            );
    }

    /// @notice The same challenge in the short form.
    function keyOf(Claim calldata claim, address requests) internal view returns (ChallengeKey memory) {
        return
            ChallengeKey({
                request: requestId(claim.terms, claim.submission.nonce, requests),
                node: claim.submission.node,
                outputHash: claim.submission.outputHash,
                challenger: claim.challenger,
                trace: claim.trace
            });
    }

    /// @notice H(SUBMISSION, request, node, outputHash).
    function submissionId(ChallengeKey memory key) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(Tags.SUBMISSION, key.request, uint256(uint160(key.node)), key.outputHash));
    }

    /// @notice H(CHALLENGE, submission, challenger, T).
    function challengeId(ChallengeKey memory key) internal pure returns (bytes32) {
        return
            keccak256(abi.encodePacked(Tags.CHALLENGE, submissionId(key), uint256(uint160(key.challenger)), key.trace));
    }

    /// @notice H(DEMAND, challenge, position).
    function demandId(bytes32 challenge, Position memory position) internal pure returns (bytes32) {
        return demandId(challenge, pack(position));
    }

    /// @notice The same of a packed position.
    function demandId(bytes32 challenge, uint256 position) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(Tags.DEMAND, challenge, position));
    }

    /// @notice What the chain keeps of a demand: odd once it is answered, which can so be told without its contents.
    function contents(Demand memory demand, bool answered) internal pure returns (bytes32) {
        uint256 h = uint256(keccak256(abi.encodePacked(Tags.DEMANDED, abi.encode(demand))));
        return bytes32(answered ? h | 1 : h & ~uint256(1));
    }

    /// @notice kind 8 | level 8 | operator 32 | index 40, from bit 87 down.
    function pack(Position memory p) internal pure returns (uint256) {
        return (uint256(p.kind) << 80) | (uint256(p.level) << 72) | (uint256(p.operator) << 40) | p.index;
    }

    /// @notice H(PROGRAM, header).
    function programRoot(ProgramHeader calldata p) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(Tags.PROGRAM, abi.encode(p)));
    }

    /// @notice The id of a version: H(VERSION, chainid, registry, model, words).
    function versionId(VersionWords calldata v, uint256 model, address registry) internal view returns (bytes32) {
        return
            keccak256(abi.encodePacked(Tags.VERSION, block.chainid, uint256(uint160(registry)), model, abi.encode(v)));
    }

    /// @notice H(DEMAND, submission, 5 8 | item 8 | output 32 | leaf 40): no challenge has the id of a submission, nor a position kind 5.
    function outputDemandId(bytes32 submission, OutputPosition memory p) internal pure returns (bytes32) {
        uint256 packed = (uint256(OUTPUT) << 80) | (uint256(p.item) << 72) | (uint256(p.output) << 40) | p.leaf;
        return keccak256(abi.encodePacked(Tags.DEMAND, submission, packed));
    }

    /// @notice What the chain keeps of a demand for an output.
    function outputContents(OutputDemand memory demand) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(Tags.DEMANDED, abi.encode(demand)));
    }

    /// @notice The tag of a lock that a bond (BOND), a fee (FEE) or a pot (POT) is kept or paid out under.
    function lockTag(uint8 tag, bytes32 id) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(tag, id));
    }
}
