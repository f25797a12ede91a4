// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {VersionId} from "../../types/Ids.sol";
import {IAccessPolicy} from "../IAccessPolicy.sol";
import {IModelRegistry} from "../IModelRegistry.sol";
import {VersionOwned} from "./VersionOwned.sol";

/// @notice What ERC-20 and ERC-721 have in common.
interface IBalances {
    function balanceOf(address account) external view returns (uint256);
}

/// @title Only holders of a token may request.
/// @notice Per version a token (ERC-20 or ERC-721) and the least balance. It is read at the request: a pass that is lent out
/// lets its borrower in, once for as long as it lasts.
contract TokenHolderPolicy is VersionOwned {
    event RuleSet(VersionId indexed version, address indexed token, uint96 minBalance);

    struct Rule {
        address token; // one slot with:
        uint96 minBalance; // wei or pieces; the supply of OPG is below 2^90
    }

    mapping(VersionId version => Rule) public ruleOf;

    constructor(IModelRegistry models_) VersionOwned(models_) {}

    /// @notice Sets the token and the least balance; both 0 closes the version to everybody. Emits RuleSet.
    function setRule(VersionId version, address token, uint96 minBalance) external onlyOwnerOf(version) {
        if (token != address(0) && token.code.length == 0) revert Policies_BadField("token");
        if ((token == address(0)) != (minBalance == 0)) revert Policies_BadField("minBalance");
        ruleOf[version] = Rule(token, minBalance);
        emit RuleSet(version, token, minBalance);
    }

    /// @inheritdoc IAccessPolicy
    function mayRequest(VersionId version, address requester, bytes calldata) external view returns (bool) {
        Rule memory rule = ruleOf[version];
        return rule.token != address(0) && IBalances(rule.token).balanceOf(requester) >= rule.minBalance;
    }
}
