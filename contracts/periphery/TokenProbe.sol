// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title What a token does with a transfer, seen from a holder's address, without moving anything.
/// @notice Never deployed: deploy/checks/token.ts lays this code over the address of a holder within one eth_call, whose
/// effects are discarded.
contract TokenProbe {
    struct Movement {
        bool answeredTrue; // returned exactly one word equal to 1
        uint256 left; // by how much the sender's balance shrank
        uint256 arrived; // by how much the receiver's grew
    }

    struct Report {
        Movement byTransfer;
        Movement byTransferFrom;
        uint256 supplyBefore;
        uint256 supplyAfter;
    }

    error TokenProbe_Called();
    error TokenProbe_Refused(bytes reason);

    /// @notice Transfers `amount` to `to` twice, by transfer and by transferFrom after an approval of itself.
    function probe(IERC20 token, address to, uint256 amount) external returns (Report memory report) {
        report.supplyBefore = token.totalSupply();
        report.byTransfer = _move(token, to, abi.encodeCall(IERC20.transfer, (to, amount)));
        token.approve(address(this), amount);
        report.byTransferFrom = _move(token, to, abi.encodeCall(IERC20.transferFrom, (address(this), to, amount)));
        report.supplyAfter = token.totalSupply();
    }

    function _move(IERC20 token, address to, bytes memory data) private returns (Movement memory movement) {
        uint256 mine = token.balanceOf(address(this));
        uint256 theirs = token.balanceOf(to);
        // solhint-disable-next-line avoid-low-level-calls
        (bool success, bytes memory returned) = address(token).call(data);
        if (!success) revert TokenProbe_Refused(returned);
        movement.answeredTrue = returned.length == 32 && bytes32(returned) == bytes32(uint256(1));
        unchecked {
            // A balance that moved the wrong way shows as a huge number, not as a revert without a reason.
            movement.left = mine - token.balanceOf(address(this));
            movement.arrived = token.balanceOf(to) - theirs;
        }
    }

    /// @dev A token that calls its sender has hooks.
    fallback() external {
        revert TokenProbe_Called();
    }
}
