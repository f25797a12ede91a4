// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Cursor, Cursors} from "./Cursor.sol";
import {StepInput} from "./IStep.sol";
import {Access, Record} from "../lib/Record.sol";

/// @notice One operand of a sum, seen from one element of the output.
struct Side {
    bool used; // false: the operand is absent
    bool broken; // a guard names the last axis: each tap of a line has to be asked for
    Cursor cursor;
    int256[] strides; // by inner axis, without guards
    uint256[] guards; // words of the record
    int256[] starts; // starts[i]: address by the element and the coordinates of the axes before i, or NOT_THERE
    uint256 packed; // memory position of the packed elements
    uint256 end; // and of their end
}

/// @notice The taps of a sum at which both operands are present, packed in memory.
/// @dev A line is all taps along the last inner axis. What an axis adds to an address depends on that axis' coordinate alone, so lines are
/// walked like an odometer, and only the parts of the axes that turn are computed again.
library Taps {
    using Cursors for Cursor;
    using Record for bytes32[];

    /// A guard does not hold (Record.guardPart). No address that a record can give comes near.
    int256 private constant NOT_THERE = type(int256).min;

    /// @notice Packs operands 0 and 1 at the present taps of [first, last), in the order of the taps.
    /// @return n taps that are present
    /// @return a memory position of operand 0's elements; at least 32 bytes of zeros follow the last
    /// @return b the same of operand 1; 0 if it is absent
    function pack(
        StepInput calldata step,
        Access[] memory operands,
        uint256[] memory o,
        uint256 first,
        uint256 last
    ) internal pure returns (uint256 n, uint256 a, uint256 b) {
        uint256[] memory inner = step.record.inner();
        uint256 taps = last - first;
        Side memory left = _side(step, operands, 0, o, inner.length, taps);
        Side memory right = _side(step, operands, 1, o, inner.length, taps);
        if (left.used && taps != 0) _lines(left, right, o, inner, first, taps);
        _close(left);
        _close(right);
        if (left.used) n = (left.end - left.packed) / left.cursor.width;
        return (n, left.packed, right.packed);
    }

    /// @dev The operand before the first tap, with memory for `taps` elements.
    function _side(
        StepInput calldata step,
        Access[] memory operands,
        uint256 i,
        uint256[] memory o,
        uint256 axes,
        uint256 taps
    ) private pure returns (Side memory side) {
        side.starts = new int256[](axes == 0 ? 1 : axes);
        if (i >= operands.length || !operands[i].present) return side;
        side.used = true;
        Access memory access = operands[i];
        side.cursor = Cursors.open(step, i, access.dtype);
        bytes32[] calldata r = step.record;
        side.strides = new int256[](axes);
        for (uint256 j; j < access.innerStrides; ++j) side.strides[j] = r.stride(access.innerAt, j);
        int256 start = access.base;
        for (uint256 j; j < o.length; ++j) start += r.stride(access.outerAt, j) * int256(o[j]);
        side.guards = new uint256[](access.guards);
        for (uint256 g; g < access.guards; ++g) {
            uint256 guard = uint256(r[access.guardsAt + g]);
            side.guards[g] = guard;
            uint256 axis = _innerAxis(guard);
            if (axis == 0xff) start = _plus(start, Record.guardPart(guard, o, o));
            else if (axis + 1 == axes) side.broken = true;
        }
        side.starts[0] = start;
        uint256 size = taps * side.cursor.width;
        uint256 place;
        assembly ("memory-safe") {
            place := mload(0x40)
            mstore(0x40, add(place, and(add(size, 95), not(31)))) // 64 more than the elements, less what a word is filled up by
        }
        (side.packed, side.end) = (place, place);
    }

    /// @dev What follows the last element is what was copied too much, or was never written.
    function _close(Side memory side) private pure {
        uint256 end = side.end;
        if (!side.used) return;
        assembly ("memory-safe") {
            mstore(end, 0)
        }
    }

    function _lines(
        Side memory a,
        Side memory b,
        uint256[] memory o,
        uint256[] memory inner,
        uint256 first,
        uint256 left
    ) private pure {
        unchecked {
            uint256 axes = inner.length;
            uint256 length = axes == 0 ? 1 : inner[axes - 1];
            uint256[] memory k = new uint256[](axes);
            Record.unravel(first - (first % length), inner, k);
            _turn(a, o, k, 0);
            _turn(b, o, k, 0);
            uint256 tap = first % length;
            while (true) {
                uint256 count = length - tap;
                if (count > left) count = left;
                _line(a, b, o, k, tap, count);
                left -= count;
                if (left == 0) return;
                tap = 0;
                // There is a next line, so an axis is found that is not at its end; k of the last axis is not used between lines.
                uint256 axis = axes - 2;
                while (++k[axis] == inner[axis]) k[axis--] = 0;
                _turn(a, o, k, axis);
                _turn(b, o, k, axis);
            }
        }
    }

    /// @dev Computes `starts` again after the coordinates of the axes from `axis` on have changed.
    function _turn(Side memory side, uint256[] memory o, uint256[] memory k, uint256 axis) private pure {
        unchecked {
            if (!side.used) return;
            uint256 end = side.starts.length - 1;
            for (; axis < end; ++axis) side.starts[axis + 1] = _plus(side.starts[axis], _part(side, axis, o, k));
        }
    }

    /// @dev What an axis adds to the address.
    function _part(
        Side memory side,
        uint256 axis,
        uint256[] memory o,
        uint256[] memory k
    ) private pure returns (int256 part) {
        unchecked {
            part = side.strides[axis] * int256(k[axis]);
            uint256[] memory guards = side.guards;
            for (uint256 g; g < guards.length; ++g)
                if (_innerAxis(guards[g]) == axis) part = _plus(part, Record.guardPart(guards[g], o, k));
        }
    }

    /// @dev `count` taps of a line from coordinate `tap` on.
    function _line(
        Side memory a,
        Side memory b,
        uint256[] memory o,
        uint256[] memory k,
        uint256 tap,
        uint256 count
    ) private pure {
        unchecked {
            uint256 last = a.starts.length - 1; // the last axis; 0 also if there is none
            if (a.starts[last] == NOT_THERE || (b.used && b.starts[last] == NOT_THERE)) return;
            if (!a.broken && !b.broken) {
                _copy(a, last, tap, count);
                if (b.used) _copy(b, last, tap, count);
                return;
            }
            for (uint256 end = tap + count; tap < end; ++tap) {
                k[last] = tap;
                int256 inA = _part(a, last, o, k);
                if (inA == NOT_THERE) continue;
                if (b.used) {
                    int256 inB = _part(b, last, o, k);
                    if (inB == NOT_THERE) continue;
                    b.end = b.cursor.copy(b.starts[last] + inB, 1, 1, b.end);
                }
                a.end = a.cursor.copy(a.starts[last] + inA, 1, 1, a.end);
            }
        }
    }

    /// @dev The same where no guard names the last axis.
    function _copy(Side memory side, uint256 last, uint256 tap, uint256 count) private pure {
        unchecked {
            // Without axes there is one tap and no stride.
            int256 stride = side.strides.length == 0 ? int256(1) : side.strides[last];
            side.end = side.cursor.copy(side.starts[last] + stride * int256(tap), stride, count, side.end);
        }
    }

    function _innerAxis(uint256 guard) private pure returns (uint256) {
        return (guard >> 240) & 0xff;
    }

    function _plus(int256 place, int256 part) private pure returns (int256) {
        unchecked {
            return place == NOT_THERE || part == NOT_THERE ? NOT_THERE : place + part;
        }
    }
}
