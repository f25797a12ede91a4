// SPDX-License-Identifier: MIT
// solhint-disable avoid-low-level-calls, one-contract-per-file, reentrancy
pragma solidity 0.8.37;

import {Escrow} from "../escrow/Escrow.sol";
import {Close, Credit, Relock} from "../escrow/IEscrow.sol";
import {MintableToken} from "./tokens/MintableToken.sol";
import {Amounts, AmountsLib} from "../types/Amounts.sol";

/// @notice An account that does what the handler tells it to.
contract Actor {
    address private immutable _handler = msg.sender;

    error OnlyTheHandler();

    /// @notice Calls; false if it reverted. Only the handler may tell it to: the engine calls what it finds.
    function act(address target, bytes calldata data) external returns (bool ok) {
        if (msg.sender != _handler) revert OnlyTheHandler();
        (ok, ) = target.call(data);
    }
}

/// @notice Is an appended capability of an Escrow on any token: it opens, changes and closes locks at random, and
/// moves its actors, who consent to it and withdraw. It remembers which locks are open and what they hold; the test compares.
/// @dev Arguments are reduced to plausible ranges; what Escrow refuses must leave everything as it was.
contract EscrowHandler {
    struct Held {
        uint16 lane;
        address payer;
        address node; // who gave the slice
        uint64 nonce;
        uint96 fee;
        uint96 slice;
        bytes32 tag;
    }

    uint256 private constant ACTORS = 4;
    uint16 private constant LANES = 6;

    error Begun();

    Escrow public escrow;
    MintableToken public token;
    Actor[] public actors;
    Held[] public open;
    /// Tokens sent to Escrow without a call.
    uint256 public strays;
    /// Calls that did something.
    uint256 public done;
    /// Set if Escrow said yes to something it must refuse.
    string public violation;

    /// @notice Once, by the test: the Escrow in which this is the appended capability 0.
    function begin(Escrow escrow_) external {
        if (address(escrow) != address(0)) revert Begun();
        (escrow, token) = (escrow_, MintableToken(escrow_.token()));
        for (uint256 i; i < ACTORS; ++i) {
            Actor actor = new Actor();
            actors.push(actor);
            token.mint(address(actor), 1_000_000);
            actor.act(address(token), abi.encodeCall(token.approve, (address(escrow), type(uint256).max)));
            actor.act(address(escrow), abi.encodeCall(escrow.setConsent, (0, true)));
        }
    }

    /* ACTORS */

    function deposit(uint256 who, uint256 amount) external {
        _do(who, abi.encodeCall(escrow.deposit, (amount % 50_000)));
    }

    function depositFor(uint256 who, uint256 other, uint256 amount) external {
        _do(who, abi.encodeCall(escrow.depositFor, (_actor(other), amount % 50_000)));
    }

    function withdraw(uint256 who, uint256 other, uint256 amount) external {
        _do(who, abi.encodeCall(escrow.withdraw, (amount % 50_000, _actor(other))));
    }

    function stake(uint256 who, uint256 amount) external {
        _do(who, abi.encodeCall(escrow.stake, (amount % 50_000)));
    }

    function unstake(uint256 who, uint256 amount) external {
        _do(who, abi.encodeCall(escrow.unstake, (amount % 50_000)));
    }

    function restake(uint256 who, uint256 amount) external {
        _do(who, abi.encodeCall(escrow.restake, (amount % 50_000)));
    }

    function release(uint256 who) external {
        _do(who, abi.encodeCall(escrow.release, ()));
    }

    /// @dev Three of four calls consent.
    function setConsent(uint256 who, uint256 choice) external {
        _do(who, abi.encodeCall(escrow.setConsent, (0, choice % 4 != 0)));
    }

    function stray(uint256 who, uint256 amount) external {
        uint256 before = token.balanceOf(address(escrow));
        actors[who % ACTORS].act(address(token), abi.encodeCall(token.transfer, (address(escrow), amount % 100)));
        strays += token.balanceOf(address(escrow)) - before;
    }

    function flushBurn() external {
        (bool ok, ) = address(escrow).call(abi.encodeCall(escrow.flushBurn, ()));
        if (ok) ++done;
    }

    /* THE CAPABILITY */

    function lock(uint256 who, uint256 lane, uint96 fee, bytes32 tag, bool pull) external {
        address payer = _actor(who);
        uint16 chosen = uint16(lane % LANES);
        fee %= 20_000;
        try escrow.lock(payer, chosen, fee, tag, pull) returns (uint64 nonce) {
            if (_isOpen(payer, chosen)) violation = "a busy lane was opened";
            _requireConsent(payer);
            open.push(Held(chosen, payer, address(0), nonce, fee, 0, tag));
            ++done;
        } catch {}
    }

    function lockMany(uint256 who, uint256 lane, uint96 fee, uint256 count, bool pull) external {
        address payer = _actor(who);
        uint16 first = uint16(lane % LANES);
        fee %= 10_000;
        bytes32[] memory tags = new bytes32[](count % 4);
        for (uint256 i; i < tags.length; ++i) tags[i] = keccak256(abi.encode(fee, count, i));
        try escrow.lockMany(payer, first, fee, tags, pull) returns (uint64 nonce) {
            _requireConsent(payer);
            for (uint16 i; i < tags.length; ++i) {
                if (_isOpen(payer, first + i)) violation = "a busy lane was opened";
                open.push(Held(first + i, payer, address(0), nonce + i, fee, 0, tags[i]));
            }
            ++done;
        } catch {}
    }

    /// @dev `lie` describes the lock wrongly; Escrow must refuse.
    function relock(uint256 which, uint256 who, uint96 slice, bytes32 newTag, bool lie) external {
        if (open.length == 0) return;
        Held storage h = open[which % open.length];
        address node = _actor(who);
        slice %= 20_000;
        Amounts amounts = AmountsLib.pack(h.nonce, h.slice, lie ? h.fee + 1 : h.fee);
        try escrow.relock(h.payer, h.lane, amounts, h.tag, newTag, node, slice) {
            if (lie) violation = "a lock was changed by a wrong description";
            if (slice != 0 && h.slice != 0) violation = "a second slice was taken";
            if (slice != 0) _requireConsent(node);
            if (slice != 0) (h.slice, h.node) = (slice, node);
            h.tag = newTag;
            ++done;
        } catch {}
    }

    /// @dev `off` is what the parts are wrong by: anything but 0 must be refused.
    function close(uint256 which, uint256 first, uint256 second, uint256 share, uint256 off, bool toStake) external {
        if (open.length == 0) return;
        uint256 i = which % open.length;
        Held memory h = open[i];
        Credit[] memory credits = _credits(h.fee, h.slice, _actor(first), _actor(second), share, off % 3, toStake);
        Amounts amounts = AmountsLib.pack(h.nonce, h.slice, h.fee);
        try escrow.close(h.payer, h.lane, amounts, h.tag, credits) {
            if (off % 3 != 0) violation = "a closing paid another sum than its lock held";
            _tryAgain(h, amounts, credits);
            _forget(i);
            ++done;
        } catch {}
    }

    /// @dev The same lock twice, and one more that may be of other amounts.
    function closeMany(uint256 which, uint256 other, uint256 to, uint256 share) external {
        if (open.length == 0) return;
        (uint256 i, uint256 j) = (which % open.length, other % open.length);
        Held memory h = open[i];
        Held memory k = open[j];
        if (k.payer != h.payer) (k, j) = (h, i);
        Close[] memory items = new Close[](3);
        items[0] = Close(h.lane, AmountsLib.pack(h.nonce, h.slice, h.fee), h.tag);
        items[1] = items[0];
        items[2] = Close(k.lane, AmountsLib.pack(k.nonce, k.slice, k.fee), k.tag);
        Credit[] memory credits = _credits(h.fee, h.slice, _actor(to), h.payer, share, 0, false);
        try escrow.closeMany(h.payer, items, credits) returns (uint256 gone) {
            if (gone & 3 != 2) violation = "the same lock twice: not closed exactly once";
            if ((gone >> 2 == 0) == (i == j)) violation = "the third item fared as it should not";
            _forget(i > j ? i : j);
            if (i != j) _forget(i > j ? j : i);
            ++done;
        } catch {}
    }

    function relockMany(uint256 which, uint256 who, uint96 slice, bytes32 newTag) external {
        if (open.length == 0) return;
        Held storage h = open[which % open.length];
        if (h.slice != 0) return;
        address node = _actor(who);
        slice = 1 + (slice % 20_000);
        Relock[] memory items = new Relock[](2); // the same twice: the second is gone
        items[0] = Relock(h.lane, AmountsLib.pack(h.nonce, 0, h.fee), h.tag, newTag);
        items[1] = items[0];
        try escrow.relockMany(h.payer, items, node, slice) returns (uint256 gone, uint256 noStake) {
            _requireConsent(node);
            if (noStake & 1 == 0) {
                (h.slice, h.node, h.tag) = (slice, node, newTag);
                if (gone & 2 == 0) violation = "one lock took two slices";
                ++done;
            }
        } catch {}
    }

    /* VIEWS */

    function openCount() external view returns (uint256) {
        return open.length;
    }

    function held() external view returns (uint256 sum) {
        for (uint256 i; i < open.length; ++i) sum += uint256(open[i].fee) + open[i].slice;
    }

    function inAccounts() external view returns (uint256 sum) {
        for (uint256 i; i < ACTORS; ++i) sum += _worth(address(actors[i]));
        sum += _worth(escrow.BURN()) + _worth(address(token)); // a token may act on its own account
    }

    /// @notice Whether every open lock holds the word it should.
    function wordsHold() external view returns (bool) {
        for (uint256 i; i < open.length; ++i) {
            Held memory h = open[i];
            bytes32 word = keccak256(abi.encode(h.tag, AmountsLib.pack(h.nonce, h.slice, h.fee)));
            if (escrow.lockOf(address(this), h.payer, h.lane) != word) return false;
        }
        return true;
    }

    /* INTERNAL */

    function _do(uint256 who, bytes memory data) private {
        if (actors[who % ACTORS].act(address(escrow), data)) ++done;
    }

    function _actor(uint256 who) private view returns (address) {
        return address(actors[who % ACTORS]);
    }

    function _worth(address account) private view returns (uint256) {
        (uint96 available, uint96 staked, ) = escrow.accountOf(account);
        (uint96 unbonding, ) = escrow.unbondingOf(account);
        return uint256(available) + staked + unbonding;
    }

    /// @dev Two parties and a burn; `off` is added to what the first gets.
    function _credits(
        uint96 fee,
        uint96 slice,
        address first,
        address second,
        uint256 share,
        uint256 off,
        bool toStake
    ) private view returns (Credit[] memory credits) {
        uint96 all = fee + slice;
        uint96 part = uint96(share % (uint256(all) + 1));
        uint96 burned = (all - part) / 3;
        credits = new Credit[](3);
        credits[0] = toStake ? Credit(first, uint96(off), part) : Credit(first, part + uint96(off), 0);
        credits[1] = Credit(second, all - part - burned, 0);
        credits[2] = Credit(escrow.BURN(), burned, 0);
    }

    function _tryAgain(Held memory h, Amounts amounts, Credit[] memory credits) private {
        try escrow.close(h.payer, h.lane, amounts, h.tag, credits) {
            violation = "a lock was closed twice";
        } catch {}
    }

    function _requireConsent(address account) private {
        if (!escrow.consents(account, 0)) violation = "an account was touched without its consent";
    }

    function _isOpen(address payer, uint16 lane) private view returns (bool) {
        for (uint256 i; i < open.length; ++i) if (open[i].payer == payer && open[i].lane == lane) return true;
        return false;
    }

    function _forget(uint256 i) private {
        open[i] = open[open.length - 1];
        open.pop();
    }
}
