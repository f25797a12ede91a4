// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IEscrow} from "../../escrow/IEscrow.sol";
import {VersionId} from "../../types/Ids.sol";
import {VersionWord, VersionWordLib} from "../../types/VersionWord.sol";
import {IAccessPolicy} from "../IAccessPolicy.sol";
import {IModelRegistry} from "../IModelRegistry.sol";
import {IPassPolicy, Pass, PassOffer} from "./IPassPolicy.sol";
import {VersionOwned} from "./VersionOwned.sol";

/// @notice See IPassPolicy, which is the specification.
contract PassPolicy is IPassPolicy, VersionOwned, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    uint64 private constant UNLIMITED = type(uint64).max;
    /// A pass ends at most this far ahead, so that no sum of periods leaves its 40 bits: 100 years of seconds.
    uint40 private constant MAX_AHEAD = 36_500 days;

    IEscrow public immutable escrow;
    IERC20 public immutable token;

    mapping(VersionId version => PassOffer) public offerOf;
    mapping(VersionId version => mapping(address holder => Pass)) public passOf;
    mapping(VersionId version => mapping(address holder => uint96)) public royaltyOf; // not in Pass: a question reads one slot

    constructor(IModelRegistry models_, IEscrow escrow_) VersionOwned(models_) {
        escrow = escrow_;
        token = IERC20(escrow_.token());
        // Escrow takes only what this contract itself deposits.
        token.forceApprove(address(escrow_), type(uint256).max);
    }

    /// @inheritdoc IPassPolicy
    function setOffer(VersionId version, PassOffer calldata offer) external onlyOwnerOf(version) {
        if (offer.period > MAX_AHEAD) revert Policies_BadField("period");
        if (offer.period == 0 && (offer.price != 0 || offer.uses != 0)) revert Policies_BadField("period");
        offerOf[version] = offer;
        emit OfferSet(version, offer.price, offer.period, offer.uses);
    }

    /// @inheritdoc IPassPolicy
    function buy(
        VersionId version,
        address holder,
        PassOffer calldata wanted,
        uint96 maxRoyalty
    ) external nonReentrant {
        // Check
        PassOffer memory offer = offerOf[version];
        (bool served, uint96 royalty) = _service(version);
        if (offer.period == 0 || !served) revert Passes_NotForSale(version);
        if (royalty > maxRoyalty) revert Passes_RoyaltyAbove(royalty, maxRoyalty);
        bool fewer = offer.uses != 0 && (wanted.uses == 0 || offer.uses < wanted.uses);
        if (offer.price > wanted.price || offer.period < wanted.period || fewer)
            revert Passes_OfferChanged(version, offer.price, offer.period, offer.uses);
        Pass memory pass = passOf[version][holder];
        uint64 nonce = _nonceOf(holder);
        bool over = _isOver(pass, nonce);
        if (!over && (pass.nonceEnd == UNLIMITED) != (offer.uses == 0)) revert Passes_OtherKind(version, holder);

        // Effect
        uint96 earned = _earned(pass, over);
        pass.held = pass.held - earned + offer.price; // prices of less than the supply, 2^90, for at most 100 years
        pass.from = uint40(block.timestamp);
        pass.until = (over ? uint40(block.timestamp) : pass.until) + offer.period;
        if (pass.until > block.timestamp + MAX_AHEAD) revert Policies_BadField("period");
        if (offer.uses == 0) pass.nonceEnd = UNLIMITED;
        else pass.nonceEnd = (over ? nonce : pass.nonceEnd) + offer.uses;
        passOf[version][holder] = pass;
        // Whoever prolongs a pass must not raise what its holder was promised.
        if (over || royalty < royaltyOf[version][holder]) royaltyOf[version][holder] = royalty;

        // Interaction
        token.safeTransferFrom(msg.sender, address(this), offer.price);
        if (earned != 0) _payOwner(version, holder, earned);

        // Log
        emit PassBought(version, holder, msg.sender, offer.price, pass.until, pass.nonceEnd);
    }

    /// @inheritdoc IPassPolicy
    function collect(VersionId version, address[] calldata holders) external nonReentrant returns (uint256 amount) {
        address owner = _ownerOf(version);
        for (uint256 i = 0; i < holders.length; ++i) {
            Pass memory pass = passOf[version][holders[i]];
            bool over = _isOver(pass, _nonceOf(holders[i]));
            uint96 earned = _earned(pass, over);
            if (earned == 0) continue;
            pass.held -= earned;
            if (!over) pass.from = uint40(block.timestamp);
            passOf[version][holders[i]] = pass;
            amount += earned;
            emit PassEarned(version, holders[i], owner, earned);
        }
        if (amount != 0) escrow.depositFor(owner, amount);
    }

    /// @inheritdoc IPassPolicy
    function refund(VersionId version, address holder) external nonReentrant returns (uint96) {
        (bool served, uint96 royalty) = _service(version);
        if (served && royalty <= royaltyOf[version][holder]) revert Passes_StillServed(version);
        return _end(version, holder);
    }

    /// @inheritdoc IPassPolicy
    function revoke(VersionId version, address holder) external onlyOwnerOf(version) nonReentrant returns (uint96) {
        return _end(version, holder);
    }

    /// @inheritdoc IAccessPolicy
    /// @dev Two cold slots and one call to Escrow: below 12,000 gas. `data` is not used.
    function mayRequest(VersionId version, address requester, bytes calldata) external view returns (bool) {
        Pass memory pass = passOf[version][requester];
        if (block.timestamp > pass.until) return false;
        return pass.nonceEnd == UNLIMITED || _nonceOf(requester) < pass.nonceEnd;
    }

    /// @inheritdoc IPassPolicy
    function earnedOf(VersionId version, address holder) external view returns (uint96) {
        Pass memory pass = passOf[version][holder];
        return _earned(pass, _isOver(pass, _nonceOf(holder)));
    }

    function _end(VersionId version, address holder) private returns (uint96 amount) {
        // Check
        Pass memory pass = passOf[version][holder];
        bool over = _isOver(pass, _nonceOf(holder));
        if (over) revert Passes_NoPass(version, holder);

        // Effect
        uint96 earned = _earned(pass, over);
        amount = pass.held - earned;
        delete passOf[version][holder];
        delete royaltyOf[version][holder];

        // Interaction
        if (earned != 0) _payOwner(version, holder, earned);
        if (amount != 0) escrow.depositFor(holder, amount);

        // Log
        emit PassEnded(version, holder, amount);
    }

    function _payOwner(VersionId version, address holder, uint96 amount) private {
        address owner = _ownerOf(version);
        escrow.depositFor(owner, amount);
        emit PassEarned(version, holder, owner, amount);
    }

    /// @dev A retired version takes no requests, and one with another policy does not ask this one. With the royalty of an item.
    function _service(VersionId version) private view returns (bool served, uint96 royalty) {
        (VersionWord word, ) = models.terms(version);
        served = !word.has(VersionWordLib.RETIRED) && models.policyOf(version) == address(this);
        royalty = word.royalty();
    }

    function _nonceOf(address account) private view returns (uint64 nonce) {
        (, , nonce) = escrow.accountOf(account);
    }

    /// @dev By time or by uses; also if there never was one.
    function _isOver(Pass memory pass, uint64 nonce) private view returns (bool) {
        return block.timestamp > pass.until || nonce >= pass.nonceEnd;
    }

    /// @dev All of it once the pass is over, else the share of the seconds since `from`, rounded down: what is cut off is earned later.
    function _earned(Pass memory pass, bool over) private view returns (uint96) {
        if (over) return pass.held;
        // from <= now <= until; a pass that was collected in its last second has from = until and earns at its end.
        uint256 length = pass.until - pass.from;
        if (length == 0) return 0;
        return uint96((pass.held * (block.timestamp - pass.from)) / length); // <= held
    }
}
