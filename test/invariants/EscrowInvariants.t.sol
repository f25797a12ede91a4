// SPDX-License-Identifier: MIT
// solhint-disable avoid-low-level-calls, one-contract-per-file, func-name-mixedcase
pragma solidity 0.8.37;

import {Escrow} from "../../contracts/escrow/Escrow.sol";
import {MintableToken} from "../../contracts/mocks/tokens/MintableToken.sol";
import {
    BonusToken,
    FalseToken,
    FeeToken,
    LyingToken,
    SilentToken
} from "../../contracts/mocks/tokens/HostileTokens.sol";
import {EscrowHandler} from "../../contracts/mocks/EscrowHandler.sol";

/// @dev The engine drives only contracts whose artifacts it has: those of the test file itself, whatever was built before.
contract Handler is EscrowHandler {}

/// @notice The money invariants of Escrow alone, searched by Hardhat's own invariant engine: a second engine besides the
/// random runs in TypeScript. The handler is an appended capability; nothing of InferenceRequests takes part.
abstract contract EscrowInvariants {
    error Broken(string invariant_);

    Handler internal handler;

    function setUp() public {
        handler = new Handler();
        address here = address(this);
        Escrow escrow = new Escrow(address(_token()), here, here, here, 0);
        escrow.appendCapability(address(handler));
        handler.begin(escrow);
    }

    /// @dev Stands where Authority stands: only the test itself may append.
    function canCall(address caller, address, bytes4) external view returns (bool immediate, uint32 delay) {
        return (caller == address(this), 0);
    }

    function _token() internal virtual returns (MintableToken);

    /// @dev What the engine may call.
    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @notice I1, C1: tokens in Escrow == accounts + locks + tokens sent there without a call.
    function invariant_I1_tokensAreAccountsAndLocks() public view {
        uint256 balance = handler.token().balanceOf(address(handler.escrow()));
        if (balance != handler.inAccounts() + handler.held() + handler.strays()) revert Broken("I1");
    }

    /// @notice I2, I3: each lock holds what was put in, closes once, takes one slice; no wrong sum, no lie is accepted (I4).
    function invariant_I2_I3_I4_locksAreAsDescribed() public view {
        if (!handler.wordsHold()) revert Broken("I2, I3: a lock word is not what was put in");
        if (bytes(handler.violation()).length != 0) revert Broken(handler.violation());
    }
}

contract PlainTokenTest is EscrowInvariants {
    function _token() internal override returns (MintableToken) {
        return new MintableToken();
    }
}

contract FeeTokenTest is EscrowInvariants {
    function _token() internal override returns (MintableToken) {
        return new FeeToken();
    }
}

contract BonusTokenTest is EscrowInvariants {
    function _token() internal override returns (MintableToken) {
        return new BonusToken();
    }
}

contract FalseTokenTest is EscrowInvariants {
    function _token() internal override returns (MintableToken) {
        return new FalseToken();
    }
}

contract LyingTokenTest is EscrowInvariants {
    function _token() internal override returns (MintableToken) {
        return new LyingToken();
    }
}

contract SilentTokenTest is EscrowInvariants {
    function _token() internal override returns (MintableToken) {
        return new SilentToken();
    }
}

/// @notice In the middle of every transfer the token re-enters Escrow on its own account.
contract ReentrantTokenTest is EscrowInvariants {
    function _token() internal override returns (MintableToken) {
        return new ReentrantToken();
    }
}

/// @notice Calls back whoever moves it, Escrow above all, from the middle of a transfer, with money of its own at stake.
contract ReentrantToken is MintableToken {
    bool private _inside;

    function _update(address from, address to, uint256 value) internal override {
        bool first = value % 2 == 0;
        if (first) _reEnter(value);
        super._update(from, to, value);
        if (!first) _reEnter(value);
    }

    function _reEnter(uint256 value) private {
        if (_inside || msg.sender.code.length == 0) return;
        _inside = true;
        if (balanceOf(address(this)) == 0) super._update(address(0), address(this), 1_000_000);
        _approve(address(this), msg.sender, type(uint256).max);
        bytes[5] memory calls = [
            abi.encodeWithSignature("flushBurn()"),
            abi.encodeWithSignature("deposit(uint256)", value),
            abi.encodeWithSignature("withdraw(uint256,address)", value / 2, address(this)),
            abi.encodeWithSignature("stake(uint256)", value / 2),
            abi.encodeWithSignature("release()")
        ];
        (bool ok, ) = msg.sender.call(calls[value % 5]);
        ok; // refused or not: the sums must be right
        _inside = false;
    }
}
