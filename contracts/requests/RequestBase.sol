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
    /// Encoded by hand, as in `_close`: half the gas. Relock's words are the arguments of `relock` in their order.
    function _relock(Terms memory t, RequestId id, Relock memory r, address node, uint256 slice) internal {
        address escrow_ = address(_escrow());
        bytes4 selector = IEscrow.relock.selector;
        bool ok;
        assembly ("memory-safe") {
            let p := mload(0x40)
            mstore(p, selector)
            mstore(add(p, 4), shr(96, mload(add(t, 64)))) // requester
            mcopy(add(p, 36), r, 128)
            mstore(add(p, 164), node)
            mstore(add(p, 196), slice)
            ok := call(gas(), escrow_, 0, p, 228, 0, 0)
        }
        if (!ok) _rethrow(id);
    }

    function _close(Terms memory t, RequestId id, Amounts amounts, bytes32 tag, Credit[] memory credits) internal {
        address escrow_ = address(_escrow());
        bytes4 selector = IEscrow.close.selector;
        uint256 lane = t.lane();
        bool ok;
        assembly ("memory-safe") {
            let p := mload(0x40)
            mstore(p, selector)
            mstore(add(p, 4), shr(96, mload(add(t, 64)))) // requester
            mstore(add(p, 36), lane)
            mstore(add(p, 68), amounts)
            mstore(add(p, 100), tag)
            mstore(add(p, 132), 160) // where the credits begin
            mstore(add(p, 164), mload(credits))
            let to := add(p, 196)
            for {
                let at := add(credits, 32)
                let past := add(at, shl(5, mload(credits)))
            } lt(at, past) {
                at := add(at, 32)
            } {
                mcopy(to, mload(at), 96)
                to := add(to, 96)
            }
            ok := call(gas(), escrow_, 0, p, sub(to, p), 0, 0)
        }
        if (!ok) _rethrow(id);
    }

    /// @dev A list of n credits, every one of which the caller must set: nothing is zeroed, which `new` would do.
    function _newCredits(uint256 n) internal pure returns (Credit[] memory credits) {
        assembly ("memory-safe") {
            credits := mload(0x40)
            mstore(credits, n)
            mstore(0x40, add(credits, shl(5, add(n, 1))))
        }
    }

    /// @dev Escrow_NoSuchLock(key) becomes Requests_NotCurrent(id), which tells the caller which request; the rest as it is.
    function _rethrow(RequestId id) internal pure {
        bytes32 reason;
        assembly ("memory-safe") {
            if gt(returndatasize(), 3) {
                returndatacopy(0, 0, 4)
                reason := mload(0)
            }
        }
        if (bytes4(reason) == IEscrow.Escrow_NoSuchLock.selector) revert Requests_NotCurrent(id);
        assembly ("memory-safe") {
            let p := mload(0x40)
            returndatacopy(p, 0, returndatasize())
            revert(p, returndatasize())
        }
    }
}
