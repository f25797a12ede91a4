// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Float32} from "../lib/Float32.sol";
import {ElementStep} from "./ElementStep.sol";
import {Integers} from "./Integers.sol";
import {Kinds} from "../lib/Kinds.sol";
import {Leaves} from "../lib/Leaves.sol";

/// @title Cast, Quantize, Dequantize (docs/spec/cast.md, quantize.md). Total: every bit pattern has an image.
contract ConversionStep is ElementStep {
    /// Anything from here on saturates, whatever the zero point.
    int256 private constant FAR = 1 << 31;

    /// @inheritdoc ElementStep
    function _isDefined(uint256 kind, uint256 dtype, uint256 from) internal pure override returns (bool) {
        if (kind == Kinds.CAST) return Leaves.width(dtype) != 0 && Leaves.width(from) != 0;
        if (kind == Kinds.QUANTIZE)
            return
                (dtype == Leaves.UINT8 || dtype == Leaves.INT8) &&
                from == Leaves.FLOAT | (Leaves.FLOAT << 8) | (dtype << 16);
        uint256 first = from & 0xff;
        return
            kind == Kinds.DEQUANTIZE &&
            dtype == Leaves.FLOAT &&
            (first == Leaves.UINT8 || first == Leaves.INT8 || first == Leaves.INT32) &&
            from == first | (Leaves.FLOAT << 8) | (first << 16);
    }

    /// @inheritdoc ElementStep
    function _apply(Elements memory e) internal pure override returns (uint256) {
        if (e.kind == Kinds.CAST) return _cast(e.x, e.from, e.dtype);
        if (e.kind == Kinds.QUANTIZE) return _quantize(e);
        // Dequantize: RN(RN(x - zero) * scale).
        int256 centred = Leaves.signed(e.x, e.from) - Leaves.signed(e.z, e.from);
        return Float32.mul(Float32.fromInteger(centred), e.y);
    }

    function _cast(uint256 x, uint256 from, uint256 to) private pure returns (uint256) {
        if (to == Leaves.BOOL) return (from == Leaves.FLOAT ? Float32.isZero(x) : x == 0) ? 0 : 1;
        if (to == Leaves.FLOAT) return from == Leaves.FLOAT ? x : Float32.fromInteger(Leaves.signed(x, from));
        int256 v =
            from == Leaves.FLOAT
                ? Float32.toInteger(x, Integers.least(to), Integers.greatest(to))
                : Leaves.signed(x, from);
        return Integers.wrap(v, to);
    }

    /// @dev The integer nearest to RN(x / scale), ties to even, plus zero, saturated; NaN counts as 0.
    function _quantize(Elements memory e) private pure returns (uint256) {
        uint256 ratio = Float32.div(e.x, e.y);
        int256 low = Integers.least(e.dtype);
        int256 high = Integers.greatest(e.dtype);
        int256 q = Float32.toInteger(Float32.round(ratio), -FAR, FAR) + Leaves.signed(e.z, e.dtype);
        if (q < low) q = low;
        if (q > high) q = high;
        return Integers.wrap(q, e.dtype);
    }
}
