// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Receiver} from "@openzeppelin/contracts/token/ERC721/IERC721Receiver.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {IEscrow} from "../escrow/IEscrow.sol";
import {ModelId} from "../types/Ids.sol";
import {IRoyaltySplitter} from "./IRoyaltySplitter.sol";
import {ManagedCalls} from "./ManagedCalls.sol";

/// @notice See IRoyaltySplitter, which is the specification. The manager is the owner of Ownable2Step: it changes hands in two steps.
contract RoyaltySplitter is IRoyaltySplitter, IERC721Receiver, Ownable2Step {
    using Address for address;

    uint256 private constant BPS = 10_000;
    /// Bounds the loop over payees that handOver needs.
    uint256 private constant MAX_PAYEES = 16;

    IEscrow public immutable escrow;
    address public immutable models;

    address[] private _payees;
    mapping(address payee => uint16) public shareOf; // basis points
    mapping(address payee => uint256) public paidTo;
    uint256 public paid; // sum of paidTo
    mapping(ModelId model => mapping(address payee => address to)) public agreedTo;

    constructor(IEscrow escrow_, address[] memory payees, uint16[] memory shares, address manager) Ownable(manager) {
        escrow = escrow_;
        models = escrow_.registry();
        uint256 n = payees.length;
        if (n == 0 || n > MAX_PAYEES) revert Splitter_BadField("payees");
        if (shares.length != n) revert Splitter_BadField("shares");
        uint256 sum;
        for (uint256 i = 0; i < n; ++i) {
            address payee = payees[i];
            if (payee == address(0) || payee == address(this) || shareOf[payee] != 0)
                revert Splitter_BadField("payees");
            if (shares[i] == 0) revert Splitter_BadField("shares");
            shareOf[payee] = shares[i];
            sum += shares[i];
        }
        if (sum != BPS) revert Splitter_BadField("shares");
        _payees = payees;
        // Escrow takes only what `gather` deposits.
        IERC20(escrow_.token()).approve(address(escrow_), type(uint256).max);
    }

    /// @inheritdoc IRoyaltySplitter
    function pay(address payee) external returns (uint256) {
        return _pay(payee, payee);
    }

    /// @inheritdoc IRoyaltySplitter
    function payTo(address to) external returns (uint256) {
        return _pay(msg.sender, to);
    }

    /// @inheritdoc IRoyaltySplitter
    function gather() external returns (uint256 amount) {
        amount = IERC20(escrow.token()).balanceOf(address(this));
        escrow.deposit(amount);
        emit Gathered(amount);
    }

    /// @inheritdoc IRoyaltySplitter
    function manage(address target, bytes calldata data) external onlyOwner returns (bytes memory) {
        if (!ManagedCalls.allows(target == models, bytes4(data))) revert Splitter_NotManaged(target, bytes4(data));
        return target.functionCall(data);
    }

    /// @inheritdoc IRoyaltySplitter
    function agree(ModelId model, address to) external {
        if (shareOf[msg.sender] == 0) revert Splitter_NotPayee(msg.sender);
        agreedTo[model][msg.sender] = to;
        emit ExitAgreed(model, msg.sender, to);
    }

    /// @inheritdoc IRoyaltySplitter
    function handOver(ModelId model, address to) external {
        // Check
        if (to == address(0)) revert Splitter_BadField("to");
        for (uint256 i = 0; i < _payees.length; ++i) {
            address agreed = agreedTo[model][_payees[i]];
            if (agreed != to) revert Splitter_NotAgreed(_payees[i], agreed);
        }

        // Effect: should the model ever come back, it is agreed upon anew.
        for (uint256 i = 0; i < _payees.length; ++i) delete agreedTo[model][_payees[i]];

        // Interaction: what was earned so far is the payees'.
        escrow.claimRoyalty(model);
        IERC721(models).transferFrom(address(this), to, ModelId.unwrap(model));

        // Log
        emit HandedOver(model, to);
    }

    /// @inheritdoc IERC721Receiver
    function onERC721Received(address, address, uint256, bytes calldata) external view returns (bytes4) {
        if (msg.sender != models) revert Splitter_NotAModel(msg.sender);
        return IERC721Receiver.onERC721Received.selector;
    }

    /// @inheritdoc IRoyaltySplitter
    function dueOf(address payee) public view returns (uint256) {
        (uint96 available, , ) = escrow.accountOf(address(this));
        // Everything that ever came in; 90-bit amounts times 14 bits. Floors sum to at most the whole.
        return ((paid + available) * shareOf[payee]) / BPS - paidTo[payee];
    }

    /// @inheritdoc IRoyaltySplitter
    function split() external view returns (address[] memory payees, uint16[] memory shares) {
        payees = _payees;
        shares = new uint16[](payees.length);
        for (uint256 i = 0; i < payees.length; ++i) shares[i] = shareOf[payees[i]];
    }

    function _pay(address payee, address to) private returns (uint256 amount) {
        // Check
        if (shareOf[payee] == 0) revert Splitter_NotPayee(payee);
        amount = dueOf(payee);
        if (amount == 0) revert Splitter_NothingDue(payee);

        // Effect
        paidTo[payee] += amount;
        paid += amount;

        // Interaction
        escrow.withdraw(amount, to);

        // Log
        emit Paid(payee, to, amount);
    }
}
