// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ChallengeState} from "./ChallengeTypes.sol";

/// @notice What the chain keeps of a challenge, in one word.
///
///     state 2 | item 6 | openDemands 24 | postedAt 40 | end 40 | rank 32 | lane 16 | bond 32 | nonce 64
///
/// item: below 32. openDemands: 2^24 demands would fill 100,000 blocks. Times: Unix seconds. bond: in units of BOND_UNIT, so up to 4.2 million
/// OPG. lane, nonce: of the challenger's lock that holds the bond.
struct Challenge {
    ChallengeState state;
    uint8 item;
    uint24 openDemands;
    uint40 postedAt;
    uint40 end; // last second for a proof; grows with demands
    uint32 rank; // how many challenges of the request were posted before
    uint16 lane;
    uint32 bondUnits;
    uint64 nonce;
}

library ChallengeWord {
    /// A thousandth of an OPG: bonds are rounded up to it.
    uint256 internal constant BOND_UNIT = 1e15;

    function pack(Challenge memory c) internal pure returns (uint256) {
        return
            (uint256(c.state) << 254) |
            (uint256(c.item) << 248) |
            (uint256(c.openDemands) << 224) |
            (uint256(c.postedAt) << 184) |
            (uint256(c.end) << 144) |
            (uint256(c.rank) << 112) |
            (uint256(c.lane) << 96) |
            (uint256(c.bondUnits) << 64) |
            c.nonce;
    }

    function unpackChallenge(uint256 w) internal pure returns (Challenge memory c) {
        c.state = ChallengeState(w >> 254);
        c.item = uint8((w >> 248) & 0x3f);
        c.openDemands = uint24(w >> 224);
        c.postedAt = uint40(w >> 184);
        c.end = uint40(w >> 144);
        c.rank = uint32(w >> 112);
        c.lane = uint16(w >> 96);
        c.bondUnits = uint32(w >> 64);
        c.nonce = uint64(w);
    }

    /// @notice The bond in wei of OPG.
    function bond(Challenge memory c) internal pure returns (uint96) {
        return uint96(uint256(c.bondUnits) * BOND_UNIT); // < 2^82
    }
}
