// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {VersionId} from "../types/Ids.sol";
import {OfferWord} from "../types/OfferWord.sol";

/// @title Who the nodes are and what they offer.
/// @notice A node is its account address: stake, earnings and withdrawals are its own (Escrow). This registry holds what
/// others look up (roles, endpoint, offers) and which hot keys may act for it. It holds no stake and is needed for no exit.
interface INodeRegistry {
    event NodeSet(address indexed node, uint8 roles, string endpoint);
    event KeySet(address indexed node, address indexed key, uint64 until, uint8 permissions);
    event OfferSet(address indexed node, VersionId indexed version, uint96 price, uint24 minReserved, uint40 until);

    error Nodes_NoOffer(address node, VersionId version);
    error Nodes_KeyNotAllowed(address node, address key, uint8 permission);
    error Nodes_BadField(string name);

    /// @notice Sets the caller's roles and endpoint (a URL that answers /healthz and the node's HTTP API).
    function setNode(uint8 roles, string calldata endpoint) external;

    /// @notice Lets `key` act for the caller until `until` (Unix seconds, inclusive); until 0 revokes. Read at each act, so
    /// it takes effect at once for open requests too. No permission reaches funds, stake or offers.
    function setKey(address key, uint64 until, uint8 permissions) external;

    /// @notice Advertises a net price per item. until 0 withdraws the offer.
    function setOffer(VersionId version, uint96 price, uint24 minReserved, uint40 until) external;

    // ---- Views ---------------------------------------------------------------------------------------------------

    function ROLE_INFERENCE() external pure returns (uint8); // 1

    function ROLE_VERIFIER() external pure returns (uint8); // 2

    function ROLE_STORAGE() external pure returns (uint8); // 4

    function ROLE_DATA() external pure returns (uint8); // 8

    function MAY_ACCEPT() external pure returns (uint8); // 1

    function MAY_DECLINE() external pure returns (uint8); // 2

    function MAY_SUBMIT() external pure returns (uint8); // 4

    /// @notice Whether `key` may do `permission` for `node` now. The node itself is not asked about.
    function mayAct(address node, address key, uint8 permission) external view returns (bool);

    /// @notice The offer word, whether active or not; 0 = none.
    function offerOf(address node, VersionId version) external view returns (OfferWord);

    function nodeOf(address node) external view returns (uint8 roles, string memory endpoint);

    function keyOf(address node, address key) external view returns (uint64 until, uint8 permissions);
}
