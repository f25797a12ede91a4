// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Decimals} from "./Decimals.sol";
import {Named} from "./IModelDirectory.sol";
import {IOpenGradientFacade, Refusal} from "./IOpenGradientFacade.sol";
import {ModelInput, ModelOutput, TensorLib} from "./OpenGradientTypes.sol";

/// @title OpenGradient's inputs to canonical bytes, canonical bytes to OpenGradient's outputs (docs/spec/commitments.md).
/// @notice A tensor is found by its name and must have the schema's shape; its elements become the schema's dtype or the input is refused.
library TensorCodec {
    uint256 private constant FLOAT = 1;
    uint256 private constant UINT8 = 2;
    uint256 private constant INT8 = 3;
    uint256 private constant INT32 = 6;
    uint256 private constant INT64 = 7;
    uint256 private constant BOOL = 9;

    /// @notice Canonical bytes of one item.
    function encode(
        Named[] memory schema,
        ModelInput calldata input,
        bool nearest
    ) internal pure returns (bytes memory data) {
        if (input.numbers.length != schema.length || input.strings.length != 0)
            revert IOpenGradientFacade.Facade_TensorCount(input.numbers.length, input.strings.length, schema.length);
        uint256 size;
        for (uint256 i = 0; i < schema.length; ++i) size += elementsOf(schema[i].header) * _width(schema[i].header);
        // One more word: elements are stored as words, of which the next element overwrites the rest.
        data = new bytes(size + 32);
        uint256 place;
        assembly ("memory-safe") {
            mstore(data, size)
            place := add(data, 32)
        }
        for (uint256 i = 0; i < schema.length; ++i)
            place = _encodeTensor(schema[i], _find(schema[i].name, input), nearest, place);
    }

    /// @notice The outputs as numbers; `converted` is false if an element is no Number, and then the rest means nothing.
    function decode(
        Named[] memory schema,
        bytes calldata data,
        bool nearest
    ) internal pure returns (ModelOutput memory output, bool converted) {
        output.numbers = new TensorLib.MultiDimensionalNumberTensor[](schema.length);
        uint256 from;
        for (uint256 i = 0; i < schema.length; ++i) {
            bytes32 header = schema[i].header;
            uint256 size = elementsOf(header) * _width(header);
            output.numbers[i].name = schema[i].name;
            output.numbers[i].shape = _shapeOf(header);
            (output.numbers[i].values, converted) = _decodeTensor(header, data[from:from + size], nearest);
            if (!converted) return (output, false);
            from += size;
        }
    }

    /// @notice How many elements a tensor has. The registry's schema hash stands for well formed headers only.
    function elementsOf(bytes32 header) internal pure returns (uint256 elements) {
        elements = 1;
        for (uint256 i = 0; i < _rank(header); ++i) elements *= _dim(header, i);
    }

    function _encodeTensor(
        Named memory named,
        TensorLib.MultiDimensionalNumberTensor calldata tensor,
        bool nearest,
        uint256 place
    ) private pure returns (uint256) {
        bytes32 header = named.header;
        _requireShape(named, tensor);
        uint256 width = _width(header);
        uint256 dtype = uint256(header) >> 248;
        (int256 low, int256 high) = _range(dtype);
        for (uint256 i = 0; i < tensor.values.length; ++i) {
            uint256 element;
            Refusal refusal;
            if (dtype == FLOAT) {
                (element, refusal) = Decimals.toFloat32(tensor.values[i], nearest);
            } else {
                int256 integer;
                (integer, refusal) = Decimals.toInteger(tensor.values[i], low, high);
                element = uint256(integer);
            }
            if (refusal != Refusal.None) revert IOpenGradientFacade.Facade_NotConvertible(named.name, i, refusal);
            assembly ("memory-safe") {
                mstore(place, shl(sub(256, shl(3, width)), element))
                place := add(place, width)
            }
        }
        return place;
    }

    function _decodeTensor(
        bytes32 header,
        bytes calldata data,
        bool nearest
    ) private pure returns (TensorLib.Number[] memory values, bool converted) {
        uint256 dtype = uint256(header) >> 248;
        uint256 width = _width(header);
        values = new TensorLib.Number[](data.length / width);
        for (uint256 i = 0; i < values.length; ++i) {
            uint256 element;
            assembly ("memory-safe") {
                element := shr(sub(256, shl(3, width)), calldataload(add(data.offset, mul(i, width))))
            }
            if (dtype == FLOAT) {
                Refusal refusal;
                (values[i], refusal) = Decimals.fromFloat32(element, nearest);
                if (refusal != Refusal.None) return (values, false);
            } else {
                values[i].value = _integer(dtype, element);
            }
        }
        converted = true;
    }

    function _find(
        string memory name,
        ModelInput calldata input
    ) private pure returns (TensorLib.MultiDimensionalNumberTensor calldata) {
        bytes32 wanted = keccak256(bytes(name));
        for (uint256 i = 0; i < input.numbers.length; ++i)
            if (keccak256(bytes(input.numbers[i].name)) == wanted) return input.numbers[i];
        revert IOpenGradientFacade.Facade_TensorMissing(name);
    }

    function _requireShape(Named memory named, TensorLib.MultiDimensionalNumberTensor calldata tensor) private pure {
        bytes32 header = named.header;
        uint256 rank = _rank(header);
        bool same = tensor.shape.length == rank && tensor.values.length == elementsOf(header);
        for (uint256 i = 0; same && i < rank; ++i) same = tensor.shape[i] == _dim(header, i);
        if (!same) revert IOpenGradientFacade.Facade_ShapeMismatch(named.name);
    }

    function _shapeOf(bytes32 header) private pure returns (uint32[] memory shape) {
        shape = new uint32[](_rank(header));
        for (uint256 i = 0; i < shape.length; ++i) shape[i] = uint32(_dim(header, i));
    }

    function _rank(bytes32 header) private pure returns (uint256) {
        return (uint256(header) >> 240) & 0xff;
    }

    function _dim(bytes32 header, uint256 i) private pure returns (uint256) {
        return (uint256(header) >> (208 - 32 * i)) & 0xffffffff;
    }

    /// @dev Bytes of an element.
    function _width(bytes32 header) private pure returns (uint256) {
        uint256 dtype = uint256(header) >> 248;
        if (dtype == FLOAT || dtype == INT32) return 4;
        return dtype == INT64 ? 8 : 1;
    }

    function _range(uint256 dtype) private pure returns (int256 low, int256 high) {
        if (dtype == UINT8) return (0, 255);
        if (dtype == INT8) return (-128, 127);
        if (dtype == INT32) return (type(int32).min, type(int32).max);
        if (dtype == INT64) return (type(int64).min, type(int64).max);
        if (dtype == BOOL) return (0, 1);
    }

    function _integer(uint256 dtype, uint256 element) private pure returns (int128) {
        if (dtype == INT8) return int8(uint8(element));
        if (dtype == INT32) return int32(uint32(element));
        if (dtype == INT64) return int64(uint64(element));
        return int128(uint128(element)); // uint8, bool
    }
}
