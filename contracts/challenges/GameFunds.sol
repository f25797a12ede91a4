// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Credit, IEscrow} from "../escrow/IEscrow.sol";
import {AmountsLib} from "../types/Amounts.sol";
import {Tags} from "../types/Tags.sol";
import {Demand} from "./ChallengeTypes.sol";
import {Challenge, ChallengeWord} from "./ChallengeWord.sol";
import {ClaimHash} from "./ClaimHash.sol";

/// @notice The game's money: bonds and fees are locks of those who pay them, pots are the game's own account in Escrow. Escrow checks
/// that the parts of every closing sum.
abstract contract GameFunds {
    using ChallengeWord for Challenge;

    /// @dev Where the fee of a demand is.
    struct FeeLock {
        address demander;
        uint96 fee;
        uint16 lane;
        uint64 nonce;
    }

    /// Where burned parts wait (Escrow.BURN).
    address private constant BURN = 0x000000000000000000000000000000000000dEaD;

    IEscrow internal immutable _escrow;

    constructor(address escrow_) {
        _escrow = IEscrow(escrow_);
    }

    function _lockBond(address challenger, uint16 lane, uint96 bond, bytes32 id) internal returns (uint64 nonce) {
        return _escrow.lock(challenger, lane, bond, ClaimHash.lockTag(Tags.BOND, id), false);
    }

    function _lockFee(address demander, uint16 lane, uint96 fee, bytes32 demandId) internal returns (uint64 nonce) {
        return _escrow.lock(demander, lane, fee, ClaimHash.lockTag(Tags.FEE, demandId), false);
    }

    /// @dev Closes the lock that `lane` and `nonce` of the demander name.
    function _payFee(FeeLock memory f, bytes32 demandId, address to) internal {
        Credit[] memory credits = new Credit[](1);
        credits[0] = Credit(to, f.fee, 0);
        bytes32 tag = ClaimHash.lockTag(Tags.FEE, demandId);
        _escrow.close(f.demander, f.lane, AmountsLib.pack(f.nonce, 0, f.fee), tag, credits);
    }

    function _returnBond(address challenger, Challenge memory c, bytes32 id) internal {
        Credit[] memory credits = new Credit[](1);
        credits[0] = Credit(challenger, c.bond(), 0);
        _closeBond(challenger, c, id, credits);
    }

    /// @dev Half is the refuters': twice the fee to each owner of a demand on the way, the rest to `actor`. A quarter is the node's, whose pay
    /// was held up. The rest is burned, and so is every rounding.
    function _forfeitBond(
        address challenger,
        Challenge memory c,
        bytes32 id,
        Demand[] calldata onPath,
        address actor,
        address node
    ) internal {
        uint96 bond = c.bond();
        uint96 pool = bond / 2;
        uint96 toNode = bond / 4;
        uint256 n = onPath.length;
        Credit[] memory credits = new Credit[](n + 3);
        credits[n] = Credit(node, toNode, 0);
        credits[n + 1] = Credit(BURN, bond - pool - toNode, 0);
        for (uint256 i; i < n; ++i) {
            uint96 twice = 2 * onPath[i].fee;
            pool -= twice; // the pool was computed to hold D of them
            credits[i] = Credit(onPath[i].demander, twice, 0);
        }
        credits[n + 2] = Credit(actor, pool, 0);
        _closeBond(challenger, c, id, credits);
    }

    /// @dev From the game's own account, to which a condemnation credited it.
    function _payPot(address to, uint96 amount, bytes32 submission) internal {
        bytes32 tag = ClaimHash.lockTag(Tags.POT, submission);
        uint64 nonce = _escrow.lock(address(this), 0, amount, tag, false);
        Credit[] memory credits = new Credit[](1);
        credits[0] = Credit(to, amount, 0);
        _escrow.close(address(this), 0, AmountsLib.pack(nonce, 0, amount), tag, credits);
    }

    function _closeBond(address challenger, Challenge memory c, bytes32 id, Credit[] memory credits) private {
        bytes32 tag = ClaimHash.lockTag(Tags.BOND, id);
        _escrow.close(challenger, c.lane, AmountsLib.pack(c.nonce, 0, c.bond()), tag, credits);
    }
}
