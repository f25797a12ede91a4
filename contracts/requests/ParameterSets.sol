// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {HeadWord, HeadWordLib} from "../types/HeadWord.sol";
import {IRequestEvents} from "./IRequestEvents.sol";
import {ParameterSet} from "./RequestTypes.sol";

/// @title Parameter sets: appended, validated once, never edited.
library ParameterSets {
    uint256 internal constant MAX_CALLBACK_GAS = 2_000_000;
    uint256 internal constant MAX_PROTOCOL_BPS = 1_000;
    uint256 internal constant MAX_TIP_BPS = 500;
    /// psi + rho: at least a quarter of a condemned slice is burned, so washing one's own slice costs that much.
    uint256 internal constant MAX_SLASH_SHARE_BPS = 7_500;
    /// 2^60 multiply-adds per second: more than any checker has.
    uint256 internal constant MAX_RATE_LOG2 = 60;
    /// Levels of the challenge game's trees: windows for D sequential obligations.
    uint256 internal constant LEVELS = 8;

    /// @notice Reverts with Requests_BadParameter(name) for the first field that is out of its range.
    /// @param minTcBase the chain profile's minimum for tcBase, in seconds
    function validate(ParameterSet calldata p, uint32 minTcBase) internal view {
        if (p.tcBase < minTcBase || p.tcBase == 0) _bad("tcBase");
        if (p.tcRateLog2 > MAX_RATE_LOG2) _bad("tcRateLog2");
        if (p.maxLifeDays == 0) _bad("maxLifeDays");
        if (p.sliceFloor == 0) _bad("sliceFloor");
        if (p.protocolBps > MAX_PROTOCOL_BPS) _bad("protocolBps");
        if (p.tipBps > MAX_TIP_BPS) _bad("tipBps");
        if (p.maxInput == 0) _bad("maxInput");
        if (p.penaltyBps > 10_000) _bad("penaltyBps");
        if (p.arbiter != address(0) && p.arbiter.code.length == 0) _bad("arbiter");
        if (p.psiBps > p.rhoBps) _bad("psiBps");
        if (uint256(p.psiBps) + p.rhoBps > MAX_SLASH_SHARE_BPS) _bad("rhoBps");
        if (p.callbackCap > MAX_CALLBACK_GAS) _bad("callbackCap");
        // Unreachable with a sound game: twice its hard end, and a month. W grows with a program's cost, by at most 14 days
        // (RequestTermsLib.MAX_COST_SECONDS), so the month covers twice that as well.
        uint256 hardEnd = uint256(p.windowSeconds) + 2 * LEVELS * p.responseSeconds;
        if (p.arbiter != address(0) && p.rescueDelay <= 2 * hardEnd + 30 days) _bad("rescueDelay");
    }

    /// @notice The hot word of a set; the PAUSED flag is copied from the head it replaces.
    function head(ParameterSet calldata p, uint16 set, bool paused) internal pure returns (HeadWord w) {
        w = HeadWord.wrap(
            (uint256(set) << 240) |
                (uint256(p.tcBase) << 200) |
                (uint256(p.sliceFloor) << 104) |
                (uint256(p.thetaPct) << 88) |
                (uint256(p.protocolBps) << 72) |
                (uint256(p.tipBps) << 56) |
                (uint256(p.maxInput) << 32) |
                (uint256(p.penaltyBps) << 16) |
                (uint256(p.tcRateLog2) << 8) |
                p.maxLifeDays
        );
        w = w.withFlag(HeadWordLib.PAUSED, paused).withFlag(HeadWordLib.ARBITER, p.arbiter != address(0));
    }

    function _bad(string memory name) private pure {
        revert IRequestEvents.Requests_BadParameter(name);
    }
}
