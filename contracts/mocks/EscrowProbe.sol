// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IEscrow} from "../escrow/IEscrow.sol";

/// @notice Reads all that tests compare after every step in one call.
contract EscrowProbe {
    struct Account {
        uint96 available;
        uint96 stake;
        uint64 nonce;
        uint96 unbonding;
        uint40 readyAt;
    }

    struct Slot {
        address capability;
        address payer;
        uint16 lane;
    }

    /// @return balance tokens of Escrow
    /// @return accounts what Escrow says of each of `who`
    /// @return words the lock word of each of `slots`
    function read(
        IEscrow escrow,
        address[] calldata who,
        Slot[] calldata slots
    ) external view returns (uint256 balance, Account[] memory accounts, bytes32[] memory words) {
        balance = IERC20(escrow.token()).balanceOf(address(escrow));
        accounts = new Account[](who.length);
        for (uint256 i; i < who.length; ++i) {
            Account memory a = accounts[i];
            (a.available, a.stake, a.nonce) = escrow.accountOf(who[i]);
            (a.unbonding, a.readyAt) = escrow.unbondingOf(who[i]);
        }
        words = new bytes32[](slots.length);
        for (uint256 i; i < slots.length; ++i) {
            words[i] = escrow.lockOf(slots[i].capability, slots[i].payer, slots[i].lane);
        }
    }
}
