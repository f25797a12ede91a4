// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ProgramHeader} from "./ChallengeTypes.sol";
import {ChallengeWord} from "./ChallengeWord.sol";
import {Positions} from "./Positions.sol";

/// @title Fees and bonds: what the moves cost their senders, times a margin (docs/spec/challenge-game.md, section 8).
/// @notice Gas figures are those of docs/benchmarks.md rounded up; test/challenges/costs.test.ts compares them with transactions.
library DisputeCosts {
    uint256 internal constant DEMAND = 240_000;
    /// An answer of 64 children.
    uint256 internal constant ANSWER_CHILDREN = 200_000;
    /// An answer of elements: at most 16 leaves of 512 bytes.
    uint256 internal constant ANSWER_WHOLE = 500_000;
    uint256 internal constant ANSWER_LEAF = 130_000;
    /// What the demands on its path add to a `prove`, from above; its step is the whole transaction without them.
    uint256 internal constant PROVE = 300_000;

    /// @notice Wei of OPG for the answer to a demand: 1.5 times its gas.
    /// @param gasPrice wei of OPG per gas
    function fee(uint8 kind, uint8 levels, uint256 gasPrice) internal pure returns (uint96) {
        uint256 gas_ =
            kind == Positions.LEAF
                ? ANSWER_LEAF
                : levels == 0
                    ? ANSWER_WHOLE
                    : ANSWER_CHILDREN;
        return uint96((gas_ * gasPrice * 3) / 2); // gasPrice < 2^64, see the game's constructor
    }

    /// @notice The bond of a challenge in units of BOND_UNIT, rounded up: twice the pool that pays whoever refutes it.
    /// @dev pool = 2 * (fees of D demands) + 1.5 * (gas of D demands and of the dearest proof). Every demand is counted as the dearest one.
    function bondUnits(ProgramHeader calldata p, uint256 gasPrice) internal pure returns (uint256) {
        uint256 fees = 2 * p.levels * ((ANSWER_WHOLE * gasPrice * 3) / 2);
        uint256 work = ((p.levels * DEMAND + PROVE + p.largestStep) * gasPrice * 3) / 2;
        return (2 * (fees + work) + ChallengeWord.BOND_UNIT - 1) / ChallengeWord.BOND_UNIT;
    }
}
