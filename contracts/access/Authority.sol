// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IEscrow} from "../escrow/IEscrow.sol";
import {IRequestsCore} from "../requests/IRequestsCore.sol";

/// @title Who governs, what they may call, and how slowly.
/// @notice Two roles. GOVERNOR: append a parameter set, unpause, set the treasury, append a capability, change the members of
/// both roles; each after `governorDelay` seconds in public. GUARDIAN: pause new requests, at once. Nobody is admin
/// once `handOver` has been called, so which function belongs to which role, and that the governed contracts listen to
/// this one, is fixed for good. No path that moves money asks this contract.
/// @dev Operations are AccessManager's: `schedule(target, data, 0)`, then, from `governorDelay` later and for one week,
/// `execute(target, data)`.
contract Authority is AccessManager {
    uint64 public constant GOVERNOR = 1;
    uint64 public constant GUARDIAN = 2;

    /// @notice Seconds between the announcement and the execution of anything a governor does.
    uint32 public immutable governorDelay;

    /// @notice Thrown when a governor would get a shorter delay than every governor has.
    error Access_DelayTooShort(uint32 asked, uint32 least);
    error Access_ZeroAddress();
    /// @notice Thrown for what nobody may set, an admin neither: it would outlast `handOver`, and no view shows all of it.
    error Access_Fixed();

    /// @param deployer is admin until it calls `handOver`: it appends the first parameter set
    constructor(address deployer, uint32 governorDelay_) AccessManager(deployer) {
        governorDelay = governorDelay_;
    }

    /// @notice Wires the roles and leaves nobody above them.
    /// @dev Requirements: the caller is admin. It loses that role here; ADMIN can be granted by admins only, so it stays
    /// empty.
    function handOver(address requests, address escrow, address governor, address guardian) external {
        // Check
        (bool isAdmin, ) = hasRole(ADMIN_ROLE, msg.sender);
        if (!isAdmin) revert AccessManagerUnauthorizedAccount(msg.sender, ADMIN_ROLE);
        if (governor == address(0) || guardian == address(0)) revert Access_ZeroAddress();

        // Effect: who may call what
        _setTargetFunctionRole(requests, IRequestsCore.appendSet.selector, GOVERNOR);
        _setTargetFunctionRole(requests, IRequestsCore.unpause.selector, GOVERNOR);
        _setTargetFunctionRole(requests, IRequestsCore.pause.selector, GUARDIAN);
        _setTargetFunctionRole(escrow, IEscrow.setTreasury.selector, GOVERNOR);
        _setTargetFunctionRole(escrow, IEscrow.appendCapability.selector, GOVERNOR);

        // Effect: who is who. Governors replace lost keys of either role, with their own delay.
        _setRoleAdmin(GOVERNOR, GOVERNOR);
        _setRoleAdmin(GUARDIAN, GOVERNOR);
        _grantRole(GOVERNOR, governor, 0, governorDelay);
        _grantRole(GUARDIAN, guardian, 0, 0);
        _revokeRole(ADMIN_ROLE, msg.sender);

        // Log: names for explorers
        emit RoleLabel(GOVERNOR, "GOVERNOR");
        emit RoleLabel(GUARDIAN, "GUARDIAN");
    }

    /// @dev A role's guardian could cancel whatever a governor announces.
    function _setRoleGuardian(uint64, uint64) internal pure override {
        revert Access_Fixed();
    }

    /// @dev Where grants wait, a lost key could not be replaced: for as long as 136 years.
    function _setGrantDelay(uint64, uint32) internal pure override {
        revert Access_Fixed();
    }

    /// @dev Without this a governor could announce, once, a second governor without any delay.
    function _grantRole(
        uint64 roleId,
        address account,
        uint32 grantDelay,
        uint32 executionDelay
    ) internal override returns (bool) {
        if (roleId == GOVERNOR && executionDelay < governorDelay) {
            revert Access_DelayTooShort(executionDelay, governorDelay);
        }
        return super._grantRole(roleId, account, grantDelay, executionDelay);
    }
}
