// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccountWord} from "../types/AccountWord.sol";
import {Amounts, AmountsLib} from "../types/Amounts.sol";
import {Close, Credit, IEscrow, Relock} from "./IEscrow.sol";

/// @title The rules of accounts and locks, without tokens and without callers.
/// @notice Every function keeps the sum of all accounts and all locks (C2): what a lock gains an account loses, and back.
library EscrowLocks {
    struct Ledger {
        mapping(address account => AccountWord) accounts;
        mapping(bytes32 key => bytes32 word) locks; // 0 never used, FREE, or H(tag, Amounts)
    }

    /// The place of one word of the ledger, so that reading and writing it hash its key once.
    struct AccountAt {
        AccountWord word;
    }

    struct LockAt {
        bytes32 word;
    }

    /// Answers about many items are one bit each.
    uint256 private constant MAX_MANY = 256;

    /// A lane that was used and is free again keeps this word, so that opening it costs 5,000 gas instead of 22,100.
    bytes32 internal constant FREE = bytes32(uint256(1));

    /// @notice keccak256(capability 20 bytes, payer 20 bytes, lane 2 bytes).
    function keyOf(address capability, address payer, uint16 lane) internal pure returns (bytes32 key) {
        assembly ("memory-safe") {
            let p := mload(0x40)
            mstore(p, shl(96, capability))
            mstore(add(p, 20), shl(96, payer))
            mstore(add(p, 40), shl(240, lane))
            key := keccak256(p, 42)
        }
    }

    /// @notice keccak256(tag, amounts): 64 bytes, which no tagged preimage has.
    function wordOf(bytes32 tag, Amounts amounts) internal pure returns (bytes32 word) {
        assembly ("memory-safe") {
            mstore(0, tag)
            mstore(32, amounts)
            word := keccak256(0, 64)
        }
    }

    /// @notice Opens one lock; the fee comes from the payer's free balance unless it was `pulled`.
    function open(
        Ledger storage self,
        address capability,
        address payer,
        uint16 lane,
        uint96 fee,
        bytes32 tag,
        bool pulled
    ) internal returns (uint64 nonce) {
        AccountAt storage place = _accountAt(self, payer);
        AccountWord account = _pay(place.word, payer, fee, pulled);
        nonce = account.nonce();
        place.word = account.advance(1);
        _openLane(self, capability, payer, lane, wordOf(tag, AmountsLib.pack(nonce, 0, fee)));
    }

    function openMany(
        Ledger storage self,
        address capability,
        address payer,
        uint16 firstLane,
        uint96 fee,
        bytes32[] calldata tags,
        bool pulled
    ) internal returns (uint64 firstNonce) {
        uint256 n = tags.length;
        AccountWord account = _pay(self.accounts[payer], payer, uint256(fee) * n, pulled);
        firstNonce = account.nonce();
        self.accounts[payer] = account.advance(n);
        for (uint256 i; i < n; ++i) {
            uint256 lane = firstLane + i;
            if (lane > type(uint16).max) revert IEscrow.Escrow_LaneBusy(payer, type(uint16).max);
            // nonce + i: the whole run was checked by `advance`
            Amounts amounts = AmountsLib.pack(uint64(firstNonce + i), 0, fee);
            _openLane(self, capability, payer, uint16(lane), wordOf(tags[i], amounts));
        }
    }

    /// @notice Replaces the tag and moves `slice` of the node's free stake into the lock.
    function relock(
        Ledger storage self,
        bytes32 key,
        Amounts amounts,
        bytes32 oldTag,
        bytes32 newTag,
        address node,
        uint96 slice
    ) internal {
        // Check
        LockAt storage lock = _lockAt(self, key);
        if (lock.word != wordOf(oldTag, amounts)) revert IEscrow.Escrow_NoSuchLock(key);
        if (slice != 0) {
            if (amounts.slice() != 0) revert IEscrow.Escrow_PartsDoNotSum(slice, amounts.total());
            AccountAt storage place = _accountAt(self, node);
            AccountWord account = place.word;
            if (account.stake() < slice) revert IEscrow.Escrow_Overdraw(node, slice, account.stake());
            // Effect
            place.word = account.debit(0, slice);
            amounts = AmountsLib.pack(amounts.nonce(), slice, amounts.fee());
        }
        lock.word = wordOf(newTag, amounts);
    }

    function relockMany(
        Ledger storage self,
        address capability,
        address payer,
        Relock[] calldata items,
        address node,
        uint96 slice
    ) internal returns (uint256 gone, uint256 noStake) {
        if (items.length > MAX_MANY) revert IEscrow.Escrow_TooManyItems(items.length);
        uint256 free = self.accounts[node].stake();
        uint256 left = free;
        for (uint256 i; i < items.length; ++i) {
            Relock calldata item = items[i];
            LockAt storage lock = _lockAt(self, keyOf(capability, payer, item.lane));
            if (lock.word != wordOf(item.oldTag, item.amounts)) gone |= 1 << i;
            else if (slice > left) noStake |= 1 << i;
            else {
                _retag(lock, item, slice);
                left -= slice;
            }
        }
        if (left != free) self.accounts[node] = self.accounts[node].debit(0, free - left);
    }

    function _retag(LockAt storage lock, Relock calldata item, uint96 slice) private {
        Amounts amounts = item.amounts;
        if (slice != 0) {
            if (amounts.slice() != 0) revert IEscrow.Escrow_PartsDoNotSum(slice, amounts.total());
            amounts = AmountsLib.pack(amounts.nonce(), slice, amounts.fee());
        }
        lock.word = wordOf(item.newTag, amounts);
    }

    /// @notice Frees a lane and credits the parts, which must sum to what the lock held.
    function close(Ledger storage self, bytes32 key, Amounts amounts, bytes32 tag, Credit[] calldata credits) internal {
        LockAt storage lock = _lockAt(self, key);
        if (lock.word != wordOf(tag, amounts)) revert IEscrow.Escrow_NoSuchLock(key);
        _requireSum(_sum(credits), amounts);
        lock.word = FREE;
        _credit(self, credits, 1);
    }

    function closeMany(
        Ledger storage self,
        address capability,
        address payer,
        Close[] calldata items,
        Credit[] calldata credits
    ) internal returns (uint256 gone) {
        if (items.length > MAX_MANY) revert IEscrow.Escrow_TooManyItems(items.length);
        uint256 parts = _sum(credits);
        uint256 done;
        for (uint256 i; i < items.length; ++i) {
            Close calldata item = items[i];
            _requireSum(parts, item.amounts);
            LockAt storage lock = _lockAt(self, keyOf(capability, payer, item.lane));
            if (lock.word != wordOf(item.tag, item.amounts)) {
                gone |= 1 << i;
                continue;
            }
            // freed before the next is read: the same item twice in one call reads GONE
            lock.word = FREE;
            ++done;
        }
        if (done != 0) _credit(self, credits, done);
    }

    function _pay(AccountWord account, address payer, uint256 amount, bool pulled) private pure returns (AccountWord) {
        if (pulled) return account;
        if (account.available() < amount) revert IEscrow.Escrow_Overdraw(payer, amount, account.available());
        return account.debit(amount, 0);
    }

    function _openLane(Ledger storage self, address capability, address payer, uint16 lane, bytes32 word) private {
        LockAt storage lock = _lockAt(self, keyOf(capability, payer, lane));
        if (uint256(lock.word) > uint256(FREE)) revert IEscrow.Escrow_LaneBusy(payer, lane);
        lock.word = word;
    }

    function _requireSum(uint256 parts, Amounts amounts) private pure {
        if (parts != amounts.total()) revert IEscrow.Escrow_PartsDoNotSum(parts, amounts.total());
    }

    /// @dev The sum of all credits. Reverts if an amount does not fit its 96 bits, so that `_credit` need not look again.
    function _sum(Credit[] calldata credits) private pure returns (uint256 parts) {
        assembly ("memory-safe") {
            let wide := 0
            for {
                let c := credits.offset
                let past := add(c, mul(credits.length, 96))
            } lt(c, past) {
                c := add(c, 96)
            } {
                let available := calldataload(add(c, 32))
                let stake := calldataload(add(c, 64))
                wide := or(wide, or(available, stake))
                parts := add(parts, add(available, stake)) // 96 bits each: calldata cannot hold enough of them to overflow
            }
            if shr(96, wide) {
                revert(0, 0)
            }
        }
    }

    /// @dev Requirement: `_sum(credits)` has been computed, times <= MAX_MANY.
    function _credit(Ledger storage self, Credit[] calldata credits, uint256 times) private {
        unchecked {
            uint256 past;
            uint256 c; // calldata position of one credit: three words
            assembly ("memory-safe") {
                c := credits.offset
                past := add(c, mul(credits.length, 96))
            }
            for (; c < past; c += 96) {
                (address to, uint256 available, uint256 stake) = _creditAt(c);
                if (available | stake == 0) continue;
                AccountAt storage place = _accountAt(self, to);
                place.word = place.word.credit(available * times, stake * times);
            }
        }
    }

    function _creditAt(uint256 c) private pure returns (address to, uint256 available, uint256 stake) {
        assembly ("memory-safe") {
            to := calldataload(c)
            if shr(160, to) {
                revert(0, 0)
            }
            available := calldataload(add(c, 32))
            stake := calldataload(add(c, 64))
        }
    }

    /// @dev self.accounts[account].
    function _accountAt(Ledger storage self, address account) private view returns (AccountAt storage place) {
        mapping(address => AccountWord) storage accounts = self.accounts;
        assembly ("memory-safe") {
            mstore(0, shr(96, shl(96, account)))
            mstore(32, accounts.slot)
            place.slot := keccak256(0, 64)
        }
    }

    /// @dev self.locks[key].
    function _lockAt(Ledger storage self, bytes32 key) private view returns (LockAt storage place) {
        mapping(bytes32 => bytes32) storage locks = self.locks;
        assembly ("memory-safe") {
            mstore(0, key)
            mstore(32, locks.slot)
            place.slot := keccak256(0, 64)
        }
    }
}
