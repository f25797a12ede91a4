// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    IERC3009 as IERC3009Split,
    IERC3009Cancel as IERC3009CancelSplit
} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";

/// @title EIP-3009 with both signature forms.
/// @notice The forms of the standard take v, r, s and serve accounts with a key. The forms below take bytes and serve
/// contracts as well (ERC-1271). Typehashes and nonces are the same: an authorization is used once, whichever form.
interface IERC3009 is IERC3009Split, IERC3009CancelSplit {
    /// @notice Moves `value` from `from` to `to` as `from` signed it, whoever calls.
    /// Emits AuthorizationUsed, then Transfer.
    /// Requirements: validAfter < now < validBefore; the nonce is unused; the signature is `from`'s.
    /// @param signature 65 bytes r, s, v if `from` has no code, else whatever its isValidSignature accepts
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external;

    /// @notice The same, callable by `to` only, so nobody can use the authorization ahead of a contract that credits it.
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external;

    /// @notice Uses up a nonce without moving anything, as `authorizer` signed it.
    /// Emits AuthorizationCanceled.
    function cancelAuthorization(address authorizer, bytes32 nonce, bytes calldata signature) external;
}
