// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RequestId, VersionId} from "../types/Ids.sol";
import {Terms} from "../types/Terms.sol";
import {Callback, ParameterSet} from "./RequestTypes.sol";

/// @title What InferenceRequests says: its events and its errors.
interface IRequestEvents {
    event Requested(
        RequestId indexed id,
        address indexed requester,
        address indexed node,
        Terms terms,
        uint64 nonce,
        bytes input
    );
    event Declined(RequestId indexed id);
    event Accepted(RequestId indexed id, address indexed node);
    event Submitted(RequestId indexed id, address indexed node, uint40 challengeEnd, bytes32 outputHash, bytes output);
    event Frozen(RequestId indexed id);
    event Thawed(RequestId indexed id, uint40 end);
    // Endings: exactly one of these per id.
    /// @notice keeper: who got the tip; 0 if there was none.
    event Finalised(
        RequestId indexed id,
        address indexed node,
        uint96 toNode,
        uint96 royalty,
        uint96 protocol,
        uint96 tip,
        address keeper,
        Callback callback
    );
    event Cancelled(RequestId indexed id);
    event Expired(RequestId indexed id);
    event Undelivered(RequestId indexed id, address indexed node, uint96 penalty);
    /// @notice toRequester is the fee and psi: the three parts sum to fee + slice.
    event Condemned(RequestId indexed id, address indexed node, uint96 toRequester, uint96 toPot, uint96 burned);
    event Rescued(RequestId indexed id);
    // Governance.
    event SetAppended(uint16 indexed set, ParameterSet parameters);
    event Paused(uint40 until);
    event Unpaused();

    error Requests_Paused(uint40 until);
    error Requests_FeeBelowQuote(uint96 fee, uint256 quote);
    error Requests_FeeBelowShares(uint96 fee, uint256 shares);
    error Requests_RoyaltyAbove(uint256 royalty, uint96 max);
    error Requests_SetChanged(uint16 current);
    error Requests_DeadlineInvalid(uint40 deadline, uint256 now_, uint256 latest);
    error Requests_OpenAtInvalid(uint40 openAt, uint40 deadline);
    error Requests_InputLength(uint256 got, uint256 expected);
    error Requests_InputTooLarge(uint256 got, uint256 max);
    error Requests_InputNotCanonical();
    error Requests_SchemaMismatch();
    error Requests_ItemsInvalid(uint256 items);
    error Requests_ModeUnsupported(uint8 mode);
    error Requests_CallbackGas(uint24 asked, uint24 cap);
    error Requests_CallbackNeedsOutput();
    error Requests_NotAContract(address requester);
    error Requests_NotYours(address caller, address expected);
    error Requests_Reserved(uint40 until);
    error Requests_TooLate(uint40 deadline);
    error Requests_TooEarly(uint256 from);
    error Requests_OutputLength(uint256 got, uint256 expected);
    error Requests_OutputNotCanonical();
    error Requests_OutputMismatch(bytes32 got, bytes32 expected);
    error Requests_OutputTooLarge(uint256 got, uint256 max);
    error Requests_NotExact(VersionId version);
    /// @notice Thrown when the current set has an arbiter and the version has no program root: a wrong result could not be
    /// disputed.
    error Requests_NotVerifiable(VersionId version);
    /// @notice Thrown when items times the version's cost add more than `max` seconds to the challenge window of the current set: fewer
    /// items, or a set that grants checkers more per second.
    error Requests_TooCostly(uint256 grown, uint256 max);
    error Requests_NeedsAccept();
    error Requests_NotArbiter(address caller);
    /// @notice Thrown when the described request is not what the chain holds: wrong content, wrong state, or over.
    error Requests_NotCurrent(RequestId id);
    error Requests_GasTooLow(uint256 needed);
    error Requests_Reentered();
    error Requests_EndOutOfRange(uint40 end, uint40 latest);
    error Requests_BadParameter(string name);
}
