// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// solhint-disable avoid-low-level-calls

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @notice A contract account with one key, whose answer to isValidSignature can be made wrong.
contract ContractWallet is IERC1271 {
    enum Answer {
        Honest,
        Always,
        WrongMagic,
        Short, // the magic value in 4 bytes
        Reverts
    }

    address public immutable owner;
    Answer public answer;

    error NotOwner();

    constructor(address owner_) {
        owner = owner_;
    }

    function setAnswer(Answer answer_) external {
        answer = answer_;
    }

    function execute(address target, bytes calldata data) external returns (bytes memory) {
        if (msg.sender != owner) revert NotOwner();
        (bool success, bytes memory returned) = target.call(data);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(returned, 32), mload(returned))
            }
        }
        return returned;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        bytes4 magic = IERC1271.isValidSignature.selector;
        if (answer == Answer.Always) return magic;
        if (answer == Answer.WrongMagic) return 0xffffffff;
        if (answer == Answer.Reverts) revert NotOwner();
        if (answer == Answer.Short) {
            assembly {
                mstore(0, magic)
                return(0, 4)
            }
        }
        (address signer, ECDSA.RecoverError failure, ) = ECDSA.tryRecover(hash, signature);
        return failure == ECDSA.RecoverError.NoError && signer == owner ? magic : bytes4(0xffffffff);
    }
}
