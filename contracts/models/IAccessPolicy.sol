// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {VersionId} from "../types/Ids.sol";

/// @title Who may request a version.
/// @notice Asked once, at request, by STATICCALL with 50,000 gas. Allowed if and only if the call succeeds and returns
/// exactly 32 bytes equal to 1. A policy cannot charge, count or re-enter; a paid pass is a balance or an expiry.
interface IAccessPolicy {
    /// @param requester the caller of InferenceRequests, which may be a contract; never the transaction's origin
    /// @param data what the requester supplied, for instance a Merkle proof
    function mayRequest(VersionId version, address requester, bytes calldata data) external view returns (bool);
}
