// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {VersionId} from "../types/Ids.sol";
import {OfferWord, OfferWordLib} from "../types/OfferWord.sol";
import {INodeRegistry} from "./INodeRegistry.sol";
import {KeyWord, KeyWordLib} from "./KeyWord.sol";

/// @title Roles, endpoints, hot keys and offers of nodes.
/// @notice Everybody writes their own entries only. No owner, no governance, no token.
contract NodeRegistry is INodeRegistry {
    /// A URL fits; a node cannot make others read more.
    uint256 public constant MAX_ENDPOINT_BYTES = 256;

    /// @inheritdoc INodeRegistry
    uint8 public constant ROLE_INFERENCE = 1;
    /// @inheritdoc INodeRegistry
    uint8 public constant ROLE_VERIFIER = 2;
    /// @inheritdoc INodeRegistry
    uint8 public constant ROLE_STORAGE = 4;
    /// @inheritdoc INodeRegistry
    uint8 public constant ROLE_DATA = 8;

    /// @inheritdoc INodeRegistry
    uint8 public constant MAY_ACCEPT = 1;
    /// @inheritdoc INodeRegistry
    uint8 public constant MAY_DECLINE = 2;
    /// @inheritdoc INodeRegistry
    uint8 public constant MAY_SUBMIT = 4;

    uint8 private constant ALL_ROLES = 15;
    uint8 private constant ALL_PERMISSIONS = 7;

    struct Node {
        uint8 roles; // slot 0; 8 bits: four roles, four to come
        string endpoint; // slot 1 and, above 31 bytes, its data
    }

    mapping(address node => Node) private _nodes;
    /// One slot per (node, key): one read when a key acts.
    mapping(address node => mapping(address key => KeyWord)) private _keys;
    /// One slot per (node, version): one read when a request checks its quote.
    mapping(address node => mapping(VersionId version => OfferWord)) private _offers;

    /// @inheritdoc INodeRegistry
    function setNode(uint8 roles, string calldata endpoint) external {
        // Check
        if (roles > ALL_ROLES) revert Nodes_BadField("roles");
        if (bytes(endpoint).length > MAX_ENDPOINT_BYTES) revert Nodes_BadField("endpoint");

        // Effect
        _nodes[msg.sender] = Node(roles, endpoint);

        // Log
        emit NodeSet(msg.sender, roles, endpoint);
    }

    /// @inheritdoc INodeRegistry
    function setKey(address key, uint64 until, uint8 permissions) external {
        // Check: a key that could never act is a mistake; a revocation has no permissions
        if (key == address(0)) revert Nodes_BadField("key");
        if (until == 0) {
            permissions = 0;
        } else {
            if (until < block.timestamp) revert Nodes_BadField("until");
            if (permissions == 0 || permissions > ALL_PERMISSIONS) revert Nodes_BadField("permissions");
        }

        // Effect
        _keys[msg.sender][key] = KeyWordLib.pack(until, permissions);

        // Log
        emit KeySet(msg.sender, key, until, permissions);
    }

    /// @inheritdoc INodeRegistry
    function setOffer(VersionId version, uint96 price, uint24 minReserved, uint40 until) external {
        // Check: the same for an offer; a withdrawal leaves nothing behind
        if (VersionId.unwrap(version) == 0) revert Nodes_BadField("version");
        if (until == 0) {
            price = 0;
            minReserved = 0;
        } else if (until < block.timestamp) {
            revert Nodes_BadField("until");
        }

        // Effect
        _offers[msg.sender][version] = OfferWordLib.pack(price, until, minReserved);

        // Log
        emit OfferSet(msg.sender, version, price, minReserved, until);
    }

    /// @inheritdoc INodeRegistry
    function mayAct(address node, address key, uint8 permission) external view returns (bool) {
        KeyWord word = _keys[node][key];
        return permission != 0 && word.permissions() & permission == permission && block.timestamp <= word.until();
    }

    /// @inheritdoc INodeRegistry
    function offerOf(address node, VersionId version) external view returns (OfferWord) {
        return _offers[node][version];
    }

    /// @inheritdoc INodeRegistry
    function nodeOf(address node) external view returns (uint8 roles, string memory endpoint) {
        Node storage entry = _nodes[node];
        return (entry.roles, entry.endpoint);
    }

    /// @inheritdoc INodeRegistry
    function keyOf(address node, address key) external view returns (uint64 until, uint8 permissions) {
        KeyWord word = _keys[node][key];
        return (word.until(), word.permissions());
    }
}
