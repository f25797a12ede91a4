// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice An operand of a record: where its elements are (docs/spec/program.md, "An operand: access").
struct Access {
    bool present; // false: the operand is absent, and everything else is 0
    uint256 from; // 0 operator, 1 constant, 2 input
    uint256 index; // of the operator or input
    uint256 dtype;
    uint256 elements; // of the source
    int256 base;
    uint256 constantAt; // word with a constant's commitment
    uint256 outerAt; // first word of the outer strides
    uint256 innerAt; // first word of the inner strides
    uint256 innerStrides; // 0 or the record's inner axes
    uint256 guardsAt; // first word of the guards
    uint256 guards;
}

/// @notice An operator's record, read where it lies. Words are addressed by their index.
/// @dev A record is proved under the program's root before it is read, so it is what a compiler wrote. Fields are 32 bits or fewer and axes
/// at most 255, so no sum of products here leaves int256. A read beyond the record reverts.
library Record {
    /// An address that does not exist: a guard does not hold.
    int256 internal constant ABSENT = -1;

    uint256 internal constant FROM_OPERATOR = 0;
    uint256 internal constant FROM_CONSTANT = 1;
    uint256 internal constant FROM_INPUT = 2;

    function kind(bytes32[] calldata r) internal pure returns (uint256) {
        return uint256(r[0]) >> 248;
    }

    function dtype(bytes32[] calldata r) internal pure returns (uint256) {
        return (uint256(r[0]) >> 240) & 0xff;
    }

    /// @notice Axes of the space.
    function axes(bytes32[] calldata r) internal pure returns (uint256) {
        return (uint256(r[0]) >> 232) & 0xff;
    }

    function innerAxes(bytes32[] calldata r) internal pure returns (uint256) {
        return (uint256(r[0]) >> 224) & 0xff;
    }

    function operands(bytes32[] calldata r) internal pure returns (uint256) {
        return (uint256(r[0]) >> 208) & 0xffff;
    }

    function attribute(bytes32[] calldata r) internal pure returns (uint256) {
        return (uint256(r[0]) >> 176) & 0xffffffff;
    }

    /// @notice The header of the output.
    function header(bytes32[] calldata r) internal pure returns (bytes32) {
        return r[1];
    }

    /// @notice Sizes of the space's axes.
    function space(bytes32[] calldata r) internal pure returns (uint256[] memory) {
        return _numbers(r, 2, axes(r));
    }

    /// @notice Sizes of the inner axes.
    function inner(bytes32[] calldata r) internal pure returns (uint256[] memory) {
        return _numbers(r, 2 + _words(axes(r)), innerAxes(r));
    }

    /// @notice All operands, in one pass.
    function accesses(bytes32[] calldata r) internal pure returns (Access[] memory all) {
        unchecked {
            uint256 n = operands(r);
            uint256 outerWords = _words(axes(r));
            uint256 place = 2 + outerWords + _words(innerAxes(r));
            all = new Access[](n);
            for (uint256 i; i < n; ++i) {
                uint256 w = uint256(r[place++]);
                if (w == 0) continue;
                Access memory a = all[i];
                a.present = true;
                a.from = (w >> 240) & 0xff;
                a.dtype = (w >> 232) & 0xff;
                a.guards = (w >> 224) & 0xff;
                a.innerStrides = (w >> 216) & 0xff;
                a.index = (w >> 184) & 0xffffffff;
                a.elements = (w >> 152) & 0xffffffff;
                a.base = int256(int64(uint64(w >> 88)));
                if (a.from == FROM_CONSTANT) a.constantAt = place++;
                a.outerAt = place;
                place += outerWords;
                a.innerAt = place;
                place += _words(a.innerStrides);
                a.guardsAt = place;
                place += a.guards;
            }
        }
    }

    /// @notice The address of the operand at (o, k), or ABSENT.
    function addressAt(
        bytes32[] calldata r,
        Access memory a,
        uint256[] memory o,
        uint256[] memory k
    ) internal pure returns (int256 place) {
        unchecked {
            place = a.base;
            uint256 n = o.length;
            for (uint256 i; i < n; ++i) place += stride(r, a.outerAt, i) * int256(o[i]);
            n = a.innerStrides;
            for (uint256 j; j < n; ++j) place += stride(r, a.innerAt, j) * int256(k[j]);
            n = a.guards;
            for (uint256 g; g < n; ++g) {
                int256 part = guardPart(uint256(r[a.guardsAt + g]), o, k);
                if (part == type(int256).min) return ABSENT;
                place += part;
            }
        }
    }

    /// @notice What a guard adds to the address; the least int256 if it does not hold.
    /// @dev outer axis 8 | inner axis 8 | outerStep 32 | innerStep 32 | offset 32 | divisor 32 | extent 32 | stride 32
    function guardPart(uint256 g, uint256[] memory o, uint256[] memory k) internal pure returns (int256) {
        unchecked {
            int256 v = int256(int32(uint32(g >> 144))); // offset
            uint256 axis = g >> 248;
            if (axis != 0xff) v += int256(int32(uint32(g >> 208))) * int256(o[axis]);
            axis = (g >> 240) & 0xff;
            if (axis != 0xff) v += int256(int32(uint32(g >> 176))) * int256(k[axis]);
            uint256 divisor = (g >> 112) & 0xffffffff;
            if (v < 0 || divisor == 0 || uint256(v) % divisor != 0) return type(int256).min;
            uint256 steps = uint256(v) / divisor;
            if (steps >= (g >> 80) & 0xffffffff) return type(int256).min; // extent
            return int256(steps) * int256(int32(uint32(g >> 48)));
        }
    }

    /// @notice The i-th of the strides that begin at word `place`.
    function stride(bytes32[] calldata r, uint256 place, uint256 i) internal pure returns (int256) {
        unchecked {
            return int256(int32(uint32(uint256(r[place + (i >> 3)]) >> (224 - 32 * (i & 7)))));
        }
    }

    /// @notice Row-major coordinates of a flat number.
    function unravel(uint256 flat, uint256[] memory dims, uint256[] memory out) internal pure {
        unchecked {
            for (uint256 i = dims.length; i != 0;) {
                --i;
                uint256 dim = dims[i];
                out[i] = flat % dim;
                flat /= dim;
            }
        }
    }

    /// @notice Product of sizes: taps of an inner space, elements of a space.
    function product(uint256[] memory dims) internal pure returns (uint256 n) {
        n = 1;
        for (uint256 i; i < dims.length; ++i) n *= dims[i];
    }

    function _numbers(bytes32[] calldata r, uint256 place, uint256 n) private pure returns (uint256[] memory out) {
        unchecked {
            out = new uint256[](n);
            for (uint256 i; i < n; ++i) out[i] = (uint256(r[place + (i >> 3)]) >> (224 - 32 * (i & 7))) & 0xffffffff;
        }
    }

    /// @dev Words that n 32-bit numbers take.
    function _words(uint256 n) private pure returns (uint256) {
        unchecked {
            return (n + 7) >> 3;
        }
    }
}
