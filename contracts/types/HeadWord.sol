// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice The current parameter set as a request reads it, in one word.
///
///     255   240 239   232 231    200 199        104 103      88 87         72 71    56 55      32 31         16 15        8 7          0
///     | set 16 | flags 8 | tcBase 32 | sliceFloor 96 | thetaPct 16 | protocolBps 16 | tipBps 16 | maxInput 24 | penaltyBps 16 | tcRateLog2 8 | maxLifeDays 8 |
///
/// The fields are those of ParameterSet, with its units and limits. flags: PAUSED (ask `pausedUntil` whether it has lapsed),
/// ARBITER (the set has one: only versions with a program root may be requested).
type HeadWord is uint256;

using HeadWordLib for HeadWord global;

library HeadWordLib {
    uint8 internal constant PAUSED = 1;
    uint8 internal constant ARBITER = 2;

    function set(HeadWord w) internal pure returns (uint16) {
        return uint16(HeadWord.unwrap(w) >> 240);
    }

    function has(HeadWord w, uint8 flag) internal pure returns (bool) {
        return uint8(HeadWord.unwrap(w) >> 232) & flag != 0;
    }

    function tcBase(HeadWord w) internal pure returns (uint32) {
        return uint32(HeadWord.unwrap(w) >> 200);
    }

    function sliceFloor(HeadWord w) internal pure returns (uint96) {
        return uint96(HeadWord.unwrap(w) >> 104);
    }

    function thetaPct(HeadWord w) internal pure returns (uint16) {
        return uint16(HeadWord.unwrap(w) >> 88);
    }

    function protocolBps(HeadWord w) internal pure returns (uint16) {
        return uint16(HeadWord.unwrap(w) >> 72);
    }

    function tipBps(HeadWord w) internal pure returns (uint16) {
        return uint16(HeadWord.unwrap(w) >> 56);
    }

    function maxInput(HeadWord w) internal pure returns (uint24) {
        return uint24(HeadWord.unwrap(w) >> 32);
    }

    function penaltyBps(HeadWord w) internal pure returns (uint16) {
        return uint16(HeadWord.unwrap(w) >> 16);
    }

    function tcRateLog2(HeadWord w) internal pure returns (uint8) {
        return uint8(HeadWord.unwrap(w) >> 8);
    }

    function maxLifeDays(HeadWord w) internal pure returns (uint8) {
        return uint8(HeadWord.unwrap(w));
    }

    function withFlag(HeadWord w, uint8 flag, bool on) internal pure returns (HeadWord) {
        uint256 bit = uint256(flag) << 232;
        return HeadWord.wrap(on ? HeadWord.unwrap(w) | bit : HeadWord.unwrap(w) & ~bit);
    }
}
