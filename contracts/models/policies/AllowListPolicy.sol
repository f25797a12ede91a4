// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {VersionId} from "../../types/Ids.sol";
import {IAccessPolicy} from "../IAccessPolicy.sol";
import {IModelRegistry} from "../IModelRegistry.sol";
import {VersionOwned} from "./VersionOwned.sol";

/// @title Only listed accounts may request.
/// @notice Two lists per version, either is enough: single entries for short lists, a Merkle root for long ones. The tree is
/// the one of the npm package "openzeppelin merkle-tree" over rows of one address: a leaf is keccak256(keccak256(abi.encode(account))),
/// pairs are sorted.
contract AllowListPolicy is VersionOwned {
    event Allowed(VersionId indexed version, address indexed account, bool allowed);
    event RootSet(VersionId indexed version, bytes32 root);

    mapping(VersionId version => mapping(address account => bool)) public isAllowed;
    mapping(VersionId version => bytes32) public rootOf;

    constructor(IModelRegistry models_) VersionOwned(models_) {}

    /// @notice Lists or unlists accounts. Emits Allowed for each.
    function setAllowed(VersionId version, address[] calldata accounts, bool allowed) external onlyOwnerOf(version) {
        for (uint256 i = 0; i < accounts.length; ++i) {
            isAllowed[version][accounts[i]] = allowed;
            emit Allowed(version, accounts[i], allowed);
        }
    }

    /// @notice Replaces the Merkle list; 0 empties it. Emits RootSet.
    function setRoot(VersionId version, bytes32 root) external onlyOwnerOf(version) {
        rootOf[version] = root;
        emit RootSet(version, root);
    }

    /// @inheritdoc IAccessPolicy
    /// @dev `data` is abi.encode(bytes32[] proof), or empty for single entries. Malformed data reverts, which denies. A
    /// proof of 32 levels stays below 20,000 gas.
    function mayRequest(VersionId version, address requester, bytes calldata data) external view returns (bool) {
        if (isAllowed[version][requester]) return true;
        bytes32 root = rootOf[version];
        if (root == 0 || data.length == 0) return false;
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(requester))));
        return MerkleProof.verify(abi.decode(data, (bytes32[])), root, leaf);
    }
}
