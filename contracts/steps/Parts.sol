// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Access, Record} from "../lib/Record.sol";

/// @notice The inner space of a sum, as both of its factors A and B see it from one element of the output.
/// @dev A place is an address in each: A * 2^128 + B modulo 2^256. Places are added like numbers; parts of them may be negative.
struct Axes {
    uint256[] dims;
    uint256[] o; // coordinates of the element
    uint256[] steps; // by axis: what one more adds to the place, without guards
    uint256[] guards; // words of the record, those of A first
    uint256 guardsOfA;
    uint256 unit; // a step to the next element of both
}

/// @notice A stretch of one axis: each coordinate k of [from, to) adds start + k * stride to the place.
struct Stretch {
    uint256 from;
    uint256 to;
    uint256 start;
    uint256 stride;
    bool broken; // guards with a divisor are still to be asked for each coordinate
}

/// @notice What an axis adds to the place of a tap.
/// @dev That, and whether the axis' guards hold, depends on its own coordinate alone (docs/spec/program.md, "An operand: access").
library Parts {
    using Record for bytes32[];

    /// Where the address in A begins.
    uint256 internal constant A_SHIFT = 128;
    /// A coordinate at which a guard does not hold. No part of a place comes near.
    uint256 private constant NOT_THERE = 1 << 255;

    /// @notice The axes of operands 0 and, unless it is absent, 1.
    /// @return x the axes
    /// @return there false if a guard that names no inner axis does not hold: there are no taps
    /// @return place before anything is added
    function open(
        bytes32[] calldata r,
        Access[] memory operands,
        uint256[] memory o
    ) internal pure returns (Axes memory x, bool there, uint256 place) {
        bool two = operands.length > 1 && operands[1].present;
        x.dims = r.inner();
        x.o = o;
        x.steps = new uint256[](x.dims.length);
        x.guardsOfA = operands[0].guards;
        x.guards = new uint256[](x.guardsOfA + (two ? operands[1].guards : 0));
        x.unit = two ? (1 << A_SHIFT) + 1 : 1 << A_SHIFT;
        (there, place) = _start(x, r, operands[0], 0, A_SHIFT);
        if (!two || !there) return (x, there, place);
        uint256 inB;
        (there, inB) = _start(x, r, operands[1], x.guardsOfA, 0);
        unchecked {
            place += inB;
        }
    }

    /// @dev An operand before the first tap; adds its strides and guards to the axes. Not there if a guard without an inner axis fails.
    function _start(
        Axes memory x,
        bytes32[] calldata r,
        Access memory access,
        uint256 firstGuard,
        uint256 shift
    ) private pure returns (bool there, uint256 place) {
        unchecked {
            int256 start = access.base;
            for (uint256 i; i < x.o.length; ++i) start += r.stride(access.outerAt, i) * int256(x.o[i]);
            for (uint256 j; j < access.innerStrides; ++j) x.steps[j] += uint256(r.stride(access.innerAt, j)) << shift;
            for (uint256 g; g < access.guards; ++g) {
                uint256 guard = uint256(r[access.guardsAt + g]);
                x.guards[firstGuard + g] = guard;
                if (_innerAxis(guard) != 0xff) continue;
                int256 part = Record.guardPart(guard, x.o, x.o);
                if (part == type(int256).min) return (false, 0);
                start += part;
            }
            return (true, uint256(start) << shift);
        }
    }

    /// @notice The parts of the last axis as runs of `count` taps side by side in both operands: one of all of them, or each tap for itself.
    function runs(
        Axes memory x,
        uint256 axis,
        uint256 from,
        uint256 to
    ) internal pure returns (uint256[] memory list, uint256 count) {
        unchecked {
            Stretch memory s = _stretch(x, axis, from, to);
            if (s.stride != x.unit || s.broken || s.from == s.to) return (_list(x, axis, s), 1);
            list = new uint256[](1);
            list[0] = s.start + s.from * x.unit;
            return (list, s.to - s.from);
        }
    }

    /// @notice What each coordinate of [from, to) of an axis adds to the place, if it is there.
    function parts(Axes memory x, uint256 axis, uint256 from, uint256 to) internal pure returns (uint256[] memory) {
        return _list(x, axis, _stretch(x, axis, from, to));
    }

    /// @dev The axis as far as it is linear. A guard without a divisor holds on an interval, and adds a stride.
    function _stretch(Axes memory x, uint256 axis, uint256 from, uint256 to) private pure returns (Stretch memory s) {
        unchecked {
            (s.from, s.to, s.stride) = (from, to, x.steps[axis]);
            for (uint256 g; g < x.guards.length; ++g) {
                uint256 guard = x.guards[g];
                if (_innerAxis(guard) != axis) continue;
                if (_divisor(guard) != 1) {
                    s.broken = true;
                    continue;
                }
                (int256 v, int256 step) = _line(guard, x.o);
                _clip(s, v, step, int256(_extent(guard)));
                uint256 shift = g < x.guardsOfA ? A_SHIFT : 0;
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

    function _list(Axes memory x, uint256 axis, Stretch memory s) private pure returns (uint256[] memory list) {
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
            for (uint256 g; g < x.guards.length; ++g) {
                uint256 guard = x.guards[g];
                if (_innerAxis(guard) != axis || _divisor(guard) == 1) continue;
                _guard(list, guard, s.from, x.o, g < x.guardsOfA ? A_SHIFT : 0);
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
