// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Rounding} from "./Rounding.sol";
import {WideSum} from "./WideSum.sol";

/// @notice RN(bias + sum of a[k] * b[k]) over float32 values, in exact arithmetic with one rounding (docs/spec/dot.md).
/// @dev Operands are packed in memory as eight big-endian float32 a word: element k is the 4 bytes at a + 4k. Exponent fields count from 1: a
/// field of 0 (zeros, subnormals) has the weight of 1 and no implicit bit. So a product of fields e and f is m * 2^(e + f - 300), m < 2^48.
library ExactSum {
    /// Terms of one sum at most: 2^13. The headroom of both accumulators.
    uint256 internal constant MAX_TERMS = 8192;

    /// @dev One in each of the eight lanes of 32 bits.
    uint256 private constant ONES = 0x0000000100000001000000010000000100000001000000010000000100000001;
    /// @dev Binades that the fast accumulator sees below the largest product: its 48 bits, 13 of terms and these 67 fill 128.
    uint256 private constant WINDOW = 67;
    /// @dev Of a product: 1 + 1.
    uint256 private constant LEAST_EXPONENT = 2;

    /// @notice The sum's bits.
    /// @dev n <= MAX_TERMS; lanes from n to the next multiple of eight hold zeros. Another n reverts.
    function dot(uint256 a, uint256 b, uint256 n, uint256 bias) internal pure returns (uint256 bits) {
        assert(n <= MAX_TERMS);
        bool decided;
        (decided, bits) = fast(a, b, n, bias);
        if (!decided) bits = WideSum.dot(a, b, n, bias);
    }

    /// @notice The sum's bits, unless something is not finite or the products are too far apart to be sure of the rounding.
    /// @dev Products down to 2^-67 of the largest are summed exactly. Each of the others is below 2^47 units of the
    /// accumulator, so the exact sum is within n * 2^47 of it. If both ends of that interval round to the same bits, so does the sum,
    /// for rounding is monotonic. Preconditions as for `dot`.
    function fast(uint256 a, uint256 b, uint256 n, uint256 bias) internal pure returns (bool decided, uint256 bits) {
        unchecked {
            uint256 field = (bias >> 23) & 0xff;
            if (field == 0xff) return (false, 0);
            uint256 end = a + ((n + 7) >> 3) * 32;
            uint256 base = LEAST_EXPONENT;
            {
                (uint256 most, bool finite) = _mostExponents(a, b, end);
                if (!finite) return (false, 0);
                if (most > base + WINDOW) base = most - WINDOW;
                // A bias beyond all products: 24 bits at 2^200 leave room for a sign and a carry, and all products are below 2^-95 of it.
                if (field > base + 50) base = field - 50;
            }
            (uint256 sums, bool all) = _accumulate(a, b, end, base);
            int256 sum = int256(sums & type(uint128).max) - int256(sums >> 128);
            uint256 off = all ? 0 : n << 47;
            uint256 m = bias & 0x7fffff;
            if (field == 0) field = 1;
            else m |= 0x800000;
            // m * 2^(field - 150) in units of 2^(base - 300).
            int256 shift = int256(field + 150) - int256(base);
            uint256 term;
            if (shift >= 0) {
                term = m << uint256(shift); // at most 200
            } else {
                // What is cut off is less than one unit; a shift by more than 255 gives 0.
                term = m >> uint256(-shift);
                if (term << uint256(-shift) != m) ++off;
            }
            sum = bias & Rounding.SIGN == 0 ? sum + int256(term) : sum - int256(term);
            int256 unit = int256(base) - 300;
            bits = Rounding.toFloat32(sum - int256(off), unit);
            decided = off == 0 || bits == Rounding.toFloat32(sum + int256(off), unit);
        }
    }

    /// @dev The largest sum of two exponent fields of a lane, and whether all fields are those of finite numbers.
    function _mostExponents(uint256 a, uint256 b, uint256 end) private pure returns (uint256 most, bool finite) {
        assembly ("memory-safe") {
            let fields := mul(0xff, ONES)
            let bit10 := shl(10, ONES)
            let lanes := 0 // the largest so far, by lane
            let over := 0
            let toB := sub(b, a)
            for {} lt(a, end) {
                a := add(a, 32)
            } {
                let e := and(shr(23, mload(a)), fields)
                let f := and(shr(23, mload(add(a, toB))), fields)
                // A field of 255 carries into bit 8.
                over := or(over, or(add(e, ONES), add(f, ONES)))
                e := add(e, f)
                // Bit 10 of a lane of t: lanes >= e there. t minus that bit shifted to 0 is ten ones or none.
                let t := and(sub(or(lanes, bit10), e), bit10)
                t := sub(t, shr(10, t))
                lanes := xor(e, and(xor(e, lanes), t))
            }
            finite := iszero(and(over, shl(8, ONES)))
            for {} lanes {
                lanes := shr(32, lanes)
            } {
                let e := and(lanes, 0xffffffff)
                if gt(e, most) {
                    most := e
                }
            }
        }
    }

    /// @dev Sums of the magnitudes of products in units of 2^(base - 300): those above zero in the low 128 bits, those below in the high
    /// ones. A product whose exponent is below `base` is left out, and `all` is false. No sum of two fields is above base + WINDOW.
    ///
    /// A lane's shift is its product's exponent - base, plus 128 for a negative product. An exponent below base is made a shift of 1,024
    /// or more, which shifts everything out. Neither half overflows: a shifted product is below 2^(48 + WINDOW), and there are 2^13. (A
    /// field of 0 counts as 1, which shifts by one more; but then the mantissa is a bit shorter.)
    function _accumulate(
        uint256 a,
        uint256 b,
        uint256 end,
        uint256 base
    ) private pure returns (uint256 sums, bool all) {
        assembly ("memory-safe") {
            let low := 0xffffffff
            // 2 for the exponent fields of 0 that count as 1, 1024 for a bit that shows a borrow.
            let offset := mul(sub(1026, base), ONES)
            let left := 0
            let toB := sub(b, a)
            for {} lt(a, end) {
                a := add(a, 32)
            } {
                let s
                let x := mload(a)
                let y := mload(add(a, toB))
                {
                    let fields := mul(0xff, ONES)
                    let e := and(shr(23, x), fields)
                    let f := and(shr(23, y), fields)
                    s := add(add(e, f), offset)
                    // Implicit bits: a field + 255 has bit 8 unless it is 0.
                    e := and(shr(8, add(e, fields)), ONES)
                    f := and(shr(8, add(f, fields)), ONES)
                    s := xor(sub(s, add(e, f)), shl(10, ONES))
                    left := or(left, s)
                    s := add(s, shl(7, and(shr(31, xor(x, y)), ONES)))
                    x := or(and(x, mul(0x7fffff, ONES)), shl(23, e))
                    y := or(and(y, mul(0x7fffff, ONES)), shl(23, f))
                }
                sums := add(sums, shl(shr(224, s), mul(shr(224, x), shr(224, y))))
                sums := add(sums, shl(and(shr(192, s), low), mul(and(shr(192, x), low), and(shr(192, y), low))))
                sums := add(sums, shl(and(shr(160, s), low), mul(and(shr(160, x), low), and(shr(160, y), low))))
                sums := add(sums, shl(and(shr(128, s), low), mul(and(shr(128, x), low), and(shr(128, y), low))))
                sums := add(sums, shl(and(shr(96, s), low), mul(and(shr(96, x), low), and(shr(96, y), low))))
                sums := add(sums, shl(and(shr(64, s), low), mul(and(shr(64, x), low), and(shr(64, y), low))))
                sums := add(sums, shl(and(shr(32, s), low), mul(and(shr(32, x), low), and(shr(32, y), low))))
                sums := add(sums, shl(and(s, low), mul(and(x, low), and(y, low))))
            }
            all := iszero(and(left, shl(10, ONES)))
        }
    }
}
