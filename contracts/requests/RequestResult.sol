// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Relock} from "../escrow/IEscrow.sol";
import {TensorCommitment} from "../lib/TensorCommitment.sol";
import {AmountsLib} from "../types/Amounts.sol";
import {RequestId} from "../types/Ids.sol";
import {Terms, TermsLib} from "../types/Terms.sol";
import {RequestBase} from "./RequestBase.sol";
import {RequestHash} from "./RequestHash.sol";
import {State} from "./RequestTypes.sol";

/// @notice What a submission is: by whom, until when it can be challenged, and the commitment of its output.
abstract contract RequestResult is RequestBase {
    /// @dev Who submits: the node that accepted, or the named one by implied acceptance.
    function _submitter(Terms memory t, address acceptedBy) internal pure returns (address node) {
        if (acceptedBy != address(0)) return acceptedBy;
        node = t.node();
        if (node == address(0) || t.flags() & TermsLib.ROOT_INPUT != 0) revert Requests_NeedsAccept();
    }

    function _challengeEnd(Terms memory t) internal view returns (uint40) {
        unchecked {
            return uint40(block.timestamp + t.tc()); // 32-bit seconds on top of a 35-bit clock
        }
    }

    function _submitRelock(
        Terms memory t,
        bytes32 h,
        uint64 nonce,
        address acceptedBy,
        bytes32 outputHash
    ) internal view returns (Relock memory r) {
        bool implied = acceptedBy == address(0);
        uint40 end = _challengeEnd(t);
        r.lane = t.lane();
        r.amounts = AmountsLib.pack(nonce, implied ? 0 : t.slice(), t.fee());
        r.oldTag = implied ? RequestHash.openTag(h, false) : RequestHash.acceptedTag(h, acceptedBy);
        address node = implied ? t.node() : acceptedBy;
        r.newTag = RequestHash.submittedTag(State.Submitted, h, node, outputHash, end, end);
    }

    /// @dev The commitment of a submission, or the reason it is none.
    function _commitOutput(
        Terms memory t,
        bytes32[] calldata headers,
        bytes calldata output
    ) internal pure returns (bytes32 root) {
        bool exact = t.flags() & TermsLib.EXACT_OUTPUT != 0;
        uint256 expected = exact ? 32 : t.outputBytes();
        if (output.length != expected) revert Requests_OutputLength(output.length, expected);
        if (exact) return bytes32(output);
        if (TensorCommitment.headersHash(headers) != t.outputSchema) revert Requests_SchemaMismatch();
        uint256 schemaBytes;
        unchecked {
            schemaBytes = TensorCommitment.itemBytes(headers) * t.items(); // calldata bounds the count of 43-bit sizes
        }
        if (schemaBytes == 0 || schemaBytes != output.length) revert Requests_OutputLength(output.length, schemaBytes);
        bool canonical;
        (root, canonical) = TensorCommitment.commit(headers, t.items(), output);
        if (!canonical) revert Requests_OutputNotCanonical();
    }

    /// @dev The same without reverting, for batches.
    function _tryCommitOutput(
        Terms memory t,
        bytes32[] calldata headers,
        bytes calldata output
    ) internal pure returns (bytes32 root, bool good) {
        return _schemaFits(t, headers) ? _commitFitting(t, headers, output) : (bytes32(0), false);
    }

    /// @dev These headers are those of the terms' outputs. A batch asks once for all its items.
    function _schemaFits(Terms memory t, bytes32[] calldata headers) internal pure returns (bool) {
        if (t.flags() & TermsLib.EXACT_OUTPUT != 0) return true;
        if (TensorCommitment.headersHash(headers) != t.outputSchema) return false;
        uint256 size = TensorCommitment.itemBytes(headers); // 0: a header is malformed
        unchecked {
            return size != 0 && size * t.items() == t.outputBytes();
        }
    }

    /// @dev Requirement: _schemaFits(t, headers).
    function _commitFitting(
        Terms memory t,
        bytes32[] calldata headers,
        bytes calldata output
    ) internal pure returns (bytes32 root, bool good) {
        if (t.flags() & TermsLib.EXACT_OUTPUT != 0) {
            return output.length == 32 ? (bytes32(output), true) : (bytes32(0), false);
        }
        if (output.length != t.outputBytes()) return (0, false);
        return TensorCommitment.commit(headers, t.items(), output);
    }

    /// @dev Emits Submitted, encoded by hand: a third of the gas around the log itself.
    function _logSubmitted(
        RequestId id,
        address node,
        uint256 challengeEnd,
        bytes32 outputHash,
        bytes calldata output
    ) internal {
        bytes32 topic = Submitted.selector;
        assembly ("memory-safe") {
            let p := mload(0x40)
            mstore(p, challengeEnd)
            mstore(add(p, 32), outputHash)
            mstore(add(p, 64), 96) // where the output begins
            mstore(add(p, 96), output.length)
            calldatacopy(add(p, 128), output.offset, output.length)
            mstore(add(add(p, 128), output.length), 0) // zeros up to the next whole word
            log3(p, add(128, and(add(output.length, 31), not(31))), topic, id, shr(96, shl(96, node)))
        }
    }
}
