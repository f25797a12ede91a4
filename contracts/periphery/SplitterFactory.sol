// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEscrow} from "../escrow/IEscrow.sol";
import {RoyaltySplitter} from "./RoyaltySplitter.sol";

/// @title Makes splitters, and knows which ones it made.
/// @notice A splitter that is in `isSplitter` has the code of contracts/periphery/RoyaltySplitter.sol and pays out of this Escrow.
contract SplitterFactory {
    event SplitterCreated(address indexed splitter, address indexed manager, address[] payees, uint16[] shares);

    IEscrow public immutable escrow;
    mapping(address splitter => bool) public isSplitter;

    constructor(IEscrow escrow_) {
        escrow = escrow_;
    }

    /// @notice Creates a splitter; to use it, send it the model's token.
    /// @param shares basis points, none 0, 10,000 in all
    /// @param manager who publishes and sets royalties, policies and their rules for the splitter's models; it cannot move money or models
    function create(
        address[] calldata payees,
        uint16[] calldata shares,
        address manager
    ) external returns (RoyaltySplitter splitter) {
        splitter = new RoyaltySplitter(escrow, payees, shares, manager);
        isSplitter[address(splitter)] = true;
        emit SplitterCreated(address(splitter), manager, payees, shares);
    }
}
