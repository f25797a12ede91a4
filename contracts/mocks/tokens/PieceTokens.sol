// SPDX-License-Identifier: MIT
// solhint-disable one-contract-per-file
pragma solidity 0.8.37;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";

/// @notice Pieces that anybody can mint.
contract PieceToken is ERC721 {
    constructor() ERC721("Piece", "PIECE") {}

    function mint(address to, uint256 id) external {
        _mint(to, id);
    }
}

/// @notice Kinds of pieces that anybody can mint.
contract KindToken is ERC1155 {
    constructor() ERC1155("") {}

    function mint(address to, uint256 id, uint256 amount) external {
        _mint(to, id, amount, "");
    }
}
