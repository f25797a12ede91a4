// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Rounding} from "./Rounding.sol";

/// @title Arithmetic of IEEE 754 binary32 in integers: every result is the exact value rounded once (docs/spec/arithmetic.md).
/// @notice Operands and results are the 32 bits of a float in the low bits of a word; every NaN in is a NaN, the only one out is 0x7fc00000.
/// @dev A finite float is m * 2^q with a signed m of 24 bits and -149 <= q <= 104. Sums and products of those exponents are far from any overflow.
library Float32 {
    uint256 internal constant ONE = 0x3f800000;
    uint256 private constant SIGN = Rounding.SIGN;
    uint256 private constant MAGNITUDE = 0x7fffffff;
    uint256 private constant INFINITY = Rounding.INFINITY;
    uint256 private constant NAN = Rounding.NAN;

    /// Exponents of two addends further apart than this: the smaller one, below 2^24 of its units, is less than a quarter of the larger
    /// one's last place, so that their sum rounds to the larger one, even where that is a power of two and floats below are denser.
    int256 private constant APART = 26;
    /// Bits that a quotient or the square of a root gets beyond its operands': far more than the 25 that rounding looks at.
    uint256 private constant EXTRA = 100;

    function isNaN(uint256 x) internal pure returns (bool) {
        return x & MAGNITUDE > INFINITY;
    }

    function isZero(uint256 x) internal pure returns (bool) {
        return x & MAGNITUDE == 0;
    }

    function add(uint256 x, uint256 y) internal pure returns (uint256) {
        if (isNaN(x) || isNaN(y)) return NAN;
        if (x & MAGNITUDE == INFINITY) return y & MAGNITUDE == INFINITY && x != y ? NAN : x;
        if (y & MAGNITUDE == INFINITY) return y;
        if (isZero(x) && isZero(y)) return x & y; // -0 only if both are
        (int256 m, int256 q) = _parts(x);
        (int256 n, int256 r) = _parts(y);
        if (q - r > APART) return x;
        if (r - q > APART) return y;
        if (q < r) (m, q, n, r) = (n, r, m, q);
        return Rounding.toFloat32(m * int256(1 << uint256(q - r)) + n, r);
    }

    function sub(uint256 x, uint256 y) internal pure returns (uint256) {
        return add(x, y ^ SIGN);
    }

    function mul(uint256 x, uint256 y) internal pure returns (uint256) {
        uint256 a = x & MAGNITUDE;
        uint256 b = y & MAGNITUDE;
        if (a > INFINITY || b > INFINITY) return NAN;
        uint256 sign = (x ^ y) & SIGN;
        if (a == INFINITY || b == INFINITY) return a == 0 || b == 0 ? NAN : sign | INFINITY;
        if (a == 0 || b == 0) return sign;
        (int256 m, int256 q) = _parts(a);
        (int256 n, int256 r) = _parts(b);
        return sign | Rounding.magnitude(uint256(m * n), q + r);
    }

    function div(uint256 x, uint256 y) internal pure returns (uint256) {
        uint256 a = x & MAGNITUDE;
        uint256 b = y & MAGNITUDE;
        if (a > INFINITY || b > INFINITY) return NAN;
        uint256 sign = (x ^ y) & SIGN;
        if (a == INFINITY) return b == INFINITY ? NAN : sign | INFINITY;
        if (b == 0) return a == 0 ? NAN : sign | INFINITY;
        if (a == 0 || b == INFINITY) return sign;
        (int256 m, int256 q) = _parts(a);
        (int256 n, int256 r) = _parts(b);
        uint256 dividend = uint256(m) << EXTRA;
        uint256 quotient = dividend / uint256(n);
        // One more bit, which says that something was left.
        quotient = (quotient << 1) | (quotient * uint256(n) == dividend ? 0 : 1);
        return sign | Rounding.magnitude(quotient, q - r - int256(EXTRA) - 1);
    }

    function sqrt(uint256 x) internal pure returns (uint256) {
        if (isNaN(x)) return NAN;
        if (isZero(x)) return x;
        if (x & SIGN != 0) return NAN;
        if (x == INFINITY) return x;
        (int256 m, int256 q) = _parts(x);
        uint256 odd = uint256(q) & 1;
        uint256 square = uint256(m) << (EXTRA + odd); // at most 125 bits
        uint256 root = Math.sqrt(square);
        root = (root << 1) | (root * root == square ? 0 : 1);
        return Rounding.magnitude(root, (q - int256(EXTRA + odd)) / 2 - 1); // the exponent is even
    }

    function neg(uint256 x) internal pure returns (uint256) {
        return isNaN(x) ? NAN : x ^ SIGN;
    }

    function abs(uint256 x) internal pure returns (uint256) {
        return isNaN(x) ? NAN : x & MAGNITUDE;
    }

    /// @notice False with a NaN; -0 equals +0.
    function equal(uint256 x, uint256 y) internal pure returns (bool) {
        return !isNaN(x) && !isNaN(y) && (x == y || (isZero(x) && isZero(y)));
    }

    /// @notice False with a NaN; -0 equals +0.
    function less(uint256 x, uint256 y) internal pure returns (bool) {
        if (isNaN(x) || isNaN(y) || (isZero(x) && isZero(y))) return false;
        return _order(x) < _order(y);
    }

    /// @notice NaN if either is; -0 is below +0.
    function min(uint256 x, uint256 y) internal pure returns (uint256) {
        if (isNaN(x) || isNaN(y)) return NAN;
        return _order(x) < _order(y) ? x : y;
    }

    /// @notice NaN if either is; -0 is below +0.
    function max(uint256 x, uint256 y) internal pure returns (uint256) {
        if (isNaN(x) || isNaN(y)) return NAN;
        return _order(x) > _order(y) ? x : y;
    }

    function floor(uint256 x) internal pure returns (uint256) {
        return _toWhole(x, x & SIGN != 0, false);
    }

    function ceil(uint256 x) internal pure returns (uint256) {
        return _toWhole(x, x & SIGN == 0, false);
    }

    /// @notice Nearest integer, ties to even; the sign stays on zeros.
    function round(uint256 x) internal pure returns (uint256) {
        return _toWhole(x, false, true);
    }

    /// @notice The nearest float of an integer, |v| < 2^255.
    function fromInteger(int256 v) internal pure returns (uint256) {
        return Rounding.toFloat32(v, 0);
    }

    /// @notice Truncated towards zero, then saturated to [low, high]; NaN gives 0.
    function toInteger(uint256 x, int256 low, int256 high) internal pure returns (int256 v) {
        if (isNaN(x)) return 0;
        // 2^127 and more, infinities too: beyond every dtype. 2^103 * 2^24 fits easily below.
        if (x & MAGNITUDE >= 0x7f000000) return x & SIGN == 0 ? high : low;
        (int256 m, int256 q) = _parts(x);
        uint256 size = uint256(m < 0 ? -m : m);
        size = q >= 0 ? size << uint256(q) : size >> uint256(-q);
        v = m < 0 ? -int256(size) : int256(size);
        if (v < low) return low;
        if (v > high) return high;
    }

    /// @dev To an integer: away from zero if something is cut off and `away`, to the nearest with ties to even if `nearest`, else cut.
    function _toWhole(uint256 x, bool away, bool nearest) private pure returns (uint256) {
        if (isNaN(x)) return NAN;
        uint256 sign = x & SIGN;
        (int256 m, int256 q) = _parts(x & MAGNITUDE);
        if (x & MAGNITUDE == INFINITY || q >= 0) return x;
        uint256 cut = uint256(-q); // <= 149
        uint256 whole = uint256(m) >> cut;
        uint256 rest = uint256(m) - (whole << cut);
        if (nearest) {
            uint256 half = uint256(1) << (cut - 1);
            if (rest > half || (rest == half && whole & 1 == 1)) ++whole;
        } else if (away && rest != 0) {
            ++whole;
        }
        return whole == 0 ? sign : sign | Rounding.magnitude(whole, 0);
    }

    /// @dev Monotonic in the value, -0 below +0. Not for NaNs.
    function _order(uint256 x) private pure returns (int256) {
        int256 magnitude = int256(x & MAGNITUDE);
        return x & SIGN == 0 ? magnitude : -magnitude - 1;
    }

    /// @dev A finite float as m * 2^q.
    function _parts(uint256 x) private pure returns (int256 m, int256 q) {
        uint256 e = (x >> 23) & 0xff;
        uint256 f = x & 0x7fffff;
        if (e == 0) e = 1;
        else f |= 0x800000;
        m = x & SIGN == 0 ? int256(f) : -int256(f);
        q = int256(e) - 150;
    }
}
