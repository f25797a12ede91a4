// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {VersionId} from "../../types/Ids.sol";
import {IModelRegistry} from "../IModelRegistry.sol";

/// @title What all policies of this folder have in common: the owner of a version's model sets the rules for it.
interface IVersionOwned {
    error Policies_NotOwner(address caller, address owner);
    error Policies_UnknownVersion(VersionId version);
    /// @notice Thrown when a field is out of its range; `name` says which.
    error Policies_BadField(string name);

    function models() external view returns (IModelRegistry);
}
