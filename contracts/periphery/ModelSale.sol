// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IEscrow} from "../escrow/IEscrow.sol";
import {ModelId} from "../types/Ids.sol";
import {IModelSale, Sale} from "./IModelSale.sol";

/// @notice See IModelSale, which is the specification. It holds nothing between two calls.
contract ModelSale is IModelSale, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    IEscrow public immutable escrow;
    IERC20 public immutable token;
    IERC721 public immutable models;

    mapping(ModelId model => Sale) public saleOf;

    constructor(IEscrow escrow_) {
        escrow = escrow_;
        token = IERC20(escrow_.token());
        models = IERC721(escrow_.registry());
        // Escrow takes only what this contract itself deposits.
        token.forceApprove(address(escrow_), type(uint256).max);
    }

    /// @inheritdoc IModelSale
    function offer(ModelId model, address buyer, uint96 price, uint40 until) external {
        _requireOwner(model);
        if (until < block.timestamp) revert Sale_UntilInvalid(until);
        saleOf[model] = Sale(msg.sender, price, buyer, until);
        emit Offered(model, msg.sender, buyer, price, until);
    }

    /// @inheritdoc IModelSale
    function take(ModelId model) external {
        if (saleOf[model].seller != msg.sender) revert Sale_NotOffered(model);
        delete saleOf[model];
        emit OfferTaken(model, msg.sender);
    }

    /// @inheritdoc IModelSale
    function accept(ModelId model, uint96 maxPrice) external nonReentrant {
        // Check
        Sale memory sale = saleOf[model];
        if (block.timestamp > sale.until || !_isOpen(model, sale.seller)) revert Sale_NotOffered(model);
        if (sale.buyer != address(0) && sale.buyer != msg.sender) revert Sale_NotForYou(msg.sender, sale.buyer);
        if (sale.price > maxPrice) revert Sale_PriceAbove(sale.price, maxPrice);

        // Effect
        delete saleOf[model];

        // Interaction: to the seller what is final, then the price; nobody outside the deployment is called.
        escrow.claimRoyalty(model);
        if (sale.price != 0) {
            token.safeTransferFrom(msg.sender, address(this), sale.price);
            escrow.depositFor(sale.seller, sale.price);
        }
        models.transferFrom(sale.seller, msg.sender, ModelId.unwrap(model));

        // Log
        emit Sold(model, sale.seller, msg.sender, sale.price);
    }

    /// @dev The approval of an operator for all tokens does not count: it would survive a sale and a return of the model, and with it
    /// an offer long forgotten.
    function _isOpen(ModelId model, address seller) private view returns (bool) {
        uint256 id = ModelId.unwrap(model);
        return models.ownerOf(id) == seller && models.getApproved(id) == address(this);
    }

    function _requireOwner(ModelId model) private view {
        address owner = models.ownerOf(ModelId.unwrap(model));
        if (owner != msg.sender) revert Sale_NotOwner(msg.sender, owner);
    }
}
