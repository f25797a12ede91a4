// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IModelRegistry} from "../models/IModelRegistry.sol";
import {IPassPolicy} from "../models/policies/IPassPolicy.sol";
import {IModelDirectory} from "./opengradient/IModelDirectory.sol";

/// @title What a splitter's manager may call in its name.
/// @notice A closed list of selectors, whatever the target: whoever acts as the splitter could otherwise pay for requests, withdraw,
/// approve, or send the model away. None of these selectors exists in Escrow, InferenceRequests, the game or the token
/// (test/contracts/periphery/RoyaltySplitter.test.ts compares them).
library ManagedCalls {
    /// AllowListPolicy, TokenHolderPolicy, MultiTokenPolicy, of whose rules there is no interface.
    bytes4 private constant SET_ALLOWED = bytes4(keccak256("setAllowed(bytes32,address[],bool)"));
    bytes4 private constant SET_ROOT = bytes4(keccak256("setRoot(bytes32,bytes32)"));
    bytes4 private constant SET_RULE = bytes4(keccak256("setRule(bytes32,address,uint96)"));
    bytes4 private constant SET_MULTI_RULE = bytes4(keccak256("setRule(bytes32,address,uint256,uint96)"));

    /// @notice Whether the manager may call `selector`, of the model registry or of another contract.
    function allows(bool ofModels, bytes4 selector) internal pure returns (bool) {
        if (ofModels)
            return
                selector == IModelRegistry.publish.selector ||
                selector == IModelRegistry.setRoyalty.selector ||
                selector == IModelRegistry.setPolicy.selector ||
                selector == IModelRegistry.retire.selector;
        return
            selector == IPassPolicy.setOffer.selector ||
            selector == IPassPolicy.revoke.selector ||
            selector == IModelDirectory.describe.selector ||
            selector == IModelDirectory.setLabel.selector ||
            selector == IModelDirectory.setCurrent.selector ||
            selector == SET_ALLOWED ||
            selector == SET_ROOT ||
            selector == SET_RULE ||
            selector == SET_MULTI_RULE;
    }
}
