// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What a hot key may do for a node, and until when.
///
///     255   72 71        64 63      0
///     | 0 184 | permissions 8 | until 64 |
///
/// until: Unix seconds, inclusive; 64 bits because it stands alone and costs nothing. permissions: INodeRegistry.MAY_*,
/// three used. Word 0 = no key.
type KeyWord is uint256;

using KeyWordLib for KeyWord global;

library KeyWordLib {
    function pack(uint64 until_, uint8 permissions_) internal pure returns (KeyWord) {
        return KeyWord.wrap((uint256(permissions_) << 64) | until_);
    }

    function until(KeyWord w) internal pure returns (uint64) {
        return uint64(KeyWord.unwrap(w));
    }

    function permissions(KeyWord w) internal pure returns (uint8) {
        return uint8(KeyWord.unwrap(w) >> 64);
    }
}
