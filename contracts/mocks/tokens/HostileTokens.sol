// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// solhint-disable avoid-low-level-calls, one-contract-per-file

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
    address public target;
    bytes public data;
    bool public afterMove;
    bool public lastSucceeded;
    bytes public lastReturned;

    function arm(address target_, bytes calldata data_, bool afterMove_) external {
        (target, data, afterMove) = (target_, data_, afterMove_);
    }

    function _update(address from, address to, uint256 value) internal override {
        if (!afterMove) _hook();
        super._update(from, to, value);
        if (afterMove) _hook();
    }

    function _hook() private {
        address callee = target;
        if (callee == address(0)) return;
        target = address(0);
        (lastSucceeded, lastReturned) = callee.call(data);
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
