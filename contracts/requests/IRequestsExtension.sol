// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {VersionId} from "../types/Ids.sol";
import {Terms} from "../types/Terms.sol";
import {IRequestEvents} from "./IRequestEvents.sol";
import {
    ExpireCall,
    ExpireItem,
    FinaliseCall,
    FinaliseItem,
    ItemStatus,
    State,
    Submission,
    SubmitCall,
    SubmitItem
} from "./RequestTypes.sol";

/// @title Refunds, batches, arbitration and detailed views: the functions that InferenceRequests runs with the code of
/// RequestsExtension.
interface IRequestsExtension is IRequestEvents {
    // ---- Requesters ----------------------------------------------------------------------------------------------------

    /// @notice Takes the fee back. Declined; or Requested and (no node named, or ROOT_INPUT, or now > openAt).
    function cancel(Terms calldata terms, uint64 nonce, bool declined) external;

    // ---- Nodes ---------------------------------------------------------------------------------------------------------

    /// @notice Submits items of one payer with shared terms; input and lane of `shared` are replaced per item.
    function submitBatch(
        Terms calldata shared,
        address acceptedBy,
        bytes32[] calldata outputHeaders,
        SubmitItem[] calldata items
    ) external returns (ItemStatus[] memory statuses);

    /// @notice Submits an arbitrary mixture.
    function submitEach(SubmitCall[] calldata calls) external returns (ItemStatus[] memory statuses);

    // ---- Anyone --------------------------------------------------------------------------------------------------------

    /// @notice After the deadline: the fee returns to the requester; if Accepted, with the non-delivery penalty.
    function expire(Terms calldata terms, uint64 nonce, State state, address acceptedBy) external;

    function expireBatch(
        Terms calldata shared,
        address acceptedBy,
        ExpireItem[] calldata items
    ) external returns (ItemStatus[] memory statuses);

    function expireEach(ExpireCall[] calldata calls) external returns (ItemStatus[] memory statuses);

    /// @notice Finalises items of one payer and one node with shared terms, without callback.
    function finaliseBatch(
        Terms calldata shared,
        address node,
        bool takeTip,
        FinaliseItem[] calldata items
    ) external returns (ItemStatus[] memory statuses);

    /// @notice Finalises an arbitrary mixture: all closings first, then all callbacks.
    function finaliseEach(FinaliseCall[] calldata calls, bool takeTip) external returns (ItemStatus[] memory statuses);

    /// @notice Frees a frozen request of a broken game: fee to the requester, slice to the node. Anyone, after
    /// challengeEnd + rescueDelay.
    function rescue(Terms calldata terms, Submission calldata submission) external;

    // ---- The arbiter of the request's set ------------------------------------------------------------------------------

    /// @notice Submitted -> Frozen, while now <= end. Reverts if not current.
    function freeze(Terms calldata terms, Submission calldata submission) external;

    /// @notice Frozen -> Submitted with a new end, end <= newEnd <= challengeEnd + 2R.
    /// @return done false if the state is not current: no bond of the game may hang on it
    function thaw(Terms calldata terms, Submission calldata submission, uint40 newEnd) external returns (bool done);

    /// @notice Frozen -> Faulty: fee + psi to the requester, rho to the arbiter's own account, the rest burned.
    /// @return done false if the state is not current
    function condemn(Terms calldata terms, Submission calldata submission) external returns (bool done);

    // ---- Views ---------------------------------------------------------------------------------------------------------

    function submissionIdOf(
        Terms calldata terms,
        uint64 nonce,
        address node,
        bytes32 outputHash
    ) external view returns (bytes32);

    /// @notice Whether the request is in `state` now. For Accepted only submission.nonce and submission.node are used, for
    /// Requested and Declined only submission.nonce.
    function isCurrent(Terms calldata terms, State state, Submission calldata submission) external view returns (bool);

    /// @notice The fee at which `node`'s active offer is met for `items` items, all shares included.
    /// quote = ceil(items * (max(price, 1) + royalty) * 10,000 / (10,000 - protocolBps - tipBps))
    function quote(VersionId version, address node, uint8 items) external view returns (uint256 fee);

    /// @notice tc and slice a request of `items` items at `fee` would get now.
    function windowsOf(VersionId version, uint8 items, uint96 fee) external view returns (uint32 tc, uint96 slice);
}
