// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What the chain keeps of all that concerns one submission, in one word.
///
///     openItems 32 | ranks 32 | challengeEnd 40 | end 40 | newEnd 40 | fault 8 | 0 64
struct Dispute {
    uint32 openItems; // open challenges and open demands for the output
    uint32 ranks; // challenges posted so far
    uint40 challengeEnd; // of the submission; the words below are checked against it
    uint40 end; // of the submission as it is frozen
    uint40 newEnd; // what it is thawed to: later than `end` only after demands for the output
    Fault fault;
}

/// @notice How a submission was found wrong, if it was.
enum Fault {
    None,
    Upheld, // by a challenge; the pot waits for the best one
    Claimed, // by a challenge; the pot is paid
    Withheld, // by an unanswered demand for the output; its owner is paid
    Rescued // the request ended without a verdict before one was reached
}

library DisputeWord {
    function pack(Dispute memory d) internal pure returns (uint256) {
        return
            (uint256(d.openItems) << 224) |
            (uint256(d.ranks) << 192) |
            (uint256(d.challengeEnd) << 152) |
            (uint256(d.end) << 112) |
            (uint256(d.newEnd) << 72) |
            (uint256(d.fault) << 64);
    }

    function unpackDispute(uint256 w) internal pure returns (Dispute memory d) {
        d.openItems = uint32(w >> 224);
        d.ranks = uint32(w >> 192);
        d.challengeEnd = uint40(w >> 152);
        d.end = uint40(w >> 112);
        d.newEnd = uint40(w >> 72);
        d.fault = Fault(uint8(w >> 64));
    }
}
