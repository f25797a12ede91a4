// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Codes of the primitives in a record (docs/spec/primitives.md). Never reused.
library Kinds {
    uint256 internal constant DOT = 1;
    uint256 internal constant INTEGER_DOT = 2;
    uint256 internal constant MOVE = 3;
    uint256 internal constant GATHER = 4;
    uint256 internal constant ARG_MAX = 5;
    uint256 internal constant ARG_MIN = 6;
    uint256 internal constant TOP_K = 7;

    uint256 internal constant ADD = 16;
    uint256 internal constant SUB = 17;
    uint256 internal constant MUL = 18;
    uint256 internal constant DIV = 19;
    uint256 internal constant MIN = 20;
    uint256 internal constant MAX = 21;

    uint256 internal constant NEG = 32;
    uint256 internal constant ABS = 33;
    uint256 internal constant SQRT = 34;
    uint256 internal constant RECIPROCAL = 35;
    uint256 internal constant RELU = 36;
    uint256 internal constant FLOOR = 37;
    uint256 internal constant CEIL = 38;
    uint256 internal constant ROUND = 39;
    uint256 internal constant SIGN = 40;

    uint256 internal constant EXP = 48;
    uint256 internal constant LOG = 49;
    uint256 internal constant TANH = 50;
    uint256 internal constant ERF = 51;
    uint256 internal constant SIN = 52;
    uint256 internal constant COS = 53;
    uint256 internal constant POW = 54;

    uint256 internal constant EQUAL = 64;
    uint256 internal constant LESS = 65;
    uint256 internal constant LESS_OR_EQUAL = 66;
    uint256 internal constant AND = 67;
    uint256 internal constant OR = 68;
    uint256 internal constant XOR = 69;
    uint256 internal constant NOT = 70;
    uint256 internal constant WHERE = 71;
    uint256 internal constant CAST = 72;
    uint256 internal constant CLIP = 73;

    uint256 internal constant QUANTIZE = 80;
    uint256 internal constant DEQUANTIZE = 81;
}
