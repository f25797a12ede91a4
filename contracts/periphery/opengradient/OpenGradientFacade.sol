// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {IEscrow} from "../../escrow/IEscrow.sol";
import {IInferenceRequests} from "../../requests/IInferenceRequests.sol";
import {Ask} from "../../requests/IRequestsCore.sol";
import {RequestId, VersionId} from "../../types/Ids.sol";
import {Terms} from "../../types/Terms.sol";
import {FacadeAccounts} from "./FacadeAccounts.sol";
import {IModelConsumer} from "./IModelConsumer.sol";
import {IModelDirectory, Named, OutputSize} from "./IModelDirectory.sol";
import {IOpenGradient} from "./IOpenGradient.sol";
import {IOpenGradientFacade, Settings} from "./IOpenGradientFacade.sol";
import {ModelInferenceRequest, ModelInput, ModelOutput, TensorLib} from "./OpenGradientTypes.sol";
import {TensorCodec} from "./TensorCodec.sol";

/// @notice See IOpenGradientFacade, which is the specification, and docs/contracts/OpenGradient.md.
contract OpenGradientFacade is IOpenGradientFacade, FacadeAccounts {
    using SafeERC20 for IERC20;
    using Strings for uint256;

    /// @dev What the facade remembers of a question until its answer. One slot.
    struct Pending {
        address caller;
        uint48 index; // of the version's description in the directory
        uint24 callbackGas;
        bool nearest;
    }

    /// @dev A question on its way to the account.
    struct Question {
        VersionId version;
        uint8 mode;
        uint48 index;
        bytes32 outputSchema;
        OutputSize size;
        bytes32[] headers;
        bytes input;
    }

    /// Flag of Ask: the fee is pulled by allowance (contracts/requests/RequestTypes.sol).
    uint8 private constant PULL = 8;
    /// Gas of an answer besides the caller's own: fixed, per tensor and per element of the outputs. Measured, with a margin
    /// (test/contracts/periphery/facadeGas.test.ts).
    uint256 private constant ANSWER_GAS = 70_000;
    uint256 private constant TENSOR_GAS = 25_000;
    uint256 private constant ELEMENT_GAS = 5_000;
    /// Kept back from the caller, for the event that follows.
    uint256 private constant LOG_GAS = 10_000;

    IModelDirectory public immutable directory;

    mapping(address caller => Settings) public settingsOf;
    mapping(address caller => mapping(bytes32 idHash => VersionId)) private _aliases;
    mapping(RequestId id => Pending) private _pending;

    constructor(IInferenceRequests requests_, IModelDirectory directory_) FacadeAccounts(requests_) {
        directory = directory_;
    }

    /// @dev OpenGradient's other calls have selectors that nothing here answers: they are told so by name.
    fallback() external {
        revert Facade_NotServed(msg.sig);
    }

    /* CALLERS */

    /// @inheritdoc IOpenGradientFacade
    function configure(Settings calldata settings) external {
        if (settings.fee == 0) revert Facade_BadSettings("fee");
        if (settings.duration == 0) revert Facade_BadSettings("duration");
        settingsOf[msg.sender] = settings;
        emit SettingsChanged(msg.sender, settings);
    }

    /// @inheritdoc IOpenGradientFacade
    function setAlias(string calldata modelId, VersionId version) external {
        _aliases[msg.sender][keccak256(bytes(modelId))] = version;
        emit AliasSet(msg.sender, modelId, version);
    }

    /// @inheritdoc IOpenGradient
    function run(
        string calldata modelId,
        uint8 inferenceMode,
        ModelInput calldata modelInput
    ) external returns (ModelOutput memory) {
        return _notYet(_ask(modelId, inferenceMode, modelInput, _settings(), msg.data[:0]));
    }

    /// @inheritdoc IOpenGradient
    function runModelInference(ModelInferenceRequest calldata request) external returns (ModelOutput memory output) {
        output = _notYet(_ask(request.modelCID, request.mode, request.input, _settings(), msg.data[:0]));
        emit ModelInferenceEvent(output.jsons[0].value, request, output);
    }

    /// @inheritdoc IOpenGradientFacade
    function ask(
        string calldata modelId,
        uint8 inferenceMode,
        ModelInput calldata modelInput,
        Settings calldata settings,
        bytes calldata policyData
    ) external returns (RequestId) {
        return _ask(modelId, inferenceMode, modelInput, settings, policyData);
    }

    /// @inheritdoc IOpenGradientFacade
    function cancel(Terms calldata terms, uint64 nonce, bool declined) external {
        _act(address(requests), abi.encodeCall(requests.cancel, (terms, nonce, declined)));
    }

    /// @inheritdoc IOpenGradientFacade
    function withdraw(uint256 amount, address to) external {
        _act(address(escrow), abi.encodeCall(IEscrow.withdraw, (amount, to)));
    }

    /* ACCOUNTS */

    /// @inheritdoc IOpenGradientFacade
    function answer(RequestId id, bytes calldata output) external {
        // Check
        Pending memory pending = _pending[id];
        if (pending.caller == address(0) || msg.sender != accountOf(pending.caller))
            revert Facade_NotAnAccount(msg.sender);

        // Effect
        delete _pending[id];

        // Log: before the interaction, so that answers to what the caller asks in it come after this one.
        (ModelOutput memory result, bool converted) = TensorCodec.decode(
            directory.outputsAt(pending.index),
            output,
            pending.nearest
        );
        if (converted) emit InferenceResult(result);

        // Interaction
        bool delivered;
        if (pending.callbackGas != 0) {
            delivered = _deliver(
                pending.caller,
                converted
                    ? abi.encodeCall(IModelConsumer.onModelOutput, (id, result))
                    : abi.encodeCall(IModelConsumer.onModelBytes, (id, output))
            );
        }
        emit InferenceAnswered(id, pending.caller, converted, delivered);
    }

    /* VIEWS */

    /// @inheritdoc IOpenGradientFacade
    function versionOf(address caller, string calldata modelId) public view returns (VersionId version) {
        version = _aliases[caller][keccak256(bytes(modelId))];
        if (VersionId.unwrap(version) == 0) version = directory.resolve(modelId);
    }

    /* INTERNAL */

    function _settings() private view returns (Settings memory settings) {
        settings = settingsOf[msg.sender];
        if (settings.fee == 0) revert Facade_NoSettings(msg.sender);
    }

    function _ask(
        string calldata modelId,
        uint8 mode,
        ModelInput calldata input,
        Settings memory settings,
        bytes calldata policyData
    ) private returns (RequestId id) {
        // Check
        Question memory q = _question(modelId, input, settings.nearest);
        q.mode = mode;
        if (settings.duration == 0) revert Facade_BadSettings("duration");
        Ask memory asked = _askOf(q, settings);

        // Interaction: all of it within the deployment.
        address account = _accountFor(msg.sender);
        asked.lane = _freeLane(account);
        if (_mustPull(account, asked.fee)) {
            token.safeTransferFrom(msg.sender, account, asked.fee);
            asked.flags = PULL;
        }
        bytes memory call = abi.encodeCall(requests.request, (asked, q.headers, q.input, policyData));
        id = abi.decode(_execute(account, address(requests), call), (RequestId));

        // Effect: an answer comes after a deadline that is still to come, never inside this call.
        _pending[id] = Pending(msg.sender, q.index, settings.callbackGas, settings.nearest);

        // Log
        emit InferenceAsked(id, msg.sender, q.version, asked.fee);
    }

    function _question(
        string calldata modelId,
        ModelInput calldata input,
        bool nearest
    ) private view returns (Question memory q) {
        q.version = versionOf(msg.sender, modelId);
        Named[] memory inputs;
        (inputs, q.index, q.outputSchema, q.size) = directory.inputsOf(q.version);
        q.input = TensorCodec.encode(inputs, input, nearest);
        q.headers = new bytes32[](inputs.length);
        for (uint256 i = 0; i < inputs.length; ++i) q.headers[i] = inputs[i].header;
    }

    /// @dev The fee bounds the royalty and every share, so the other guards are open. A named node has priority to the end.
    function _askOf(Question memory q, Settings memory settings) private view returns (Ask memory asked) {
        asked.version = q.version;
        asked.node = settings.node;
        asked.fee = settings.node == address(0) ? settings.fee : _quoteOf(q.version, settings);
        asked.maxRoyalty = type(uint96).max;
        asked.deadline = uint40(block.timestamp + settings.duration); // a 35-bit clock and 32 bits
        asked.openAt = settings.node == address(0) ? 0 : asked.deadline;
        // Below 2^24, or too much for a callback: then the request is refused, with the cap.
        uint256 callbackGas = ANSWER_GAS + TENSOR_GAS * q.size.tensors + ELEMENT_GAS * q.size.elements;
        // Two calls lie between, each of which keeps a 64th back: (64 / 63)^2 is a little less than 32 / 31.
        callbackGas += (uint256(settings.callbackGas) * 32) / 31;
        asked.callbackGas = callbackGas > type(uint24).max ? type(uint24).max : uint24(callbackGas);
        asked.mode = q.mode;
        asked.items = 1;
        asked.outputSchema = q.outputSchema;
    }

    function _quoteOf(VersionId version, Settings memory settings) private view returns (uint96) {
        uint256 quote = requests.quote(version, settings.node, 1);
        if (quote > settings.fee) revert Facade_QuoteAbove(quote, settings.fee);
        return uint96(quote);
    }

    /// @dev Calls the caller with what is left but for the last event, and copies nothing back.
    function _deliver(address to, bytes memory data) private returns (bool delivered) {
        if (to.code.length == 0) return false;
        uint256 left = gasleft();
        uint256 given = left > LOG_GAS ? left - LOG_GAS : 0;
        assembly ("memory-safe") {
            delivered := call(given, to, 0, add(data, 32), mload(data), 0, 0)
        }
    }

    /// @dev What OpenGradient answers before there is a result, and where to look for it: the result itself comes at finality, as event and callback.
    function _notYet(RequestId id) private pure returns (ModelOutput memory output) {
        output.is_simulation_result = true;
        output.jsons = new TensorLib.JsonScalar[](1);
        output.jsons[0] = TensorLib.JsonScalar("request", uint256(RequestId.unwrap(id)).toHexString(32));
    }
}
