// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {IEscrow} from "../../escrow/IEscrow.sol";
import {IInferenceRequests} from "../../requests/IInferenceRequests.sol";
import {FacadeAccount} from "./FacadeAccount.sol";
import {IOpenGradientFacade} from "./IOpenGradientFacade.sol";

/// @notice The accounts of the facade's callers: where they are, how they come to be, what they may do.
abstract contract FacadeAccounts is IOpenGradientFacade {
    /// Requests of one account in flight; a lane that was used is cheap to use again.
    uint16 private constant LANES = 16;
    /// Lock words of a lane that is free: never used, or used and closed.
    uint256 private constant FREE_AGAIN = 1;

    IInferenceRequests public immutable requests;
    IEscrow public immutable escrow;
    IERC20 public immutable token;
    address public immutable accountCode;

    constructor(IInferenceRequests requests_) {
        requests = requests_;
        escrow = IEscrow(requests_.escrow());
        token = IERC20(escrow.token());
        accountCode = address(new FacadeAccount(address(requests_)));
    }

    /// @inheritdoc IOpenGradientFacade
    function accountOf(address caller) public view returns (address) {
        return Clones.predictDeterministicAddress(accountCode, _salt(caller));
    }

    /// @dev The caller's account, made when it is first needed. Escrow may pull what was sent there to be pulled.
    function _accountFor(address caller) internal returns (address account) {
        account = accountOf(caller);
        if (account.code.length != 0) return account;
        Clones.cloneDeterministic(accountCode, _salt(caller));
        _execute(account, address(token), abi.encodeCall(IERC20.approve, (address(escrow), type(uint256).max)));
        emit AccountCreated(caller, account);
    }

    /// @dev Makes a call as the caller's account.
    function _act(address target, bytes memory data) internal {
        _execute(_accountFor(msg.sender), target, data);
    }

    function _execute(address account, address target, bytes memory data) internal returns (bytes memory) {
        return FacadeAccount(account).execute(target, data);
    }

    /// @dev The first lane that holds nothing. Only the caller opens them, so nobody else can fill them.
    function _freeLane(address account) internal view returns (uint16) {
        for (uint16 lane = 0; lane < LANES; ++lane)
            if (uint256(escrow.lockOf(address(requests), account, lane)) <= FREE_AGAIN) return lane;
        revert Facade_TooManyInFlight(LANES);
    }

    function _mustPull(address account, uint96 fee) internal view returns (bool) {
        (uint96 available, , ) = escrow.accountOf(account);
        return available < fee;
    }

    function _salt(address caller) private pure returns (bytes32) {
        return bytes32(uint256(uint160(caller)));
    }
}
