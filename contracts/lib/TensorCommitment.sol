// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Tags} from "../types/Tags.sol";

/// @title The commitment of tensors, lists and bundles (docs/spec/commitments.md).
/// @notice One pass over the bytes hashes the leaves and checks that every element is in its canonical form.
/// @dev All scratch memory lies beyond the free pointer and is not kept.
library TensorCommitment {
    uint256 internal constant MAX_RANK = 7;
    /// Elements of one tensor; far above what fits in calldata, far below any overflow.
    uint256 internal constant MAX_ELEMENTS = 1 << 40;
    uint256 private constant LEAF_ELEMENTS = 64;

    // Eight float32 lanes of a word.
    uint256 private constant MAGNITUDE = 0x7fffffff7fffffff7fffffff7fffffff7fffffff7fffffff7fffffff7fffffff;
    uint256 private constant TO_SIGN = 0x007fffff007fffff007fffff007fffff007fffff007fffff007fffff007fffff;
    uint256 private constant SIGN = 0x8000000080000000800000008000000080000000800000008000000080000000;
    // Thirty-two bool lanes of a word.
    uint256 private constant NOT_BOOL = 0xfefefefefefefefefefefefefefefefefefefefefefefefefefefefefefefefe;

    uint256 private constant DTYPE_FLOAT = 1;
    uint256 private constant DTYPE_BOOL = 9;

    /// @notice H(HEADERS, n, headers).
    function headersHash(bytes32[] calldata headers) internal pure returns (bytes32 h) {
        uint8 tag = Tags.HEADERS;
        assembly ("memory-safe") {
            let p := mload(0x40)
            let size := shl(5, headers.length)
            mstore8(p, tag)
            mstore(add(p, 1), headers.length)
            calldatacopy(add(p, 33), headers.offset, size)
            h := keccak256(p, add(33, size))
        }
    }

    /// @notice H(SCHEMA, inputs, outputs).
    function schemaHash(bytes32 inputs, bytes32 outputs) internal pure returns (bytes32 h) {
        uint8 tag = Tags.SCHEMA;
        assembly ("memory-safe") {
            let p := mload(0x40)
            mstore8(p, tag)
            mstore(add(p, 1), inputs)
            mstore(add(p, 33), outputs)
            h := keccak256(p, 65)
        }
    }

    /// @notice Canonical bytes of one item; 0 if there is no tensor or a header is malformed (unknown dtype, rank above 7, a
    /// dim of 0, a bit set where the header has none, absurdly many elements).
    function itemBytes(bytes32[] calldata headers) internal pure returns (uint256 total) {
        unchecked {
            for (uint256 i; i < headers.length; ++i) {
                uint256 size = tensorBytes(headers[i]);
                if (size == 0) return 0;
                total += size; // <= 2^43 each, and calldata bounds the count
            }
        }
    }

    /// @notice Canonical bytes of one tensor; 0 if its header is malformed.
    function tensorBytes(bytes32 header) internal pure returns (uint256) {
        unchecked {
            uint256 word = uint256(header);
            uint256 width = _width(word >> 248);
            uint256 rank = (word >> 240) & 0xff;
            if (width == 0 || rank > MAX_RANK) return 0;
            uint256 elements = 1;
            uint256 dims = word << 16; // the next dim on top
            for (; rank != 0; --rank) {
                elements *= dims >> 224; // <= 2^224 after seven
                dims <<= 32;
            }
            // A dim of 0 makes `elements` 0, which wraps. What is left below the last dim must be zero: one tensor type has
            // one header.
            if (elements - 1 >= MAX_ELEMENTS || dims != 0) return 0;
            return elements * width;
        }
    }

    /// @notice The commitment of `items` items, each the concatenation of tensors with these headers.
    /// @dev Requirement (checked by callers, who have different errors for it): data.length == items * itemBytes(headers),
    /// headers well formed, items >= 1.
    /// @return root H(LIST, ...) of one item, H(BUNDLE, ...) of several
    /// @return canonical false if a bool is not 0 or 1, or a NaN is not 0x7fc00000
    function commit(
        bytes32[] calldata headers,
        uint256 items,
        bytes calldata data
    ) internal pure returns (bytes32 root, bool canonical) {
        uint256 from;
        uint256 offences;
        assembly ("memory-safe") {
            from := data.offset
        }
        uint256 size; // of one item
        assembly ("memory-safe") {
            size := div(data.length, items)
        }
        if (items == 1) {
            (root, , offences) = _list(headers, from, size);
            return (root, offences == 0);
        }

        bytes32[] memory lists = new bytes32[](items + 1); // one more word: room for a pad
        for (uint256 i; i < items; ++i) {
            uint256 bad;
            (lists[i], from, bad) = _list(headers, from, size);
            offences |= bad;
        }
        uint8 tag = Tags.BUNDLE;
        assembly ("memory-safe") {
            root := add(lists, 32)
        }
        root = _merkle(uint256(root), items);
        assembly ("memory-safe") {
            let p := mload(0x40)
            mstore8(p, tag)
            mstore(add(p, 1), items)
            mstore(add(p, 33), root)
            root := keccak256(p, 65)
        }
        canonical = offences == 0;
    }

    /// @dev H(LIST, n, tensors) of the item whose bytes, `itemSize` of them, begin at calldata position `from`; and where the
    /// next begins.
    function _list(
        bytes32[] calldata headers,
        uint256 from,
        uint256 itemSize
    ) private pure returns (bytes32 root, uint256 next, uint256 offences) {
        uint256 n = headers.length;
        uint256 p; // tag, n, commitments
        assembly ("memory-safe") {
            p := mload(0x40)
            mstore(0x40, add(p, add(64, shl(5, n)))) // kept until the end of this function: _tensor works beyond it
        }
        next = from;
        for (uint256 i; i < n;) {
            uint256 size = n == 1 ? itemSize : tensorBytes(headers[i]); // a sole tensor is all of its item
            (bytes32 commitment, uint256 bad) = _tensor(headers[i], next, size);
            offences |= bad;
            assembly ("memory-safe") {
                mstore(add(add(p, 33), shl(5, i)), commitment)
            }
            unchecked {
                next += size;
                ++i;
            }
        }
        uint8 tag = Tags.LIST;
        assembly ("memory-safe") {
            mstore8(p, tag)
            mstore(add(p, 1), n)
            root := keccak256(p, add(33, shl(5, n)))
            mstore(0x40, p)
        }
    }

    /// @dev H(TENSOR, header, root) of `size` bytes begin at calldata position `from`.
    function _tensor(
        bytes32 header,
        uint256 from,
        uint256 size
    ) private pure returns (bytes32 commitment, uint256 offences) {
        uint256 hashes;
        uint256 leaves;
        (hashes, leaves, offences) = _leaves(uint256(header) >> 248, from, size);
        bytes32 root = _merkle(hashes, leaves);
        uint8 tag = Tags.TENSOR;
        assembly ("memory-safe") {
            let p := mload(0x40)
            mstore8(p, tag)
            mstore(add(p, 1), header)
            mstore(add(p, 33), root)
            commitment := keccak256(p, 65)
        }
    }

    /// @dev The leaves' hashes, in memory beyond the free pointer.
    // solhint-disable-next-line function-max-lines
    function _leaves(
        uint256 dtype,
        uint256 from,
        uint256 size
    ) private pure returns (uint256 hashes, uint256 leaves, uint256 offences) {
        uint256 leafBytes;
        unchecked {
            leafBytes = LEAF_ELEMENTS * _width(dtype);
            leaves = (size + leafBytes - 1) / leafBytes;
        }
        assembly ("memory-safe") {
            // Lanes of four words at `w` that are NaN but not 0x7fc00000.
            function notCanonicalNan(w) -> bad {
                for {
                    let past := add(w, 128)
                } lt(w, past) {
                    w := add(w, 32)
                } {
                    let word := mload(w)
                    let nan := and(add(and(word, MAGNITUDE), TO_SIGN), SIGN)
                    let mask := mul(shr(31, nan), 0xffffffff)
                    bad := or(
                        bad,
                        and(mask, xor(word, 0x7fc000007fc000007fc000007fc000007fc000007fc000007fc000007fc00000))
                    )
                }
            }
            // A function of its own: legacy code generation has 16 stack slots to reach.
            function lanes(kind, w, past) -> bad {
                switch kind
                case 1 {
                    // Four words at a time: a leaf is eight, and beyond the data it holds zeros, which are canonical.
                    for {} lt(w, past) {
                        w := add(w, 128)
                    } {
                        // |lane| + 0x007fffff reaches the sign bit if and only if |lane| > 0x7f800000, that is, NaN
                        let nan := or(
                            or(add(and(mload(w), MAGNITUDE), TO_SIGN), add(and(mload(add(w, 32)), MAGNITUDE), TO_SIGN)),
                            or(
                                add(and(mload(add(w, 64)), MAGNITUDE), TO_SIGN),
                                add(and(mload(add(w, 96)), MAGNITUDE), TO_SIGN)
                            )
                        )
                        if and(nan, SIGN) {
                            bad := or(bad, notCanonicalNan(w))
                        }
                    }
                }
                case 9 {
                    for {} lt(w, past) {
                        w := add(w, 32)
                    } {
                        bad := or(bad, and(mload(w), NOT_BOOL))
                    }
                }
            }
            hashes := mload(0x40)
            let leaf := add(hashes, shl(5, add(leaves, 1)))
            mstore8(leaf, 0) // Tags.LEAF
            let elements := add(leaf, 1)
            let left := size
            for {
                let slot := hashes
                let end := add(hashes, shl(5, leaves))
            } lt(slot, end) {
                slot := add(slot, 32)
            } {
                if lt(left, leafBytes) {
                    calldatacopy(elements, calldatasize(), leafBytes) // zeros
                }
                let take := left
                if gt(take, leafBytes) {
                    take := leafBytes
                }
                calldatacopy(elements, from, take)
                from := add(from, take)
                left := sub(left, take)
                // Lanes that break the canonical form leave a bit in `offences`.
                offences := or(offences, lanes(dtype, elements, add(elements, take)))
                mstore(slot, keccak256(leaf, add(leafBytes, 1)))
            }
        }
    }

    /// @dev Root over n >= 1 hashes at memory position `hashes`, which it overwrites; there must be room for one more word
    /// and scratch after it.
    function _merkle(uint256 hashes, uint256 n) private pure returns (bytes32 root) {
        if (n == 1) {
            assembly ("memory-safe") {
                root := mload(hashes)
            }
            return root;
        }
        uint8 tag = Tags.NODE;
        assembly ("memory-safe") {
            let node := add(hashes, shl(5, add(n, 1)))
            let free := mload(0x40)
            if lt(node, free) {
                node := free
            }
            mstore8(node, tag)
            let children := add(node, 1)
            let empty := 0 // E(level): the hash that stands at pad positions of this level
            for {} gt(n, 1) {} {
                if and(n, 1) {
                    mstore(add(hashes, shl(5, n)), empty)
                    n := add(n, 1)
                }
                n := shr(1, n)
                for {
                    let i := 0
                } lt(i, n) {
                    i := add(i, 1)
                } {
                    mcopy(children, add(hashes, shl(6, i)), 64)
                    mstore(add(hashes, shl(5, i)), keccak256(node, 65))
                }
                mstore(children, empty)
                mstore(add(children, 32), empty)
                empty := keccak256(node, 65)
            }
            root := mload(hashes)
        }
    }

    /// @dev Bytes of one element by ONNX TensorProto.DataType; 0 = not a dtype of the protocol.
    function _width(uint256 dtype) private pure returns (uint256) {
        // byte i of the table is the width of dtype i: 1 FLOAT 4, 2 UINT8 1, 3 INT8 1, 6 INT32 4, 7 INT64 8, 9 BOOL 1
        // Above 9 the shift leaves nothing.
        unchecked {
            return (0x01000804000001010400 >> (8 * dtype)) & 0xff;
        }
    }
}
