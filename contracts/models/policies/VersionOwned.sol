// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {VersionId} from "../../types/Ids.sol";
import {VersionWord} from "../../types/VersionWord.sol";
import {IAccessPolicy} from "../IAccessPolicy.sol";
import {IModelRegistry} from "../IModelRegistry.sol";
import {IVersionOwned} from "./IVersionOwned.sol";

/// @title A policy whose entries for a version are set by whoever owns the version's model now.
/// @notice One deployment serves every model: a version is bound to its policy by ModelRegistry.setPolicy, and to its rule
/// here. When a model is sold, the rule stays until the new owner changes it.
abstract contract VersionOwned is IAccessPolicy, IVersionOwned {
    IModelRegistry public immutable models;

    constructor(IModelRegistry models_) {
        models = models_;
    }

    modifier onlyOwnerOf(VersionId version) {
        _requireOwner(version);
        _;
    }

    function _ownerOf(VersionId version) internal view returns (address) {
        (VersionWord word, ) = models.terms(version);
        if (VersionWord.unwrap(word) == 0) revert Policies_UnknownVersion(version);
        return models.ownerOfModel(word.model());
    }

    function _requireOwner(VersionId version) private view {
        address owner = _ownerOf(version);
        if (msg.sender != owner) revert Policies_NotOwner(msg.sender, owner);
    }
}
