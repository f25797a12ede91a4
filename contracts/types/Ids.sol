// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A request: H(REQUEST, chainid, InferenceRequests, requester, nonce, termsHash). Content only: no block, no
/// index and no creation time enters it, so a request mined again after a reorganisation keeps its id.
type RequestId is bytes32;

/// @notice A model version: H(VERSION, chainid, registry, model, sha256, programRoot, schema, tolerance, shape), see
/// contracts/models/VersionContentLib.sol.
type VersionId is bytes32;

/// @notice A model, which is also its ERC-721 token id. 48 bits: 2.8e14 models.
type ModelId is uint48;

using {requestIdEquals as ==} for RequestId global;
using {versionIdEquals as ==} for VersionId global;
using {modelIdEquals as ==} for ModelId global;

function requestIdEquals(RequestId a, RequestId b) pure returns (bool) {
    return RequestId.unwrap(a) == RequestId.unwrap(b);
}

function versionIdEquals(VersionId a, VersionId b) pure returns (bool) {
    return VersionId.unwrap(a) == VersionId.unwrap(b);
}

function modelIdEquals(ModelId a, ModelId b) pure returns (bool) {
    return ModelId.unwrap(a) == ModelId.unwrap(b);
}
