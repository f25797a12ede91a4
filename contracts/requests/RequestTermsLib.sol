// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {HeadWord} from "../types/HeadWord.sol";
import {ModelId} from "../types/Ids.sol";
import {Terms} from "../types/Terms.sol";
import {VersionWord} from "../types/VersionWord.sol";
import {IRequestEvents} from "./IRequestEvents.sol";
import {Ask, AskFlags} from "./RequestTypes.sol";

/// @title Arithmetic of the terms: windows, slice, shares, packing.
library RequestTermsLib {
    using SafeCast for uint256;

    uint256 internal constant BPS = 10_000;
    /// What a program's cost may add to tc, in seconds. A dispute's W grows by the same, so this bounds the longest dispute of a set: twice it is
    /// 28 days more, and ParameterSets.validate leaves 30 until a rescue.
    uint256 internal constant MAX_COST_SECONDS = 14 days;

    /// @notice Seconds a checker gets: tcBase + items * cost / 2^tcRateLog2, rounded down. Reverts with Requests_TooCostly if the second term is
    /// above MAX_COST_SECONDS.
    /// @dev cost = mantissa 24 << exponent (<= 200 at publish), items 8 bits: below 2^232, no overflow.
    function windowSeconds(HeadWord head, VersionWord version, uint256 items) internal pure returns (uint32) {
        uint32 cost = version.cost();
        unchecked {
            uint256 multiplyAdds = (uint256(cost >> 8) << (cost & 0xff)) * items;
            uint256 grown = multiplyAdds >> head.tcRateLog2();
            if (grown > MAX_COST_SECONDS) revert IRequestEvents.Requests_TooCostly(grown, MAX_COST_SECONDS);
            return (head.tcBase() + grown).toUint32();
        }
    }

    /// @notice The stake slice that backs one request: max(set's floor, version's floor, fee * theta), rounded down.
    function slice(HeadWord head, VersionWord version, uint96 fee) internal pure returns (uint96) {
        uint256 least = head.sliceFloor();
        unchecked {
            uint256 floorOfVersion = uint256(version.sliceFloorGwei()) * 1 gwei; // < 2^70
            uint256 floorOfFee = (uint256(fee) * head.thetaPct()) / 100; // < 2^112
            if (floorOfVersion > least) least = floorOfVersion;
            if (floorOfFee > least) least = floorOfFee;
        }
        return least.toUint96();
    }

    /// @notice Protocol share and tip of a fee, each rounded down: rounding favours the node.
    function shares(uint96 fee, uint16 protocolBps, uint16 tipBps) internal pure returns (uint96 protocol, uint96 tip) {
        unchecked {
            // 112-bit products; bps <= 1,000 and 500, so each share is below the fee
            protocol = uint96((uint256(fee) * protocolBps) / BPS);
            tip = uint96((uint256(fee) * tipBps) / BPS);
        }
    }

    /// @notice ceil(items * (max(price, 1) + royalty) * 10,000 / (10,000 - protocolBps - tipBps)).
    function quote(uint256 net, uint16 protocolBps, uint16 tipBps) internal pure returns (uint256) {
        unchecked {
            uint256 rest = BPS - protocolBps - tipBps; // >= 8,500
            return (net * BPS + rest - 1) / rest; // net < 2^106
        }
    }

    /// @notice Writes the terms of a request that passed every check of row `request`, all but its input.
    /// @dev Every shifted field is of its own width; see the picture in Terms. By those checks the royalty of all items is at
    /// most maxRoyalty (96 bits) and their output at most 2^24 - 1 bytes.
    function pack(Terms memory t, Ask calldata ask, HeadWord head, VersionWord version) internal view {
        uint256 items = ask.items;
        t.version = ask.version;
        t.requesterFee = (uint256(uint160(msg.sender)) << 96) | ask.fee;
        t.nodeSlice = (uint256(uint160(ask.node)) << 96) | slice(head, version, ask.fee);
        uint256 royalty;
        uint256 outputBytes;
        unchecked {
            royalty = uint256(version.royalty()) * items;
            outputBytes = uint256(version.outputBytes()) * items;
        }
        t.shares =
            (royalty << 160) |
            (uint256(ask.deadline) << 120) |
            (uint256(windowSeconds(head, version, items)) << 88) |
            (uint256(ask.openAt) << 48) |
            (uint256(head.protocolBps()) << 32);
        t.shape =
            (uint256(ModelId.unwrap(version.model())) << 208) |
            (uint256(ask.callbackGas) << 184) |
            (uint256(head.set()) << 168) |
            (uint256(ask.mode) << 160) |
            (outputBytes << 136) |
            (uint256(ask.flags & (AskFlags.ROOT_INPUT | AskFlags.EXACT_OUTPUT)) << 128) |
            (uint256(head.tipBps()) << 112) |
            (items << 104) |
            (uint256(ask.lane) << 88) |
            (uint256(head.penaltyBps()) << 72);
        t.outputSchema = ask.outputSchema;
    }

    /// @notice The same terms for another item of a batch: input and lane differ.
    function setItem(Terms memory t, bytes32 input, uint16 lane) internal pure {
        t.input = input;
        t.shape = (t.shape & ~(uint256(type(uint16).max) << 88)) | (uint256(lane) << 88);
    }
}
