// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Acceptance} from "../challenges/Acceptance.sol";

/// @notice Many comparisons in one call.
contract AcceptanceHarness {
    /// @param cases y, r, atol, rtol of each
    function acceptMany(uint256[4][] calldata cases) external pure returns (bool[] memory answers) {
        answers = new bool[](cases.length);
        for (uint256 i; i < cases.length; ++i)
            answers[i] = Acceptance.accepts(cases[i][0], cases[i][1], cases[i][2], cases[i][3]);
    }
}
