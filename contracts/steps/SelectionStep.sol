// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStep, StepInput} from "./IStep.sol";
import {Kinds} from "../lib/Kinds.sol";
import {Leaves} from "../lib/Leaves.sol";
import {Access, Record} from "../lib/Record.sol";
import {StepBase} from "./StepBase.sol";

/// @title ArgMax, ArgMin and TopK (docs/spec/selection.md), each decided by one counter-example.
/// @notice Order of the candidates: NaN first, then the larger value (ArgMin, and TopK with attribute 0: the smaller); -0 equals +0; ties
/// go to the lowest tap. `hint` is one word: the tap that shows the claim wrong. TopK: or a rank, see `_misranked`.
contract SelectionStep is StepBase {
    using Record for bytes32[];

    /// In a hint of TopK: the low bits are a rank j, and the indices at j and j + 1 are out of order.
    uint256 private constant RANKS = 1 << 255;

    /// @dev What a comparison of two candidates needs; a struct because of the stack.
    struct Candidates {
        Access access;
        uint256[] o;
        uint256[] inner;
        uint256[] k;
        uint256 taps;
        bool largest;
    }

    /// @inheritdoc IStep
    function isWrong(StepInput calldata step) external pure override returns (bool) {
        uint256 kind = step.record.kind();
        Candidates memory c;
        c.access = step.record.accesses()[0];
        c.o = _coordinates(step);
        c.inner = step.record.inner();
        c.k = new uint256[](c.inner.length);
        c.taps = Record.product(c.inner);
        if (kind == Kinds.TOP_K) {
            c.largest = step.record.attribute() == 1;
            return _misranked(step, c);
        }
        c.largest = kind == Kinds.ARG_MAX;
        if (!c.largest && kind != Kinds.ARG_MIN) revert Step_UnknownKind(kind);
        return _beaten(step, c);
    }

    /// @dev ArgMax, ArgMin. Without a present candidate the element is 0; else it is a present one that no other precedes.
    function _beaten(StepInput calldata step, Candidates memory c) private pure returns (bool) {
        int256 claimed = Leaves.signed(_claimed(step, step.element), step.record.dtype());
        // The right answer is a present tap or 0.
        if (claimed < 0 || claimed >= int256(c.taps)) return true;
        uint256 tap = uint256(claimed);
        if (!_isPresent(step, c, tap) && tap != 0) return true;
        return _precedes(step, c, _tapOf(step.hint), tap);
    }

    /// @dev TopK. The indices of the element's row are decided together: they are right if each precedes the next and no other
    /// candidate precedes the last. The hint names a rank whose index does not precede the next one, or a candidate that is not in the row and
    /// precedes the last. Every tap of a TopK is present, and no row is longer than its candidates (the compiler sees to both).
    function _misranked(StepInput calldata step, Candidates memory c) private pure returns (bool) {
        uint256 ranks = step.record.space()[c.o.length - 1];
        uint256 first = step.element - c.o[c.o.length - 1];
        c.o[c.o.length - 1] = 0; // the candidates do not depend on the rank
        uint256 hint = uint256(_word(step.hint));
        if (hint & RANKS != 0) {
            uint256 rank = hint ^ RANKS;
            if (rank >= ranks) revert Step_BadHint();
            (bool valid, uint256 tap) = _ranked(step, c, first + rank);
            if (!valid) return true;
            if (rank + 1 == ranks) return false;
            uint256 next;
            (valid, next) = _ranked(step, c, first + rank + 1);
            return !valid || !_precedes(step, c, tap, next);
        }
        uint256 last;
        for (uint256 i; i < ranks; ++i) {
            bool valid;
            (valid, last) = _ranked(step, c, first + i);
            if (!valid) return true;
            if (last == hint) return false;
        }
        return _precedes(step, c, hint, last);
    }

    /// @dev The tap that element `e` of the output names, and whether there is such a tap.
    function _ranked(
        StepInput calldata step,
        Candidates memory c,
        uint256 e
    ) private pure returns (bool valid, uint256 tap) {
        int256 claimed = Leaves.signed(_claimed(step, e), step.record.dtype());
        return (claimed >= 0 && claimed < int256(c.taps), uint256(claimed));
    }

    /// @dev Whether candidate j is present and goes before candidate i, or i is absent.
    function _precedes(StepInput calldata step, Candidates memory c, uint256 j, uint256 i) private pure returns (bool) {
        if (j >= c.taps) revert Step_BadHint();
        if (j == i) return false;
        (bool there, uint256 x) = _candidate(step, c, j);
        if (!there) return false;
        (bool rival, uint256 y) = _candidate(step, c, i);
        if (!rival) return true;
        int256 order = _compare(x, y, c.access.dtype, c.largest);
        return order > 0 || (order == 0 && j < i);
    }

    function _isPresent(StepInput calldata step, Candidates memory c, uint256 tap) private pure returns (bool) {
        Record.unravel(tap, c.inner, c.k);
        return step.record.addressAt(c.access, c.o, c.k) >= 0;
    }

    function _candidate(
        StepInput calldata step,
        Candidates memory c,
        uint256 tap
    ) private pure returns (bool, uint256) {
        Record.unravel(tap, c.inner, c.k);
        return _operand(step, 0, c.access, c.o, c.k);
    }

    /// @dev Positive if x goes before y, 0 on a tie. Bits are canonical.
    function _compare(uint256 x, uint256 y, uint256 dtype, bool largest) private pure returns (int256) {
        int256 order;
        if (dtype == Leaves.FLOAT) {
            bool nan = x == 0x7fc00000;
            if (nan || y == 0x7fc00000) return nan ? (y == 0x7fc00000 ? int256(0) : int256(1)) : int256(-1);
            order = _floatKey(x) - _floatKey(y);
        } else {
            order = Leaves.signed(x, dtype) - Leaves.signed(y, dtype);
        }
        return largest ? order : -order;
    }

    /// @dev Monotonic in the value; one key for both zeros.
    function _floatKey(uint256 bits) private pure returns (int256) {
        int256 magnitude = int256(bits & 0x7fffffff);
        return bits >> 31 == 1 ? -magnitude : magnitude;
    }

    function _tapOf(bytes calldata hint) private pure returns (uint256) {
        return uint256(_word(hint));
    }

    function _word(bytes calldata hint) private pure returns (bytes32) {
        if (hint.length != 32) revert Step_BadHint();
        return bytes32(hint);
    }
}
