// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Float32} from "../../contracts/lib/Float32.sol";
import {Leaves} from "../../contracts/lib/Leaves.sol";
import {MerkleTree} from "../../contracts/lib/MerkleTree.sol";
import {RequestTermsLib} from "../../contracts/requests/RequestTermsLib.sol";
import {DisputeCosts} from "../../contracts/challenges/DisputeCosts.sol";
import {Integers} from "../../contracts/steps/Integers.sol";
import {AccountWord} from "../../contracts/types/AccountWord.sol";
import {Amounts, AmountsLib} from "../../contracts/types/Amounts.sol";

/// @notice What solc's SMTChecker is asked about arithmetic, for every value of the arguments: that each assert holds, and that nothing on the
/// way overflows, underflows or divides by zero. Never deployed; read by scripts/audit/smt.ts, one function at a time.
/// @dev A solver multiplies two unknowns badly: rates are the shipped ones and the largest. It does not read assembly, so what
/// calls Rounding.log2 is not here (test/steps compares it with the reference).
contract Proofs {
    // ---- Money ---------------------------------------------------------------------------------------------------

    /// @notice Protocol share and tip are together no more than the fee (I5), at the shipped rates.
    function sharesAtShippedRates(uint96 fee) external pure {
        (uint96 protocol, uint96 tip) = RequestTermsLib.shares(fee, 500, 50);
        assert(uint256(protocol) + tip <= fee);
    }

    /// @notice The same at the largest rates.
    function sharesAtLargestRates(uint96 fee) external pure {
        (uint96 protocol, uint96 tip) = RequestTermsLib.shares(fee, 1_000, 500);
        assert(uint256(protocol) + tip <= fee);
    }

    /// @notice Each share is rounded down, by less than a unit: what rounding takes from one is the node's.
    function sharesAreRoundedDown(uint96 fee) external pure {
        (uint96 protocol, uint96 tip) = RequestTermsLib.shares(fee, 500, 50);
        uint256 exact = uint256(fee) * 500;
        assert(uint256(protocol) * 10_000 <= exact && exact - uint256(protocol) * 10_000 < 10_000);
        exact = uint256(fee) * 50;
        assert(uint256(tip) * 10_000 <= exact && exact - uint256(tip) * 10_000 < 10_000);
    }

    /// @notice A node that is paid its own quote gets its net price, at the shipped rates.
    function quoteCoversTheNet(uint96 net) external pure {
        uint256 quoted = RequestTermsLib.quote(net, 500, 50);
        if (quoted > type(uint96).max) return;
        (uint96 protocol, uint96 tip) = RequestTermsLib.shares(uint96(quoted), 500, 50);
        assert(quoted - protocol - tip >= net);
    }

    /// @notice The same at the largest rates.
    function quoteCoversTheNetAtMost(uint96 net) external pure {
        uint256 quoted = RequestTermsLib.quote(net, 1_000, 500);
        if (quoted > type(uint96).max) return;
        (uint96 protocol, uint96 tip) = RequestTermsLib.shares(uint96(quoted), 1_000, 500);
        assert(quoted - protocol - tip >= net);
    }

    /// @notice A quote is rounded up, by less than a unit.
    function quoteIsRoundedUp(uint96 net) external pure {
        uint256 quoted = RequestTermsLib.quote(net, 500, 50);
        assert(quoted * 9_450 >= uint256(net) * 10_000);
        assert(quoted * 9_450 < uint256(net) * 10_000 + 9_450);
    }

    /// @notice A part of a slice of at most all of it, rounded down, and the rest are the slice (penalties, rewards), at 30 % and 75 %.
    function partsOfASliceAreTheSlice(uint96 slice) external pure {
        uint256 part = (uint256(slice) * 3_000) / RequestTermsLib.BPS;
        assert(part <= slice && part + (slice - part) == slice);
        part = (uint256(slice) * 7_500) / RequestTermsLib.BPS;
        assert(part <= slice && uint96(part) == part);
    }

    /// @notice What is left of a forfeited bond after the refuters' half and the node's quarter is at least a quarter: a lie to oneself costs.
    function forfeitedBondIsConserved(uint96 bond) external pure {
        uint96 pool = bond / 2;
        uint96 toNode = bond / 4;
        uint96 burned = bond - pool - toNode;
        assert(uint256(pool) + toNode + burned == bond);
        assert(uint256(burned) * 4 >= bond);
    }

    /// @notice The fee of a demand fits its 96 bits for every gas price of the game's constructor, whatever the demand.
    function demandFeeFits(uint8 kind, uint8 levels, uint64 gasPrice) external pure {
        uint96 fee = DisputeCosts.fee(kind, levels, gasPrice);
        assert(fee <= (uint256(DisputeCosts.ANSWER_WHOLE) * gasPrice * 3) / 2);
        assert(fee >= (uint256(DisputeCosts.ANSWER_LEAF) * gasPrice * 3) / 2);
    }

    // ---- Words ---------------------------------------------------------------------------------------------------

    /// @notice A lock's word gives back what it was made of, and its total does not wrap.
    function amountsAreKept(uint64 nonce, uint96 slice, uint96 fee) external pure {
        Amounts a = AmountsLib.pack(nonce, slice, fee);
        assert(a.nonce() == nonce);
        assert(a.slice() == slice);
        assert(a.fee() == fee);
        assert(a.total() == uint256(slice) + fee);
    }

    /// @notice A credit adds to either field what it says, and to nothing else.
    function creditStaysInItsField(AccountWord w, uint96 toAvailable, uint96 toStake) external pure {
        if (uint256(w.available()) + toAvailable > type(uint96).max) return;
        if (uint256(w.stake()) + toStake > type(uint96).max) return;
        AccountWord after_ = w.credit(toAvailable, toStake);
        assert(after_.available() == w.available() + toAvailable);
        assert(after_.stake() == w.stake() + toStake);
        assert(after_.nonce() == w.nonce());
    }

    /// @notice A debit within the balances takes from either field what it says, and from nothing else.
    function debitStaysInItsField(AccountWord w, uint96 fromAvailable, uint96 fromStake) external pure {
        if (fromAvailable > w.available() || fromStake > w.stake()) return;
        AccountWord after_ = w.debit(fromAvailable, fromStake);
        assert(after_.available() == w.available() - fromAvailable);
        assert(after_.stake() == w.stake() - fromStake);
        assert(after_.nonce() == w.nonce());
    }

    // ---- Numbers -------------------------------------------------------------------------------------------------

    /// @notice Ranges of the integer dtypes are those of their widths.
    function rangesAreThoseOfTheWidths() external pure {
        assert(Integers.least(Leaves.UINT8) == 0 && Integers.greatest(Leaves.UINT8) == 255);
        assert(Integers.least(Leaves.INT8) == -128 && Integers.greatest(Leaves.INT8) == 127);
        assert(Integers.least(Leaves.INT32) == type(int32).min && Integers.greatest(Leaves.INT32) == type(int32).max);
        assert(Integers.least(Leaves.INT64) == type(int64).min && Integers.greatest(Leaves.INT64) == type(int64).max);
    }

    /// @notice Wrapping is what a cast does.
    function wrapIsACast(int256 v) external pure {
        assert(Integers.wrap(v, Leaves.UINT8) == uint8(uint256(v)));
        assert(Integers.wrap(v, Leaves.INT64) == uint64(uint256(v)));
    }

    /// @notice Of two floats that are numbers exactly one is less, or they are equal.
    function floatsAreInOrder(uint32 x, uint32 y) external pure {
        if (Float32.isNaN(x) || Float32.isNaN(y)) return;
        bool less = Float32.less(x, y);
        bool more = Float32.less(y, x);
        bool same = Float32.equal(x, y);
        assert(less || more || same);
        assert(!(less && more) && !(less && same) && !(more && same));
    }

    /// @notice The lesser and the greater of two floats are these two.
    function lesserAndGreaterAreTheTwo(uint32 x, uint32 y) external pure {
        if (Float32.isNaN(x) || Float32.isNaN(y)) return;
        uint256 least = Float32.min(x, y);
        uint256 most = Float32.max(x, y);
        assert((least == x && most == y) || (least == y && most == x));
        assert(!Float32.less(most, least));
    }

    /// @notice The sign is turned and taken away; a NaN gives the one NaN.
    function signsAreTurned(uint32 x) external pure {
        assert(Float32.isNaN(x) ? Float32.neg(x) == 0x7fc00000 : Float32.neg(Float32.neg(x)) == x);
        assert(Float32.abs(x) < 0x80000000 && Float32.abs(Float32.neg(x)) == Float32.abs(x));
    }

    /// @notice A tree of up to 16 leaves has the least depth that holds them.
    function depthHoldsTheLeaves(uint8 n) external pure {
        if (n == 0 || n > 2) return;
        uint256 depth = MerkleTree.depth(n);
        assert(uint256(1) << depth >= n);
    }
}
