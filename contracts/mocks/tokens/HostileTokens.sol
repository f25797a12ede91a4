// SPDX-License-Identifier: MIT
// solhint-disable avoid-low-level-calls, one-contract-per-file
pragma solidity 0.8.37;

import {MintableToken} from "./MintableToken.sol";

/// @notice Burns one percent of every transfer.
contract FeeToken is MintableToken {
    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from != address(0) && to != address(0)) super._update(to, address(0), value / 100);
    }
}

/// @notice Delivers one wei more than asked.
contract BonusToken is MintableToken {
    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from != address(0) && to != address(0)) super._update(address(0), to, 1);
    }
}

/// @notice Every balance is a share of a supply that anybody can scale.
contract RebasingToken is MintableToken {
    uint256 public percent = 100;

    function rebase(uint256 percent_) external {
        percent = percent_;
    }

    function balanceOf(address account) public view override returns (uint256) {
        return (super.balanceOf(account) * percent) / 100;
    }
}

/// @notice Answers false instead of reverting, and moves nothing.
contract FalseToken is MintableToken {
    function transfer(address, uint256) public pure override returns (bool) {
        return false;
    }

    function transferFrom(address, address, uint256) public pure override returns (bool) {
        return false;
    }
}

/// @notice Answers true, and moves nothing.
contract LyingToken is MintableToken {
    function transfer(address, uint256) public pure override returns (bool) {
        return true;
    }

    function transferFrom(address, address, uint256) public pure override returns (bool) {
        return true;
    }
}

/// @notice Moves, but answers nothing: the dialect of old tokens.
contract SilentToken is MintableToken {
    function transfer(address to, uint256 value) public override returns (bool) {
        super.transfer(to, value);
        assembly {
            return(0, 0)
        }
    }

    function transferFrom(address from, address to, uint256 value) public override returns (bool) {
        super.transferFrom(from, to, value);
        assembly {
            return(0, 0)
        }
    }
}

/// @notice Answers success to receiveWithAuthorization, without looking at the signature, and moves nothing.
contract EmptyAuthorizationToken is MintableToken {
    function receiveWithAuthorization(
        address,
        address,
        uint256,
        uint256,
        uint256,
        bytes32,
        bytes calldata
    ) external pure {}
}

/// @notice Calls a target in the middle of every transfer, once per arming, before or after the balances move.
contract HookToken is MintableToken {
    address public callee;
    bytes public data;
    bool public afterMove;
    bool public lastSucceeded;
    bytes public lastReturned;

    function arm(address callee_, bytes calldata data_, bool afterMove_) external {
        (callee, data, afterMove) = (callee_, data_, afterMove_);
    }

    function _update(address from, address to, uint256 value) internal override {
        if (!afterMove) _hook();
        super._update(from, to, value);
        if (afterMove) _hook();
    }

    function _hook() private {
        address armed = callee;
        if (armed == address(0)) return;
        callee = address(0);
        (lastSucceeded, lastReturned) = armed.call(data);
    }
}

/// @notice Tells sender and receiver of every transfer, as ERC-777 does, and insists on being heard.
contract InsistingHookToken is MintableToken {
    error Unheard(address account);

    function _update(address from, address to, uint256 value) internal override {
        _tell(from);
        super._update(from, to, value);
        _tell(to);
    }

    function _tell(address account) private {
        if (account.code.length == 0) return;
        (bool heard, ) = account.call("");
        if (!heard) revert Unheard(account);
    }
}

/// @notice Anybody can block anybody.
contract BlocklistToken is MintableToken {
    mapping(address account => bool) public isBlocked;

    error Blocked(address account);

    function setBlocked(address account, bool blocked) external {
        isBlocked[account] = blocked;
    }

    function _update(address from, address to, uint256 value) internal override {
        if (isBlocked[from]) revert Blocked(from);
        if (isBlocked[to]) revert Blocked(to);
        super._update(from, to, value);
    }
}

/// @notice Anybody can stop it.
contract PausableToken is MintableToken {
    bool public paused;

    error TokenPaused();

    function setPaused(bool paused_) external {
        paused = paused_;
    }

    function _update(address from, address to, uint256 value) internal override {
        if (paused) revert TokenPaused();
        super._update(from, to, value);
    }
}
