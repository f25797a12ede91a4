// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ModelId} from "../types/Ids.sol";

/// @title Several payees own a model together and share what it earns.
/// @notice The splitter holds the model's token, so Escrow credits it royalties and passes. Shares are fixed at creation. Money is pulled:
/// each payee's part is computed from everything that ever came in, so no payee can stop or delay another, and what rounding
/// leaves (less than one wei per payee) is paid with the next wei that makes it whole.
/// @dev Conservation: received = paid + available in Escrow, and the sum of what was paid and is due <= received.
interface IRoyaltySplitter {
    event Paid(address indexed payee, address indexed to, uint256 amount);
    event Gathered(uint256 amount);
    event ExitAgreed(ModelId indexed model, address indexed payee, address indexed to);
    event HandedOver(ModelId indexed model, address indexed to);

    /// @notice Thrown when a field of a new splitter is out of its range; `name` says which.
    error Splitter_BadField(string name);
    error Splitter_NotPayee(address account);
    error Splitter_NothingDue(address payee);
    /// @notice Thrown when the manager asks for something that could move money or the model.
    error Splitter_NotManaged(address target, bytes4 selector);
    /// @notice Thrown when `payee` has agreed to another receiver, or to none.
    error Splitter_NotAgreed(address payee, address agreed);
    /// @notice Thrown when something else than a model of this deployment is sent here.
    error Splitter_NotAModel(address token);

    /// @notice Pays `payee` what it is due, to its own address. Anyone.
    function pay(address payee) external returns (uint256 amount);

    /// @notice Pays the caller what it is due, to `to`: for a payee whose own address cannot receive.
    function payTo(address to) external returns (uint256 amount);

    /// @notice Deposits OPG that was sent to this address into Escrow, where it is shared: what another splitter pays this one.
    function gather() external returns (uint256 amount);

    /// @notice Runs a call of the manager: publish, setRoyalty, setPolicy, retire of the registry, or a rule of a policy or of the
    /// directory. Nothing that moves money or the model.
    function manage(address target, bytes calldata data) external returns (bytes memory);

    /// @notice The caller, a payee, agrees that the model goes to `to`; 0 takes it back.
    function agree(ModelId model, address to) external;

    /// @notice Sends the model to `to`, to which every payee has agreed. Claims its royalty first. Anyone.
    function handOver(ModelId model, address to) external;

    /// @notice What `payee` can be paid now. Royalties that are still in the purse of a model are not counted: Escrow.claimRoyalty.
    function dueOf(address payee) external view returns (uint256);

    /// @notice The payees with their shares in basis points, 10,000 in all.
    function split() external view returns (address[] memory payees, uint16[] memory shares);
}
