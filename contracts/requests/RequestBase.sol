// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Credit, IEscrow, Relock} from "../escrow/IEscrow.sol";
import {IModelRegistry} from "../models/IModelRegistry.sol";
import {INodeRegistry} from "../nodes/INodeRegistry.sol";
import {Amounts} from "../types/Amounts.sol";
import {HeadWord} from "../types/HeadWord.sol";
import {RequestId} from "../types/Ids.sol";
import {Terms} from "../types/Terms.sol";
import {IRequestEvents} from "./IRequestEvents.sol";
import {RequestHash} from "./RequestHash.sol";
import {ParameterSet, State, Submission} from "./RequestTypes.sol";

/// @notice What InferenceRequests and RequestsExtension share: storage, neighbours, who may act, moves of a lock.
/// @dev Storage is laid out here and nowhere else, because the code of RequestsExtension runs on InferenceRequests' storage.
abstract contract RequestBase is IRequestEvents, AccessManaged {
    // NodeRegistry permissions
    uint8 internal constant MAY_ACCEPT = 1;
    uint8 internal constant MAY_DECLINE = 2;
    uint8 internal constant MAY_SUBMIT = 4;

    IModelRegistry internal immutable _models;
    INodeRegistry internal immutable _nodes;

    HeadWord internal _head;
    mapping(uint16 set => ParameterSet) internal _sets;
    /// Unix seconds. A pause is in force while the head's PAUSED flag is set and now <= _pausedUntil.
    uint40 internal _pausedUntil;
    uint40 internal _pauseNotBefore;
    /// Written once, in the constructor, for RequestsExtension; InferenceRequests has it as an immutable too.
    IEscrow internal _storedEscrow;
    /// A batch is between its closings and the end of its callbacks.
    bool internal transient _batching;

    constructor(address models_, address nodes_, address authority_) AccessManaged(authority_) {
        if (models_.code.length == 0) revert Requests_BadParameter("models");
        if (nodes_.code.length == 0) revert Requests_BadParameter("nodes");
        _models = IModelRegistry(models_);
        _nodes = INodeRegistry(nodes_);
    }

    function _escrow() internal view virtual returns (IEscrow);

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
        try _escrow().relock(t.requester(), r.lane, r.amounts, r.oldTag, r.newTag, node, slice) {} catch (
            bytes memory reason
        ) {
            _rethrow(id, reason);
        }
    }

    function _close(Terms memory t, RequestId id, Amounts amounts, bytes32 tag, Credit[] memory credits) internal {
        try _escrow().close(t.requester(), t.lane(), amounts, tag, credits) {} catch (bytes memory reason) {
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
