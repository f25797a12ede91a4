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
        AccountWord account = _pay(self, payer, fee, pulled);
        nonce = account.nonce();
        self.accounts[payer] = account.advance(1);
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
        AccountWord account = _pay(self, payer, uint256(fee) * n, pulled);
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
        if (self.locks[key] != wordOf(oldTag, amounts)) revert IEscrow.Escrow_NoSuchLock(key);
        if (slice != 0) {
            if (amounts.slice() != 0) revert IEscrow.Escrow_PartsDoNotSum(slice, amounts.total());
            AccountWord account = self.accounts[node];
            if (account.stake() < slice) revert IEscrow.Escrow_Overdraw(node, slice, account.stake());
            // Effect
            self.accounts[node] = account.debit(0, slice);
            amounts = AmountsLib.pack(amounts.nonce(), slice, amounts.fee());
        }
        self.locks[key] = wordOf(newTag, amounts);
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
            bytes32 key = keyOf(capability, payer, items[i].lane);
            if (self.locks[key] != wordOf(items[i].oldTag, items[i].amounts)) gone |= 1 << i;
            else if (slice > left) noStake |= 1 << i;
            else {
                _retag(self, key, items[i], slice);
                left -= slice;
            }
        }
        if (left != free) self.accounts[node] = self.accounts[node].debit(0, free - left);
    }

    function _retag(Ledger storage self, bytes32 key, Relock calldata item, uint96 slice) private {
        Amounts amounts = item.amounts;
        if (slice != 0) {
            if (amounts.slice() != 0) revert IEscrow.Escrow_PartsDoNotSum(slice, amounts.total());
            amounts = AmountsLib.pack(amounts.nonce(), slice, amounts.fee());
        }
        self.locks[key] = wordOf(item.newTag, amounts);
    }

    /// @notice Frees a lane and credits the parts, which must sum to what the lock held.
    function close(Ledger storage self, bytes32 key, Amounts amounts, bytes32 tag, Credit[] calldata credits) internal {
        if (self.locks[key] != wordOf(tag, amounts)) revert IEscrow.Escrow_NoSuchLock(key);
        _requireSum(credits, amounts);
        self.locks[key] = FREE;
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
        uint256 done;
        for (uint256 i; i < items.length; ++i) {
            Close calldata item = items[i];
            _requireSum(credits, item.amounts);
            bytes32 key = keyOf(capability, payer, item.lane);
            if (self.locks[key] != wordOf(item.tag, item.amounts)) {
                gone |= 1 << i;
                continue;
            }
            // freed before the next is read: the same item twice in one call reads GONE
            self.locks[key] = FREE;
            ++done;
        }
        if (done != 0) _credit(self, credits, done);
    }

    function _pay(
        Ledger storage self,
        address payer,
        uint256 amount,
        bool pulled
    ) private view returns (AccountWord account) {
        account = self.accounts[payer];
        if (pulled) return account;
        if (account.available() < amount) revert IEscrow.Escrow_Overdraw(payer, amount, account.available());
        return account.debit(amount, 0);
    }

    function _openLane(Ledger storage self, address capability, address payer, uint16 lane, bytes32 word) private {
        bytes32 key = keyOf(capability, payer, lane);
        if (uint256(self.locks[key]) > uint256(FREE)) revert IEscrow.Escrow_LaneBusy(payer, lane);
        self.locks[key] = word;
    }

    function _requireSum(Credit[] calldata credits, Amounts amounts) private pure {
        uint256 parts;
        for (uint256 i; i < credits.length; ++i) {
            parts += uint256(credits[i].available) + credits[i].stake;
        }
        if (parts != amounts.total()) revert IEscrow.Escrow_PartsDoNotSum(parts, amounts.total());
    }

    function _credit(Ledger storage self, Credit[] calldata credits, uint256 times) private {
        for (uint256 i; i < credits.length; ++i) {
            Credit calldata c = credits[i];
            uint256 available = uint256(c.available) * times;
            uint256 stake = uint256(c.stake) * times;
            if (available | stake == 0) continue;
            self.accounts[c.to] = self.accounts[c.to].credit(available, stake);
        }
    }
}
