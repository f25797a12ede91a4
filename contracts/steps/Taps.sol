// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Cursor, Cursors} from "./Cursor.sol";
import {StepInput} from "./IStep.sol";
import {Access, Record} from "../lib/Record.sol";

/// @notice Both factors of a sum, seen from one element of the output.
/// @dev A place is an address in each: A * 2^128 + B modulo 2^256. Places are added like numbers; parts of them may be negative.
struct Walk {
    uint256[] dims; // of the inner space
    uint256[] o; // coordinates of the element
    uint256[] steps; // by inner axis: what one more adds to the place, without guards
    uint256[] guards; // words of the record, those of A first
    uint256 guardsOfA;
    uint256 unit; // a step to the next element of both
    Cursor a;
    Cursor b; // of nothing if that operand is absent
    uint256 aEnd; // memory position after the elements packed so far
    uint256 bEnd;
}

/// @notice A stretch of one axis: each coordinate k of [from, to) adds start + k * stride to the place.
struct Stretch {
    uint256 from;
    uint256 to;
    uint256 start;
    uint256 stride;
    bool broken; // guards with a divisor are still to be asked for each coordinate
}

/// @notice The taps of a sum at which both operands are present, packed in memory.
/// @dev What an axis of the inner space adds to an address, and whether its guards hold, depends on that axis' coordinate alone. So each axis is
/// a list of parts, one for each coordinate that is there, and the taps are all sums of one part of each.
library Taps {
    using Cursors for Cursor;
    using Record for bytes32[];

    uint256 private constant A_SHIFT = 128;
    /// A coordinate at which a guard does not hold. No part of a place comes near.
    uint256 private constant NOT_THERE = 1 << 255;

    /// @notice Packs operands 0 and 1 at the present taps of [first, last), in the order of the taps.
    /// @return n taps that are present
    /// @return a memory position of operand 0's elements; 32 bytes of zeros follow the last
    /// @return b the same of operand 1; 0 if it is absent
    function pack(
        StepInput calldata step,
        Access[] memory operands,
        uint256[] memory o,
        uint256 first,
        uint256 last
    ) internal pure returns (uint256 n, uint256 a, uint256 b) {
        if (!operands[0].present) return (0, 0, 0);
        bool two = operands.length > 1 && operands[1].present;
        Walk memory w;
        w.dims = step.record.inner();
        w.o = o;
        w.steps = new uint256[](w.dims.length);
        w.guardsOfA = operands[0].guards;
        w.guards = new uint256[](w.guardsOfA + (two ? operands[1].guards : 0));
        w.unit = two ? (1 << A_SHIFT) + 1 : 1 << A_SHIFT;
        w.a = Cursors.open(step, 0, operands[0].dtype);
        w.aEnd = a = _room((last - first) * w.a.width);
        if (two) {
            w.b = Cursors.open(step, 1, operands[1].dtype);
            w.bEnd = b = _room((last - first) * w.b.width);
        }
        (bool there, uint256 place) = _start(w, step.record, operands[0], 0, A_SHIFT);
        if (two && there) {
            uint256 inB;
            (there, inB) = _start(w, step.record, operands[1], w.guardsOfA, 0);
            unchecked {
                place += inB;
            }
        }
        if (there && last > first) _range(w, place, 0, first, last);
        n = (w.aEnd - a) / w.a.width;
        _end(w.aEnd);
        if (two) _end(w.bEnd);
    }

    /// @dev Memory for so many bytes, what a copy may write beyond them, and zeros.
    function _room(uint256 size) private pure returns (uint256 place) {
        assembly ("memory-safe") {
            place := mload(0x40)
            mstore(0x40, add(place, and(add(size, 63), not(31))))
        }
    }

    function _end(uint256 place) private pure {
        assembly ("memory-safe") {
            mstore(place, 0)
        }
    }

    /// @dev An operand before the first tap; adds its strides and guards to the walk. Not there if a guard without an inner axis fails.
    function _start(
        Walk memory w,
        bytes32[] calldata r,
        Access memory access,
        uint256 firstGuard,
        uint256 shift
    ) private pure returns (bool there, uint256 place) {
        unchecked {
            int256 start = access.base;
            for (uint256 i; i < w.o.length; ++i) start += r.stride(access.outerAt, i) * int256(w.o[i]);
            for (uint256 j; j < access.innerStrides; ++j) w.steps[j] += uint256(r.stride(access.innerAt, j)) << shift;
            for (uint256 g; g < access.guards; ++g) {
                uint256 guard = uint256(r[access.guardsAt + g]);
                w.guards[firstGuard + g] = guard;
                if (_innerAxis(guard) != 0xff) continue;
                int256 part = Record.guardPart(guard, w.o, w.o);
                if (part == type(int256).min) return (false, 0);
                start += part;
            }
            return (true, uint256(start) << shift);
        }
    }

    /// @dev Packs taps [first, last) of the axes from `axis` on, flat, as boxes: a stretch of one axis and all of those after it.
    function _range(Walk memory w, uint256 place, uint256 axis, uint256 first, uint256 last) private pure {
        unchecked {
            if (axis + 1 >= w.dims.length) return _box(w, place, axis, first, last);
            uint256 size = 1;
            for (uint256 i = axis + 1; i < w.dims.length; ++i) size *= w.dims[i];
            uint256 from = first / size;
            uint256 to = last / size;
            first -= from * size;
            last -= to * size;
            if (from == to) return _slice(w, place, axis, from, first, last);
            if (first != 0) _slice(w, place, axis, from++, first, size);
            if (from < to) _box(w, place, axis, from, to);
            if (last != 0) _slice(w, place, axis, to, 0, last);
        }
    }

    /// @dev The same at one coordinate of `axis`.
    function _slice(Walk memory w, uint256 place, uint256 axis, uint256 k, uint256 first, uint256 last) private pure {
        unchecked {
            uint256[] memory part = _parts(w, axis, k, k + 1);
            if (part.length != 0) _range(w, place + part[0], axis + 1, first, last);
        }
    }

    /// @dev Packs all taps whose coordinate on `axis` is in [from, to), of the axes from that one on.
    function _box(Walk memory w, uint256 place, uint256 axis, uint256 from, uint256 to) private pure {
        unchecked {
            uint256 free;
            assembly ("memory-safe") {
                free := mload(0x40)
            }
            (uint256[] memory list, uint256 count) = _starts(w, axis, from, to);
            w.aEnd = w.a.gather(list, place, A_SHIFT, count, w.aEnd);
            if (w.b.width != 0) w.bEnd = w.b.gather(list, place, 0, count, w.bEnd);
            assembly ("memory-safe") {
                mstore(0x40, free) // the lists are not used again
            }
        }
    }

    /// @dev Where runs of `count` taps of the box begin, as places.
    function _starts(
        Walk memory w,
        uint256 axis,
        uint256 from,
        uint256 to
    ) private pure returns (uint256[] memory list, uint256 count) {
        unchecked {
            uint256 axes = w.dims.length;
            if (axes == 0) return (new uint256[](1), 1);
            if (axis + 1 == axes) return _runs(w, axis, from, to);
            // The list of the first axis comes last in memory, where it can grow.
            uint256[][] memory others = new uint256[][](axes);
            (others[axes - 1], count) = _runs(w, axes - 1, 0, w.dims[axes - 1]);
            uint256 size = others[axes - 1].length;
            for (uint256 i = axis + 1; i + 1 < axes; ++i) {
                others[i] = _parts(w, i, 0, w.dims[i]);
                size *= others[i].length;
            }
            list = _parts(w, axis, from, to);
            size *= list.length;
            assembly ("memory-safe") {
                mstore(0x40, add(list, shl(5, add(size, 1))))
            }
            if (size == 0) return (new uint256[](0), 1);
            for (uint256 i = axis + 1; i < axes; ++i) _expand(list, others[i]);
        }
    }

    /// @dev Replaces each entry of the list by its sums with all parts, in their order. The memory after it must be free.
    function _expand(uint256[] memory list, uint256[] memory parts) private pure {
        assembly ("memory-safe") {
            let n := mload(list)
            let size := shl(5, mload(parts))
            let first := add(parts, 32)
            mstore(list, mul(n, mload(parts)))
            // From the last entry on: the sums of entry i begin at entry i * parts or later, so they overwrite none that is still needed.
            let to := add(add(list, 32), mul(n, size))
            for {
                let entry := add(list, shl(5, n))
            } gt(entry, list) {
                entry := sub(entry, 32)
            } {
                let x := mload(entry)
                to := sub(to, size)
                for {
                    let i := 0
                } lt(i, size) {
                    i := add(i, 32)
                } {
                    mstore(add(to, i), add(x, mload(add(first, i))))
                }
            }
        }
    }

    /// @dev The parts of the last axis as runs of `count` taps side by side in both operands: one of all of them, or each tap for itself.
    function _runs(
        Walk memory w,
        uint256 axis,
        uint256 from,
        uint256 to
    ) private pure returns (uint256[] memory list, uint256 count) {
        unchecked {
            Stretch memory s = _stretch(w, axis, from, to);
            if (s.stride != w.unit || s.broken || s.from == s.to) return (_list(w, axis, s), 1);
            list = new uint256[](1);
            list[0] = s.start + s.from * w.unit;
            return (list, s.to - s.from);
        }
    }

    /// @dev What each coordinate of [from, to) of an axis adds to the place, if it is there.
    function _parts(Walk memory w, uint256 axis, uint256 from, uint256 to) private pure returns (uint256[] memory) {
        return _list(w, axis, _stretch(w, axis, from, to));
    }

    /// @dev The same as far as it is linear. A guard without a divisor holds on an interval, and adds a stride.
    function _stretch(Walk memory w, uint256 axis, uint256 from, uint256 to) private pure returns (Stretch memory s) {
        unchecked {
            (s.from, s.to, s.stride) = (from, to, w.steps[axis]);
            for (uint256 g; g < w.guards.length; ++g) {
                uint256 guard = w.guards[g];
                if (_innerAxis(guard) != axis) continue;
                if (_divisor(guard) != 1) {
                    s.broken = true;
                    continue;
                }
                (int256 v, int256 step) = _line(guard, w.o);
                _clip(s, v, step, int256(_extent(guard)));
                uint256 shift = g < w.guardsOfA ? A_SHIFT : 0;
                s.start += uint256(v * _stride(guard)) << shift;
                s.stride += uint256(step * _stride(guard)) << shift;
            }
        }
    }

    /// @dev Keeps the coordinates at which 0 <= v + k * step < extent.
    function _clip(Stretch memory s, int256 v, int256 step, int256 extent) private pure {
        unchecked {
            if (step == 0) {
                if (v < 0 || v >= extent) s.to = s.from;
                return;
            }
            // Counted from the other end of the extent, it rises.
            if (step < 0) (v, step) = (extent - 1 - v, -step);
            uint256 low = _steps(-v, step);
            uint256 high = _steps(extent - v, step);
            if (low > s.from) s.from = low;
            if (high < s.to) s.to = high;
            if (s.to < s.from) s.to = s.from;
        }
    }

    /// @dev Steps from 0 that reach `distance` at least; step > 0.
    function _steps(int256 distance, int256 step) private pure returns (uint256) {
        unchecked {
            return distance <= 0 ? 0 : uint256((distance + step - 1) / step);
        }
    }

    function _list(Walk memory w, uint256 axis, Stretch memory s) private pure returns (uint256[] memory list) {
        unchecked {
            uint256 stride = s.stride;
            uint256 part = s.start + s.from * stride;
            uint256 n = s.to - s.from;
            assembly ("memory-safe") {
                list := mload(0x40)
                mstore(list, n)
                let end := add(list, shl(5, add(n, 1)))
                mstore(0x40, end)
                for {
                    let p := add(list, 32)
                } lt(p, end) {
                    p := add(p, 32)
                } {
                    mstore(p, part)
                    part := add(part, stride)
                }
            }
            if (!s.broken) return list;
            for (uint256 g; g < w.guards.length; ++g) {
                uint256 guard = w.guards[g];
                if (_innerAxis(guard) != axis || _divisor(guard) == 1) continue;
                _guard(list, guard, s.from, w.o, g < w.guardsOfA ? A_SHIFT : 0);
            }
            _close(list);
        }
    }

    /// @dev Adds a guard's part to each coordinate from `from` on, or marks those at which it does not hold (Record.guardPart).
    function _guard(
        uint256[] memory list,
        uint256 guard,
        uint256 from,
        uint256[] memory o,
        uint256 shift
    ) private pure {
        unchecked {
            (int256 v, int256 step) = _line(guard, o);
            v += step * int256(from);
            uint256 stride = uint256(_stride(guard)) << shift;
            uint256 divisor = _divisor(guard);
            uint256 extent = divisor == 0 ? 0 : _extent(guard);
            assembly ("memory-safe") {
                let end := add(add(list, 32), shl(5, mload(list)))
                for {
                    let p := add(list, 32)
                } lt(p, end) {
                    p := add(p, 32)
                } {
                    // A negative v is 2^224 or more after the division, so beyond any extent.
                    let steps := div(v, divisor)
                    let part := mload(p)
                    switch and(lt(steps, extent), eq(mul(steps, divisor), v))
                    case 0 {
                        part := NOT_THERE
                    }
                    default {
                        if xor(part, NOT_THERE) {
                            part := add(part, mul(steps, stride))
                        }
                    }
                    mstore(p, part)
                    v := add(v, step)
                }
            }
        }
    }

    /// @dev Drops what is not there.
    function _close(uint256[] memory list) private pure {
        assembly ("memory-safe") {
            let end := add(add(list, 32), shl(5, mload(list)))
            let to := add(list, 32)
            for {
                let p := to
            } lt(p, end) {
                p := add(p, 32)
            } {
                let part := mload(p)
                mstore(to, part)
                to := add(to, shl(5, iszero(eq(part, NOT_THERE))))
            }
            mstore(list, sub(shr(5, sub(to, list)), 1))
        }
    }

    // A guard's word: outer axis 8 | inner axis 8 | outerStep 32 | innerStep 32 | offset 32 | divisor 32 | extent 32 | stride 32.

    /// @dev Its value at inner coordinate 0, and what one more adds.
    function _line(uint256 guard, uint256[] memory o) private pure returns (int256 v, int256 step) {
        unchecked {
            v = int256(int32(uint32(guard >> 144)));
            uint256 axis = guard >> 248;
            if (axis != 0xff) v += int256(int32(uint32(guard >> 208))) * int256(o[axis]);
            step = int256(int32(uint32(guard >> 176)));
        }
    }

    function _divisor(uint256 guard) private pure returns (uint256) {
        return (guard >> 112) & 0xffffffff;
    }

    function _extent(uint256 guard) private pure returns (uint256) {
        return (guard >> 80) & 0xffffffff;
    }

    function _stride(uint256 guard) private pure returns (int256) {
        return int256(int32(uint32(guard >> 48)));
    }

    function _innerAxis(uint256 guard) private pure returns (uint256) {
        return (guard >> 240) & 0xff;
    }
}
