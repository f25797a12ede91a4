// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {VersionId} from "../../types/Ids.sol";
import {IAccessPolicy} from "../IAccessPolicy.sol";
import {IModelRegistry} from "../IModelRegistry.sol";
import {VersionOwned} from "./VersionOwned.sol";

/// @notice What this policy reads of an ERC-1155.
interface IMultiToken {
    function balanceOf(address account, uint256 id) external view returns (uint256);
}

/// @title Only holders of one kind of an ERC-1155 may request.
/// @notice TokenHolderPolicy for tokens with kinds. The balance is read at the request, there only: what is lent or sold afterwards
/// changes nothing about requests in flight, and lets its next holder in.
contract MultiTokenPolicy is VersionOwned {
    event RuleSet(VersionId indexed version, address indexed token, uint256 indexed id, uint96 minBalance);

    struct Rule {
        address token; // one slot with:
        uint96 minBalance; // pieces
        uint256 id;
    }

    mapping(VersionId version => Rule) public ruleOf;

    constructor(IModelRegistry models_) VersionOwned(models_) {}

    /// @notice Sets the token, its kind and the least balance; all 0 closes the version to everybody. Emits RuleSet.
    function setRule(VersionId version, address token, uint256 id, uint96 minBalance) external onlyOwnerOf(version) {
        if (token != address(0) && token.code.length == 0) revert Policies_BadField("token");
        if ((token == address(0)) != (minBalance == 0)) revert Policies_BadField("minBalance");
        ruleOf[version] = Rule(token, minBalance, id);
        emit RuleSet(version, token, id, minBalance);
    }

    /// @inheritdoc IAccessPolicy
    function mayRequest(VersionId version, address requester, bytes calldata) external view returns (bool) {
        Rule memory rule = ruleOf[version];
        return rule.token != address(0) && IMultiToken(rule.token).balanceOf(requester, rule.id) >= rule.minBalance;
    }
}
