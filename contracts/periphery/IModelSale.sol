// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ModelId} from "../types/Ids.sol";

/// @notice An owner's offer to hand over a model.
struct Sale {
    address seller; // 0 = none
    uint96 price; // wei of OPG; 0 = a gift
    address buyer; // 0 = whoever comes
    uint40 until; // last second of acceptance
}

/// @title A model changes hands in two steps: the owner offers, the buyer accepts.
/// @notice At acceptance the royalty of everything that is final goes to the seller, the price goes to the seller, the token to the buyer: all or
/// nothing. Requests in flight keep their royalty, and as it becomes final it is the buyer's (docs/spec/request-lifecycle.md, section 4).
/// Needs the seller's ERC-721 approval of this contract for this one model, which every transfer ends: an offer does not outlive the
/// ownership it was made in. The namespace stays where it is.
interface IModelSale {
    event Offered(ModelId indexed model, address indexed seller, address indexed buyer, uint96 price, uint40 until);
    event OfferTaken(ModelId indexed model, address indexed seller);
    event Sold(ModelId indexed model, address indexed seller, address indexed buyer, uint96 price);

    error Sale_NotOwner(address caller, address owner);
    /// @notice Thrown when the model is not offered, the offer is over, its owner has changed since, or the approval is gone.
    error Sale_NotOffered(ModelId model);
    error Sale_UntilInvalid(uint40 until);
    error Sale_NotForYou(address caller, address buyer);
    error Sale_PriceAbove(uint96 price, uint96 max);

    /// @notice Offers a model of the caller's; replaces an earlier offer. Emits Offered.
    function offer(ModelId model, address buyer, uint96 price, uint40 until) external;

    /// @notice Takes an offer back. Emits OfferTaken.
    function take(ModelId model) external;

    /// @notice Accepts: pulls the price from the caller by allowance and credits it to the seller's account in Escrow. Emits Sold.
    /// @param maxPrice guard against an offer that was replaced
    function accept(ModelId model, uint96 maxPrice) external;

    function saleOf(ModelId model) external view returns (address seller, uint96 price, address buyer, uint40 until);
}
