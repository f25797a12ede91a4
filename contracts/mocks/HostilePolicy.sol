// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// solhint-disable no-complex-fallback

/// @notice An access policy that answers in every way a contract can. It has no mayRequest: the fallback is asked, so that the
/// answer is exactly the bytes below.
contract HostilePolicy {
    enum Answer {
        Yes,
        No,
        Two, // 32 bytes equal to 2
        Bytes31,
        Bytes33,
        Nothing,
        Reverts,
        RevertsWithYes, // reverts with 32 bytes equal to 1
        BurnsGas,
        Bomb, // 100,000 bytes, the first word 1
        ChangesState,
        YesIfGas // yes if `gasWanted` is left, else no
    }

    Answer public answer;
    uint256 public gasWanted;
    uint256 public counter;

    constructor(Answer answer_) {
        answer = answer_;
    }

    function set(Answer answer_, uint256 gasWanted_) external {
        (answer, gasWanted) = (answer_, gasWanted_);
    }

    fallback() external {
        uint256 left = gasleft();
        Answer a = answer;
        if (a == Answer.ChangesState) ++counter;
        if (a == Answer.BurnsGas) while (true) {}
        uint256 word = 1;
        uint256 size = 32;
        if (a == Answer.No) word = 0;
        if (a == Answer.Two) word = 2;
        if (a == Answer.Bytes31) size = 31;
        if (a == Answer.Bytes33) size = 33;
        if (a == Answer.Nothing) size = 0;
        if (a == Answer.Bomb) size = 100_000;
        if (a == Answer.YesIfGas && left < gasWanted) word = 0;
        bool fails = a == Answer.Reverts || a == Answer.RevertsWithYes;
        if (a == Answer.Reverts) size = 0;
        assembly {
            mstore(0, word)
            if fails {
                revert(0, size)
            }
            return(0, size)
        }
    }
}
