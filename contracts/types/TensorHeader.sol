// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Data type and shape of one tensor, in one word.
///
///     255     248 247   240 239     208 207     176      ...      47       16 15     0
///     | dtype 8  | rank 8  | dim0 32   | dim1 32   |   ...   | dim6 32      | 0      |
///
/// dtype: the code of ONNX TensorProto.DataType (FLOAT 1, UINT8 2, INT8 3, INT32 6, INT64 7, BOOL 9; no other is
/// accepted). rank: 0 (a scalar) to 7. Unused dims and the low 16 bits are zero: one tensor type has one header.
type TensorHeader is bytes32;
