// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {VersionId} from "../../types/Ids.sol";
import {IAccessPolicy} from "../IAccessPolicy.sol";

/// @notice What the owner of a version sells: `price` lets one account ask for `period` seconds, at most `uses` times.
struct PassOffer {
    uint96 price; // wei of OPG; 0 = free
    uint40 period; // seconds; 0 = nothing is sold
    uint32 uses; // requests of the account, of whatever version; 0 = unlimited within the period
}

/// @notice What an account has bought of a version. One slot.
struct Pass {
    uint40 from; // `held` is earned evenly from here
    uint40 until; // last second in which the account may ask; 0 = never bought
    uint64 nonceEnd; // the account may ask while its nonce in Escrow is below this; the largest = unlimited
    uint96 held; // wei of OPG that were paid and not yet earned at `from`
}

/// @title Paid passes: who bought one may ask while it lasts.
/// @notice The price is earned second by second. What the owner has earned, anybody credits to it (`collect`). If the owner ends the
/// service (it retires the version, gives it another policy, or revokes the pass) or makes an item dearer than it was at the purchase
/// (`setRoyalty`), what is not earned yet goes back to the holder.
/// A holder cannot hand a pass back. Uses are counted by the holder's nonce in Escrow, which every request of the account raises: a view
/// can read it, and nobody can lower it.
/// @dev Money moves through Escrow: payments come by allowance to this contract, what it pays out is a credit in Escrow. A recipient can
/// therefore stop nothing. Balance of this contract >= sum of `held` over all passes.
interface IPassPolicy is IAccessPolicy {
    event OfferSet(VersionId indexed version, uint96 price, uint40 period, uint32 uses);
    event PassBought(
        VersionId indexed version,
        address indexed holder,
        address indexed buyer,
        uint96 price,
        uint40 until,
        uint64 nonceEnd
    );
    event PassEarned(VersionId indexed version, address indexed holder, address indexed owner, uint96 amount);
    event PassEnded(VersionId indexed version, address indexed holder, uint96 refund);

    /// @notice Thrown when the version has no offer, is retired, or has another policy: a pass would be of no use.
    error Passes_NotForSale(VersionId version);
    /// @notice Thrown when the offer is no longer as good as the buyer wants it. Read it again.
    error Passes_OfferChanged(VersionId version, uint96 price, uint40 period, uint32 uses);
    /// @notice Thrown when the holder's pass is unlimited and the offer counts uses, or the other way round. Wait until the pass is over.
    error Passes_OtherKind(VersionId version, address holder);
    /// @notice Thrown when an item's royalty is above what the buyer accepts: the owner has raised it.
    error Passes_RoyaltyAbove(uint256 royalty, uint256 maxRoyalty);
    /// @notice Thrown when the service goes on at the royalty of the purchase, so that nothing is given back.
    error Passes_StillServed(VersionId version);
    /// @notice Thrown when the account has no pass, or a pass that is over: there is nothing to end.
    error Passes_NoPass(VersionId version, address holder);

    /// @notice Sets what is sold from now on; all zeros ends the sale. Passes that were bought stay as they are. By the owner of the
    /// version's model. Emits OfferSet.
    function setOffer(VersionId version, PassOffer calldata offer) external;

    /// @notice Buys a pass for `holder`, or adds to the one it has: the period after its end, the uses to what is left of them. Pulls the
    /// price of the offer from the caller by allowance. Emits PassBought, and PassEarned if there was something.
    /// A pass that runs is earned from now on as one: what is not earned of it and the new price, evenly over the joined time.
    /// @param wanted the worst offer the caller accepts: not dearer, not shorter, not with fewer uses
    /// @param maxRoyalty wei of OPG an item, the most the caller accepts; what it is now is promised until the pass ends
    function buy(VersionId version, address holder, PassOffer calldata wanted, uint96 maxRoyalty) external;

    /// @notice Credits what passes have earned by now to the owner of the version's model. Anyone. Emits PassEarned for each
    /// with more than 0.
    function collect(VersionId version, address[] calldata holders) external returns (uint256 amount);

    /// @notice Ends a pass of a version that is retired, has another policy, or has a royalty above `royaltyOf`: what is not earned goes to
    /// the holder's account in Escrow. Anyone. Emits PassEnded.
    function refund(VersionId version, address holder) external returns (uint96 amount);

    /// @notice Ends a pass at once, as `refund` does. By the owner of the version's model.
    function revoke(VersionId version, address holder) external returns (uint96 amount);

    function offerOf(VersionId version) external view returns (uint96 price, uint40 period, uint32 uses);

    function passOf(
        VersionId version,
        address holder
    ) external view returns (uint40 from, uint40 until, uint64 nonceEnd, uint96 held);

    /// @notice Wei of OPG an item: the royalty when the pass was bought, the least of them while it ran. Above it `refund` is open.
    function royaltyOf(VersionId version, address holder) external view returns (uint96);

    /// @notice What the pass has earned and `collect` would credit now.
    function earnedOf(VersionId version, address holder) external view returns (uint96);
}
