// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IModelRegistry} from "./IModelRegistry.sol";

/// @title What a namespace or a model may be called.
/// @notice [a-z0-9-], 1 to 64 characters: no two names look alike, none needs escaping in a URL, JSON or a path.
library ModelNames {
    uint256 internal constant MAX_LENGTH = 64;

    /// One bit per allowed ASCII code: '-' (45), '0'..'9' (48..57), 'a'..'z' (97..122).
    uint256 private constant ALLOWED = (1 << 45) | (((1 << 10) - 1) << 48) | (((1 << 26) - 1) << 97);

    /// @notice Reverts with Models_BadField(field) unless `name` is well formed.
    function check(string calldata name, string memory field) internal pure {
        bytes calldata text = bytes(name);
        if (text.length == 0 || text.length > MAX_LENGTH) revert IModelRegistry.Models_BadField(field);
        for (uint256 i = 0; i < text.length; ++i) {
            if ((ALLOWED >> uint8(text[i])) & 1 == 0) revert IModelRegistry.Models_BadField(field);
        }
    }

    function hash(string calldata name) internal pure returns (bytes32) {
        return keccak256(bytes(name));
    }
}
