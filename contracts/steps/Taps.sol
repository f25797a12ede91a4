// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Cursor, Cursors} from "./Cursor.sol";
import {StepInput} from "./IStep.sol";
import {Axes, Parts} from "./Parts.sol";
import {Access} from "../lib/Record.sol";

/// @notice What has been packed of both factors of a sum.
struct Walk {
    Axes axes;
    Cursor a;
    Cursor b; // of nothing if that operand is absent
    uint256 aEnd; // memory position after the elements packed so far
    uint256 bEnd;
}

/// @notice The taps of a sum at which both operands are present, packed in memory.
/// @dev Each axis of the inner space is a list of parts, one for each coordinate that is there (Parts), and the taps are all sums of one part
/// of each list.
library Taps {
    using Cursors for Cursor;

    /// @notice Packs operands 0 and 1 at the present taps of [first, last), in the same order.
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
        Walk memory w;
        w.a = Cursors.open(step, 0, operands[0].dtype);
        w.aEnd = a = _room((last - first) * w.a.width);
        if (operands.length > 1 && operands[1].present) {
            w.b = Cursors.open(step, 1, operands[1].dtype);
            w.bEnd = b = _room((last - first) * w.b.width);
        }
        bool there;
        uint256 place;
        (w.axes, there, place) = Parts.open(step.record, operands, o);
        if (there && last > first) _range(w, place, 0, first, last);
        n = (w.aEnd - a) / w.a.width;
        _end(w.aEnd);
        if (b != 0) _end(w.bEnd);
    }

    /// @dev Memory for so many bytes and a word of zeros.
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

    /// @dev Packs taps [first, last) of the axes from `axis` on, flat, as boxes: a stretch of one axis and all of those after it.
    function _range(Walk memory w, uint256 place, uint256 axis, uint256 first, uint256 last) private pure {
        unchecked {
            if (axis + 1 >= w.axes.dims.length) return _box(w, place, axis, first, last);
            uint256 size = 1;
            for (uint256 i = axis + 1; i < w.axes.dims.length; ++i) size *= w.axes.dims[i];
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
            uint256[] memory part = Parts.parts(w.axes, axis, k, k + 1);
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
            w.aEnd = w.a.gather(list, place, Parts.A_SHIFT, count, w.aEnd);
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
            uint256 axes = w.axes.dims.length;
            if (axes == 0) return (new uint256[](1), 1);
            if (axis + 1 == axes) return Parts.runs(w.axes, axis, from, to);
            // The list of the first axis comes last in memory, where it can grow.
            uint256[][] memory others = new uint256[][](axes);
            (others[axes - 1], count) = Parts.runs(w.axes, axes - 1, 0, w.axes.dims[axes - 1]);
            uint256 size = others[axes - 1].length;
            for (uint256 i = axis + 1; i + 1 < axes; ++i) {
                others[i] = Parts.parts(w.axes, i, 0, w.axes.dims[i]);
                size *= others[i].length;
            }
            list = Parts.parts(w.axes, axis, from, to);
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
}
