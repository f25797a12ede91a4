// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStep, Opened, StepInput} from "./IStep.sol";
import {Leaves} from "../lib/Leaves.sol";

/// @notice A reader of one operand's opened leaves that remembers where it read last: neighbours cost no search.
struct Cursor {
    uint256 operand;
    uint256 width; // bytes of an element
    uint256[] runs; // first element 128 | calldata position 64 | elements 64; ascending
    uint256 from; // elements [from, from + count) are the run found last
    uint256 count;
    uint256 origin; // calldata position of element 0, were it there: modulo 2^256
}

/// @notice Copies elements from calldata to memory, packed side by side. Where many elements are read, Leaves.find would search for each.
library Cursors {
    /// In StepInput.sources: nothing of the operand is read.
    uint256 private constant UNREAD = 0xff;

    /// @notice For reading operand `operand`, whose elements have this dtype. Nothing of it need be opened until it is read.
    function open(StepInput calldata step, uint256 operand, uint256 dtype) internal pure returns (Cursor memory c) {
        unchecked {
            c.operand = operand;
            c.width = Leaves.width(dtype);
            uint256 which = operand < step.sources.length ? uint8(step.sources[operand]) : UNREAD;
            if (which == UNREAD || which >= step.opened.length || c.width == 0) return c;
            Opened calldata o = step.opened[which];
            uint256 n = o.runs.length;
            uint256[] memory runs = new uint256[](n);
            uint256 place;
            uint256 left; // whole elements of `data` from `place` on: what runs say beyond them is not there
            {
                bytes calldata data = o.data;
                left = data.length / c.width;
                assembly ("memory-safe") {
                    place := data.offset
                }
            }
            for (uint256 i; i < n; ++i) {
                uint256 run = uint256(o.runs[i]);
                uint256 count = ((run >> 192) & 0xffffffff) * Leaves.LEAF_ELEMENTS;
                if (count > left) count = left;
                runs[i] = (((run >> 224) * Leaves.LEAF_ELEMENTS) << 128) | (place << 64) | count;
                left -= count;
                place += count * c.width;
            }
            c.runs = runs;
        }
    }

    /// @notice Copies runs of `count` elements, one from each address of a list, to memory at `to`; gives the position after the last.
    /// @dev An address is the 128 bits of base + list[i] from bit `shift` on.
    function gather(
        Cursor memory c,
        uint256[] memory list,
        uint256 base,
        uint256 shift,
        uint256 count,
        uint256 to
    ) internal pure returns (uint256) {
        unchecked {
            uint256 entry;
            uint256 end;
            uint256 size = count * c.width;
            assembly ("memory-safe") {
                entry := add(list, 32)
                end := add(entry, shl(5, mload(list)))
            }
            while (true) {
                (to, entry) = _inRun(c, entry, end, base, shift, size, to);
                if (entry == end) break;
                uint256 address_;
                assembly ("memory-safe") {
                    address_ := and(shr(shift, add(base, mload(entry))), 0xffffffffffffffffffffffffffffffff)
                }
                to = copy(c, address_, count, to);
                entry += 32;
            }
            return to;
        }
    }

    /// @dev The same up to the first entry that is not whole in the current run.
    function _inRun(
        Cursor memory c,
        uint256 entry,
        uint256 end,
        uint256 base,
        uint256 shift,
        uint256 size,
        uint256 to
    ) private pure returns (uint256, uint256) {
        unchecked {
            uint256 width = c.width;
            uint256 from = c.from;
            uint256 zeroth = c.origin;
            uint256 count = size / width;
            // The first elements of this many places have `count` elements in the run.
            uint256 places = c.count < count ? 0 : c.count - count + 1;
            assembly ("memory-safe") {
                for {} lt(entry, end) {
                    entry := add(entry, 32)
                } {
                    let address_ := and(shr(shift, add(base, mload(entry))), 0xffffffffffffffffffffffffffffffff)
                    if iszero(lt(sub(address_, from), places)) {
                        break
                    }
                    calldatacopy(to, add(zeroth, mul(address_, width)), size)
                    to := add(to, size)
                }
            }
            return (to, entry);
        }
    }

    /// @notice Copies `count` elements from `address_` on, wherever runs divide them.
    function copy(Cursor memory c, uint256 address_, uint256 count, uint256 to) internal pure returns (uint256) {
        unchecked {
            while (count != 0) {
                // Before the run's first element: wraps to more than any count.
                if (address_ - c.from >= c.count) _seek(c, address_);
                uint256 piece = c.count - (address_ - c.from);
                if (piece > count) piece = count;
                uint256 size = piece * c.width;
                uint256 place = c.origin + address_ * c.width;
                assembly ("memory-safe") {
                    calldatacopy(to, place, size)
                }
                to += size;
                count -= piece;
                address_ += piece;
            }
            return to;
        }
    }

    /// @dev Makes the run that holds the element the current one; bisection.
    function _seek(Cursor memory c, uint256 address_) private pure {
        unchecked {
            uint256[] memory runs = c.runs;
            uint256 low;
            uint256 high = runs.length; // the first run beyond the address
            while (low < high) {
                uint256 middle = (low + high) >> 1;
                if (runs[middle] >> 128 <= address_) low = middle + 1;
                else high = middle;
            }
            if (low != 0) {
                uint256 run = runs[low - 1];
                uint256 from = run >> 128;
                uint256 count = run & type(uint64).max;
                if (address_ - from < count) {
                    (c.from, c.count) = (from, count);
                    c.origin = ((run >> 64) & type(uint64).max) - from * c.width;
                    return;
                }
            }
            revert IStep.Step_NotOpened(c.operand, address_);
        }
    }
}
