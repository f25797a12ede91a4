// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Escrow} from "../escrow/Escrow.sol";
import {Credit, IEscrow, Relock} from "../escrow/IEscrow.sol";
import {IModelRegistry} from "../models/IModelRegistry.sol";
import {INodeRegistry} from "../nodes/INodeRegistry.sol";
import {Amounts, AmountsLib} from "../types/Amounts.sol";
import {HeadWord, HeadWordLib} from "../types/HeadWord.sol";
import {RequestId} from "../types/Ids.sol";
import {Terms} from "../types/Terms.sol";
import {IInferenceRequests} from "./IInferenceRequests.sol";
import {ParameterSets} from "./ParameterSets.sol";
import {RequestHash} from "./RequestHash.sol";
import {ParameterSet, State, Submission} from "./RequestTypes.sol";

/// @notice What a deployment fixes for good.
struct RequestsConfig {
    address token; // OPG
    address models; // IModelRegistry
    address nodes; // INodeRegistry
    address authority; // OpenZeppelin AccessManager
    address game; // the challenge game's address, or 0
    address treasury; // the account the protocol share is swept to
    uint40 unbondingDelay; // seconds
    uint32 minTcBase; // seconds; the chain profile's minimum challenge window
}

/// @notice What all parts of InferenceRequests share: the neighbours, the parameter sets, the pause, who may act.
abstract contract RequestBase is IInferenceRequests, AccessManaged {
    /// A pause ends by itself, and the next one needs as long a break.
    uint40 internal constant PAUSE_SECONDS = 14 days;
    // NodeRegistry permissions
    uint8 internal constant MAY_ACCEPT = 1;
    uint8 internal constant MAY_DECLINE = 2;
    uint8 internal constant MAY_SUBMIT = 4;

    IEscrow internal immutable _escrow;
    IModelRegistry internal immutable _models;
    INodeRegistry internal immutable _nodes;
    uint32 public immutable minTcBase;

    HeadWord internal _head;
    mapping(uint16 set => ParameterSet) internal _sets;
    /// Unix seconds. A pause is in force while the head's PAUSED flag is set and now <= pausedUntil.
    uint40 public pausedUntil;
    uint40 internal _pauseNotBefore;
    /// A batch is between its closings and the end of its callbacks.
    bool internal transient _batching;

    constructor(RequestsConfig memory c) AccessManaged(c.authority) {
        if (c.models.code.length == 0) revert Requests_BadParameter("models");
        if (c.nodes.code.length == 0) revert Requests_BadParameter("nodes");
        if (c.token.code.length == 0) revert Requests_BadParameter("token");
        _models = IModelRegistry(c.models);
        _nodes = INodeRegistry(c.nodes);
        minTcBase = c.minTcBase;
        // Both contracts know each other as immutables, and at no time is the wiring open (docs/adr/0001).
        _escrow = new Escrow(c.token, c.game, c.models, c.authority, c.treasury, c.unbondingDelay);
    }

    /* GOVERNANCE */

    /// @inheritdoc IInferenceRequests
    function appendSet(ParameterSet calldata parameters) external restricted returns (uint16 set) {
        ParameterSets.validate(parameters, minTcBase);
        set = _head.set() + 1; // checked: reverts after 65,535 sets
        _sets[set] = parameters;
        _head = ParameterSets.head(parameters, set, _head.has(HeadWordLib.PAUSED));
        emit SetAppended(set, parameters);
    }

    /// @inheritdoc IInferenceRequests
    function pause() external restricted {
        if (block.timestamp < _pauseNotBefore) revert Requests_TooEarly(_pauseNotBefore);
        uint40 until = uint40(block.timestamp) + PAUSE_SECONDS;
        pausedUntil = until;
        _pauseNotBefore = until + PAUSE_SECONDS;
        _head = _head.withFlag(HeadWordLib.PAUSED, true);
        emit Paused(until);
    }

    /// @inheritdoc IInferenceRequests
    function unpause() external restricted {
        pausedUntil = 0;
        _pauseNotBefore = uint40(block.timestamp) + PAUSE_SECONDS;
        _head = _head.withFlag(HeadWordLib.PAUSED, false);
        emit Unpaused();
    }

    /* VIEWS */

    /// @inheritdoc IInferenceRequests
    function escrow() external view returns (address) {
        return address(_escrow);
    }

    /// @inheritdoc IInferenceRequests
    function models() external view returns (address) {
        return address(_models);
    }

    /// @inheritdoc IInferenceRequests
    function nodes() external view returns (address) {
        return address(_nodes);
    }

    /// @inheritdoc IInferenceRequests
    function currentSet() external view returns (uint16) {
        return _head.set();
    }

    /// @inheritdoc IInferenceRequests
    function parametersOf(uint16 set) external view returns (ParameterSet memory) {
        return _sets[set];
    }

    /// @inheritdoc IInferenceRequests
    function idOf(Terms calldata terms, uint64 nonce) external view returns (RequestId) {
        Terms memory t = terms;
        return RequestHash.requestId(t.requester(), nonce, t.hash());
    }

    /// @inheritdoc IInferenceRequests
    function submissionIdOf(
        Terms calldata terms,
        uint64 nonce,
        address node,
        bytes32 outputHash
    ) external view returns (bytes32) {
        Terms memory t = terms;
        return RequestHash.submissionId(RequestHash.requestId(t.requester(), nonce, t.hash()), node, outputHash);
    }

    /// @inheritdoc IInferenceRequests
    function isCurrent(Terms calldata terms, State state, Submission calldata submission) external view returns (bool) {
        Terms memory t = terms;
        bytes32 h = t.hash();
        uint96 slice = state >= State.Accepted ? t.slice() : 0;
        bytes32 tag;
        if (state == State.Requested || state == State.Declined) tag = RequestHash.openTag(h, state == State.Declined);
        else if (state == State.Accepted) tag = RequestHash.acceptedTag(h, submission.node);
        else if (state != State.None) tag = _submittedTag(state, h, submission);
        else return false;
        bytes32 word = keccak256(abi.encode(tag, AmountsLib.pack(submission.nonce, slice, t.fee())));
        return _escrow.lockOf(address(this), t.requester(), t.lane()) == word;
    }

    /* SHARED BY THE PARTS */

    /// @dev Reverts unless the sender is `node` or a hot key of it with `permission`.
    function _requireActor(address node, uint8 permission) internal view {
        if (msg.sender != node && !_nodes.mayAct(node, msg.sender, permission)) {
            revert INodeRegistry.Nodes_KeyNotAllowed(node, msg.sender, permission);
        }
    }

    function _requireNoBatch() internal view {
        if (_batching) revert Requests_Reentered();
    }

    function _submittedTag(State state, bytes32 h, Submission memory s) internal pure returns (bytes32) {
        return RequestHash.submittedTag(state, h, s.node, s.outputHash, s.challengeEnd, s.end);
    }

    /// @dev Moves the request's lock from one tag to another, adding `slice` of `node`'s stake if it is not 0.
    function _relock(Terms memory t, RequestId id, Relock memory r, address node, uint96 slice) internal {
        try _escrow.relock(t.requester(), r.lane, r.amounts, r.oldTag, r.newTag, node, slice) {} catch (
            bytes memory reason
        ) {
            _rethrow(id, reason);
        }
    }

    function _close(Terms memory t, RequestId id, Amounts amounts, bytes32 tag, Credit[] memory credits) internal {
        try _escrow.close(t.requester(), t.lane(), amounts, tag, credits) {} catch (bytes memory reason) {
            _rethrow(id, reason);
        }
    }

    /// @dev Escrow_NoSuchLock(key) becomes Requests_NotCurrent(id), which tells the caller which request; the rest as it is.
    function _rethrow(RequestId id, bytes memory reason) private pure {
        if (bytes4(reason) == IEscrow.Escrow_NoSuchLock.selector) revert Requests_NotCurrent(id);
        assembly ("memory-safe") {
            revert(add(reason, 32), mload(reason))
        }
    }
}
