// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice The money side of a lock word, and what makes every lock unique.
///
///     255      192 191       96 95         0
///     | nonce 64  | slice 96   | fee 96     |
///
/// nonce: the payer's account nonce when the lock was opened. slice: the part of a node's stake held by the lock, in wei
/// of OPG. fee: what the payer put in, in wei of OPG. 96 bits hold 7.9e28 wei; the whole supply is 1e27.
type Amounts is uint256;

using AmountsLib for Amounts global;

library AmountsLib {
    function pack(uint64 nonce_, uint96 slice_, uint96 fee_) internal pure returns (Amounts) {
        return Amounts.wrap((uint256(nonce_) << 192) | (uint256(slice_) << 96) | fee_);
    }

    function nonce(Amounts a) internal pure returns (uint64) {
        return uint64(Amounts.unwrap(a) >> 192);
    }

    function slice(Amounts a) internal pure returns (uint96) {
        return uint96(Amounts.unwrap(a) >> 96);
    }

    function fee(Amounts a) internal pure returns (uint96) {
        return uint96(Amounts.unwrap(a));
    }

    /// @notice What the lock holds in all, in wei of OPG. Two 96-bit parts cannot overflow 97 bits.
    function total(Amounts a) internal pure returns (uint256) {
        unchecked {
            return uint256(slice(a)) + fee(a);
        }
    }
}
