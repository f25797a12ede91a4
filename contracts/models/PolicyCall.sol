// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {VersionId} from "../types/Ids.sol";
import {IAccessPolicy} from "./IAccessPolicy.sol";
import {IModelRegistry} from "./IModelRegistry.sol";

/// @title One question to a contract that is not trusted.
library PolicyCall {
    /// What a policy may burn.
    uint256 internal constant GAS = 50_000;

    /// Gas that must be left just before the call: a call passes on at most 63/64 of what is left, 50,794 * 63/64 >= 50,000;
    /// the rest pays the call itself (the address is warm by then) and the instructions in between.
    uint256 internal constant GAS_NEEDED = 52_000;

    /// @notice Whether `policy` says yes: success, exactly 32 bytes, equal to 1.
    /// @dev STATICCALL: it cannot change state. At most 32 bytes are copied: it cannot fill the caller's memory. Reverts with
    /// Models_PolicyGas instead of starving the policy, so nobody can turn a yes into a no by the gas limit.
    function allows(
        address policy,
        VersionId version,
        address requester,
        bytes calldata data
    ) internal view returns (bool yes) {
        if (policy.code.length == 0) return false;
        bytes memory question = abi.encodeCall(IAccessPolicy.mayRequest, (version, requester, data));
        if (gasleft() < GAS_NEEDED) revert IModelRegistry.Models_PolicyGas(GAS_NEEDED);
        assembly ("memory-safe") {
            let success := staticcall(GAS, policy, add(question, 32), mload(question), 0, 32)
            yes := and(success, and(eq(returndatasize(), 32), eq(mload(0), 1)))
        }
    }
}
