// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Opened} from "../steps/IStep.sol";

/// @notice Elements of opened leaves, read where they lie in calldata.
library Leaves {
    // ONNX TensorProto.DataType.
    uint256 internal constant FLOAT = 1;
    uint256 internal constant UINT8 = 2;
    uint256 internal constant INT8 = 3;
    uint256 internal constant INT32 = 6;
    uint256 internal constant INT64 = 7;
    uint256 internal constant BOOL = 9;

    uint256 internal constant LEAF_ELEMENTS = 64;
    /// What `find` answers for an element that is in no run: no calldata position is 0.
    uint256 internal constant NOWHERE = 0;

    /// @notice Bytes of one element by ONNX TensorProto.DataType; 0 = not a dtype of the protocol.
    function width(uint256 dtype) internal pure returns (uint256) {
        unchecked {
            return (0x01000804000001010400 >> (8 * dtype)) & 0xff;
        }
    }

    /// @notice Whether it is an integer dtype. A bool is none: it has no arithmetic.
    function isInteger(uint256 dtype) internal pure returns (bool) {
        return dtype == UINT8 || dtype == INT8 || dtype == INT32 || dtype == INT64;
    }

    /// @notice Calldata position of element `address_`, and how many elements from it on lie side by side.
    /// @return place NOWHERE if no run holds it
    function find(
        Opened calldata o,
        uint256 elementBytes,
        uint256 address_
    ) internal pure returns (uint256 place, uint256 contiguous) {
        unchecked {
            bytes calldata data = o.data;
            uint256 before; // leaves in the runs passed
            for (uint256 i; i < o.runs.length; ++i) {
                uint256 run = uint256(o.runs[i]);
                uint256 first = (run >> 224) * LEAF_ELEMENTS;
                uint256 leaves = (run >> 192) & 0xffffffff;
                if (address_ >= first && address_ - first < leaves * LEAF_ELEMENTS) {
                    uint256 skip = before * LEAF_ELEMENTS + (address_ - first);
                    // Runs say how long `data` must be; one that is shorter holds nothing beyond its end.
                    if ((skip + 1) * elementBytes > data.length) return (NOWHERE, 0);
                    assembly ("memory-safe") {
                        place := add(data.offset, mul(skip, elementBytes))
                    }
                    contiguous = first + leaves * LEAF_ELEMENTS - address_;
                    uint256 room = data.length / elementBytes - skip;
                    if (contiguous > room) contiguous = room;
                    return (place, contiguous);
                }
                before += leaves;
            }
        }
    }

    /// @notice The bits of the element at calldata position `place`, in the low bits.
    function bitsAt(uint256 place, uint256 elementBytes) internal pure returns (uint256 bits) {
        assembly ("memory-safe") {
            bits := shr(sub(256, shl(3, elementBytes)), calldataload(place))
        }
    }

    /// @notice The canonical form of an element's bits: one NaN (0x7fc00000), one true (1).
    function canonical(uint256 bits, uint256 dtype) internal pure returns (uint256) {
        if (dtype == FLOAT && bits & 0x7fffffff > 0x7f800000) return 0x7fc00000;
        if (dtype == BOOL && bits != 0) return 1;
        return bits;
    }

    /// @notice The number that an integer or bool element's bits stand for.
    function signed(uint256 bits, uint256 dtype) internal pure returns (int256) {
        if (dtype == INT8) return int8(uint8(bits));
        if (dtype == INT32) return int32(uint32(bits));
        if (dtype == INT64) return int64(uint64(bits));
        return int256(bits); // uint8, bool
    }
}
