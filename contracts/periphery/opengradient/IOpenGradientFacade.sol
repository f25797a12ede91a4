// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RequestId, VersionId} from "../../types/Ids.sol";
import {Terms} from "../../types/Terms.sol";
import {IOpenGradient} from "./IOpenGradient.sol";
import {ModelInput} from "./OpenGradientTypes.sol";

/// @notice How a caller of the facade wants its questions asked and answered.
struct Settings {
    address node; // named node; 0 = whoever accepts
    uint96 fee; // wei of OPG: with a named node the most that its quote may be, else what is paid
    uint32 duration; // seconds to the deadline. The named node has priority to the end; then the fee comes back
    uint24 callbackGas; // for the caller's own onModelOutput; 0 = it is not called. The conversion's gas comes on top
    bool nearest; // numbers are rounded to the nearest float32, results to 9 digits; else equal in value, or refused
}

/// @notice Why a number and an element do not become each other.
enum Refusal {
    None,
    Decimals, // decimals outside -38..67
    Inexact, // not equal to an element, or to a decimal of 128 bits; for integers: not whole
    Range, // beyond the element's range, or beyond 2^127
    NotFinite // NaN or an infinity: no Number
}

/// @title OpenGradient's calls on this network.
/// @notice Each caller has an account, a contract of its own at `accountOf(caller)`, which asks in its name. It has its own balance in Escrow,
/// its own lanes, and it is what access policies are asked about. Nobody but the caller, through this contract, can make it
/// ask, pay, cancel or withdraw. A fee comes from that balance if it suffices, else from the caller's tokens, as far as it approved
/// this contract: the consent to be charged. What a request gives back goes to that balance, and `withdraw` returns it.
interface IOpenGradientFacade is IOpenGradient {
    event SettingsChanged(address indexed caller, Settings settings);
    event AliasSet(address indexed caller, string modelId, VersionId version);
    event AccountCreated(address indexed caller, address account);
    event InferenceAsked(RequestId indexed id, address indexed caller, VersionId indexed version, uint96 fee);
    /// @notice converted: the result was told as numbers, else as bytes. delivered: the caller took it without reverting.
    event InferenceAnswered(RequestId indexed id, address indexed caller, bool converted, bool delivered);

    /// @notice Thrown when the caller has no settings: how much to pay is not in OpenGradient's call. Call `configure` first.
    error Facade_NoSettings(address caller);
    error Facade_BadSettings(string name);
    /// @notice Thrown when the named node's quote is above the settings' fee.
    error Facade_QuoteAbove(uint256 quote, uint96 fee);
    /// @notice Thrown when all lanes of the caller's account hold requests. Wait until one is over.
    error Facade_TooManyInFlight(uint256 lanes);
    error Facade_NotAnAccount(address caller);
    /// @notice Thrown for a call that OpenGradient has and this network does not serve, LLM calls among them.
    error Facade_NotServed(bytes4 selector);
    /// @notice Thrown when there are more or fewer tensors than the version takes, or text: no version takes text.
    error Facade_TensorCount(uint256 numbers, uint256 strings, uint256 expected);
    /// @notice Thrown when a tensor of the version is not among the inputs.
    error Facade_TensorMissing(string name);
    error Facade_ShapeMismatch(string name);
    /// @notice Thrown when an element cannot become one of the version's dtype. Write it so that it is one, or choose to round.
    error Facade_NotConvertible(string name, uint256 index, Refusal refusal);

    /// @notice Sets how `run` and `runModelInference` ask for the caller.
    function configure(Settings calldata settings) external;

    /// @notice What the caller means by `modelId`, before any name of the directory: an OpenGradient id (a CID, a blob id), or a name it
    /// wants pinned. 0 takes it back.
    function setAlias(string calldata modelId, VersionId version) external;

    /// @notice `run` with settings of this call, data for the version's access policy, and the request's id.
    function ask(
        string calldata modelId,
        uint8 inferenceMode,
        ModelInput calldata modelInput,
        Settings calldata settings,
        bytes calldata policyData
    ) external returns (RequestId id);

    /// @notice Takes back the fee of a request of the caller's: declined by the named node, or open to all.
    function cancel(Terms calldata terms, uint64 nonce, bool declined) external;

    /// @notice Sends from the balance that the caller's account has in Escrow.
    function withdraw(uint256 amount, address to) external;

    /// @notice The account of `caller`, whether or not it exists yet.
    function accountOf(address caller) external view returns (address);

    function settingsOf(
        address caller
    ) external view returns (address node, uint96 fee, uint32 duration, uint24 callbackGas, bool nearest);

    /// @notice The version `modelId` stands for when `caller` asks.
    function versionOf(address caller, string calldata modelId) external view returns (VersionId);

    /// @notice For accounts only: the result of a request is final.
    function answer(RequestId id, bytes calldata output) external;
}
