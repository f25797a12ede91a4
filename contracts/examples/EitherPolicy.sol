// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessPolicy} from "../models/IAccessPolicy.sol";
import {VersionId} from "../types/Ids.sol";

/// @notice Admits whom either of two policies admits, for instance friends on a list and holders of a token. Example of
/// docs/contracts/Policies.md.
contract EitherPolicy is IAccessPolicy {
    /// Each gets less than half of the 50,000 that this policy is given; a cold AllowListPolicy with a proof of 32 levels takes 20,000.
    uint256 private constant GAS_EACH = 22_000;

    IAccessPolicy public immutable first;
    IAccessPolicy public immutable second;

    constructor(IAccessPolicy first_, IAccessPolicy second_) {
        first = first_;
        second = second_;
    }

    /// @inheritdoc IAccessPolicy
    function mayRequest(VersionId version, address requester, bytes calldata data) external view returns (bool) {
        return _asks(first, version, requester, data) || _asks(second, version, requester, data);
    }

    /// @dev A policy that reverts says no, and leaves the other its say.
    function _asks(
        IAccessPolicy policy,
        VersionId version,
        address requester,
        bytes calldata data
    ) private view returns (bool) {
        try policy.mayRequest{gas: GAS_EACH}(version, requester, data) returns (bool yes) {
            return yes;
        } catch {
            return false;
        }
    }
}
