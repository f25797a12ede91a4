// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice One account of Escrow.
///
///     255      192 191       96 95         0
///     | nonce 64  | stake 96   | available 96 |
///
/// available: free balance. stake: free stake only, reserved slices live in locks (for a purse: protocol share not yet
/// swept). Both in wei of OPG: the supply is 1e27 < 2^90. nonce: locks ever opened by this account; one per nanosecond
/// would last 584 years.
type AccountWord is uint256;

using AccountWordLib for AccountWord global;

library AccountWordLib {
    /// @notice Thrown when a field would leave its width. Unreachable with a supply below 2^96.
    error Escrow_AmountTooLarge(uint256 amount);

    uint256 private constant MAX96 = type(uint96).max;

    function available(AccountWord w) internal pure returns (uint96) {
        return uint96(AccountWord.unwrap(w));
    }

    function stake(AccountWord w) internal pure returns (uint96) {
        return uint96(AccountWord.unwrap(w) >> 96);
    }

    function nonce(AccountWord w) internal pure returns (uint64) {
        return uint64(AccountWord.unwrap(w) >> 192);
    }

    function credit(AccountWord w, uint256 toAvailable, uint256 toStake) internal pure returns (AccountWord) {
        uint256 newAvailable = uint256(available(w)) + toAvailable;
        uint256 newStake = uint256(stake(w)) + toStake;
        if (newAvailable > MAX96) revert Escrow_AmountTooLarge(newAvailable);
        if (newStake > MAX96) revert Escrow_AmountTooLarge(newStake);
        unchecked {
            // neither addition carries out of its field: checked above
            return AccountWord.wrap(AccountWord.unwrap(w) + toAvailable + (toStake << 96));
        }
    }

    /// @dev Requirement: fromAvailable <= available, fromStake <= stake; callers check, each with its own error.
    function debit(AccountWord w, uint256 fromAvailable, uint256 fromStake) internal pure returns (AccountWord) {
        unchecked {
            return AccountWord.wrap(AccountWord.unwrap(w) - fromAvailable - (fromStake << 96));
        }
    }

    /// @dev Checked: at 2^64 the addition overflows the word and reverts.
    function advance(AccountWord w, uint256 locks) internal pure returns (AccountWord) {
        return AccountWord.wrap(AccountWord.unwrap(w) + (locks << 192));
    }
}
