// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow} from "../escrow/Escrow.sol";
import {IEscrow, Relock} from "../escrow/IEscrow.sol";
import {Amounts, AmountsLib} from "../types/Amounts.sol";
import {RequestId} from "../types/Ids.sol";
import {Terms} from "../types/Terms.sol";
import {IRequestsCore} from "./IRequestsCore.sol";
import {RequestAsk} from "./RequestAsk.sol";
import {RequestBase} from "./RequestBase.sol";
import {RequestsExtension} from "./RequestsExtension.sol";
import {RequestGovernance} from "./RequestGovernance.sol";
import {RequestHash} from "./RequestHash.sol";
import {RequestSettlement} from "./RequestSettlement.sol";
import {RequestTermsLib} from "./RequestTermsLib.sol";
import {Ask, AskFlags, Callback, ParameterSet, State, Submission} from "./RequestTypes.sol";

/// @notice What a deployment fixes for good.
struct RequestsConfig {
    address token; // OPG
    address models; // IModelRegistry
    address nodes; // INodeRegistry
    address authority; // OpenZeppelin AccessManager
    address extension; // RequestsExtension, made for the same models, nodes and authority
    address treasury; // the account the protocol share is swept to
    uint40 unbondingDelay; // seconds
    uint32 minTcBase; // seconds; the chain profile's minimum challenge window
}

/// @notice See IInferenceRequests, which is the specification of this address.
/// @dev The way of a request that is served is here, and governance. Refunds, batches, arbitration and detailed views are the
/// code of RequestsExtension, an immutable contract that the fallback runs on this contract's storage. RequestBase lays out
/// that storage for both. This contract holds no token and, per request, no state.
contract InferenceRequests is RequestAsk, RequestSettlement, RequestGovernance {
    using RequestTermsLib for Terms;

    /// @dev What requestMany computes per item: the input's commitment, the terms' hash, the lock's tag.
    struct Many {
        bytes32[] inputs;
        bytes32[] hashes;
        bytes32[] tags;
    }

    IEscrow private immutable _escrowContract;
    address public immutable extension;

    constructor(RequestsConfig memory c) RequestBase(c.models, c.nodes, c.authority) RequestGovernance(c.minTcBase) {
        if (c.token.code.length == 0) revert Requests_BadParameter("token");
        if (c.extension.code.length == 0) revert Requests_BadParameter("extension");
        RequestsExtension code = RequestsExtension(c.extension);
        if (code.modelsOfCode() != c.models || code.nodesOfCode() != c.nodes) revert Requests_BadParameter("extension");
        extension = c.extension;
        // Escrow knows its creator and this contract knows Escrow, both as immutables: at no time is the wiring open.
        IEscrow created = new Escrow(c.token, c.models, c.authority, c.treasury, c.unbondingDelay);
        _escrowContract = created;
        _storedEscrow = created;
    }

    /// @dev Functions of IRequestsExtension. Calldata goes on as it came, the answer comes back as it is; a selector that
    /// RequestsExtension does not have reverts there. It runs as this contract: same storage, same address, same sender.
    // solhint-disable-next-line no-complex-fallback
    fallback() external {
        address code = extension;
        assembly ("memory-safe") {
            let p := mload(0x40)
            calldatacopy(p, 0, calldatasize())
            let ok := delegatecall(gas(), code, p, calldatasize(), 0, 0)
            returndatacopy(p, 0, returndatasize())
            switch ok
            case 0 {
                revert(p, returndatasize())
            }
            default {
                return(p, returndatasize())
            }
        }
    }

    /* REQUESTERS */

    /// @inheritdoc IRequestsCore
    function request(
        Ask calldata ask,
        bytes32[] calldata inputHeaders,
        bytes calldata input,
        bytes calldata policyData
    ) external returns (RequestId id) {
        // Check
        Terms memory t = _termsOfOne(ask, inputHeaders, input, policyData);

        // Effect
        bytes32 h = t.hash();
        uint64 nonce = _lock(ask, h);

        // Log
        id = RequestHash.requestId(msg.sender, nonce, h);
        _logRequested(id, ask.node, t, nonce, input);
    }

    /// @inheritdoc IRequestsCore
    function requestMany(
        Ask calldata ask,
        bytes32[] calldata inputHeaders,
        bytes[] calldata inputs,
        bytes calldata policyData
    ) external returns (RequestId[] memory ids) {
        // Check
        _requireNoBatch();
        uint256 n = inputs.length;
        if (n == 0 || n > MAX_ITEMS) revert Requests_ItemsInvalid(n);
        Terms memory t;
        Many memory many = _commitMany(t, ask, inputHeaders, inputs, policyData);

        // Effect
        uint64 first = _lockMany(ask, many.tags);

        // Log
        ids = _logMany(t, ask, inputs, many, first);
    }

    /* NODES */

    /// @inheritdoc IRequestsCore
    function decline(Terms calldata terms, uint64 nonce) external {
        // Check
        Terms memory t = terms;
        address node = t.node();
        _requireActor(node, MAY_DECLINE);
        if (block.timestamp > t.openAt()) revert Requests_TooLate(t.openAt());

        // Effect
        bytes32 h = t.hash();
        RequestId id = RequestHash.requestId(t.requester(), nonce, h);
        Amounts amounts = AmountsLib.pack(nonce, 0, t.fee());
        Relock memory r = Relock(t.lane(), amounts, RequestHash.openTag(h, false), RequestHash.openTag(h, true));
        _relock(t, id, r, node, 0);

        // Log
        emit Declined(id);
    }

    /// @inheritdoc IRequestsCore
    function accept(Terms calldata terms, uint64 nonce, address node, bool declined) external {
        // Check
        Terms memory t = terms;
        _requireActor(node, MAY_ACCEPT);
        if (block.timestamp > t.deadline()) revert Requests_TooLate(t.deadline());
        address named = t.node();
        if (!declined && named != address(0) && node != named && block.timestamp <= t.openAt()) {
            revert Requests_Reserved(t.openAt());
        }

        // Effect
        bytes32 h = t.hash();
        RequestId id = RequestHash.requestId(t.requester(), nonce, h);
        Amounts amounts = AmountsLib.pack(nonce, 0, t.fee());
        bytes32 newTag = RequestHash.acceptedTag(h, node);
        _relock(t, id, Relock(t.lane(), amounts, RequestHash.openTag(h, declined), newTag), node, t.slice());

        // Log
        emit Accepted(id, node);
    }

    /// @inheritdoc IRequestsCore
    function submit(
        Terms calldata terms,
        uint64 nonce,
        address acceptedBy,
        bytes32[] calldata outputHeaders,
        bytes calldata output
    ) external {
        // Check
        Terms memory t = terms;
        address node = _submitter(t, acceptedBy);
        _requireActor(node, MAY_SUBMIT);
        if (block.timestamp > t.deadline()) revert Requests_TooLate(t.deadline());
        bytes32 outputHash = _commitOutput(t, outputHeaders, output);

        // Effect
        RequestId id = _place(t, nonce, acceptedBy, outputHash);

        // Log
        _logSubmitted(id, node, _challengeEnd(t), outputHash, output);
    }

    /* ANYONE */

    /// @inheritdoc IRequestsCore
    function finalise(
        Terms calldata terms,
        Submission calldata submission,
        bool takeTip,
        bytes32[] calldata outputHeaders,
        bytes calldata output
    ) external {
        // Check
        Terms memory t = terms;
        Submission memory s = submission;
        if (block.timestamp <= s.end) revert Requests_TooEarly(uint256(s.end) + 1);
        if (takeTip) {
            uint256 from = _tipFrom(t, s.challengeEnd);
            if (block.timestamp < from) revert Requests_TooEarly(from);
        }
        uint256 callbackGas = t.callbackGas();
        if (callbackGas != 0) {
            bytes32 root = _commitOutput(t, outputHeaders, output);
            if (root != s.outputHash) revert Requests_OutputMismatch(root, s.outputHash);
        }

        // Effect
        bytes32 h = t.hash();
        RequestId id = RequestHash.requestId(t.requester(), s.nonce, h);
        Parts memory p = _parts(t, takeTip);
        bytes32 tag = _submittedTag(State.Submitted, h, s);
        _settle(t, id, s, tag, p);

        // Interaction
        Callback callback;
        if (callbackGas != 0) callback = _callBack(t.requester(), callbackGas, id, output);

        // Log
        _logFinalised(id, s.node, p, callback);
    }

    /* VIEWS */

    /// @inheritdoc IRequestsCore
    function escrow() external view returns (address) {
        return address(_escrowContract);
    }

    /// @inheritdoc IRequestsCore
    function models() external view returns (address) {
        return address(_models);
    }

    /// @inheritdoc IRequestsCore
    function nodes() external view returns (address) {
        return address(_nodes);
    }

    /// @inheritdoc IRequestsCore
    function currentSet() external view returns (uint16) {
        return _head.set();
    }

    /// @inheritdoc IRequestsCore
    function parametersOf(uint16 set) external view returns (ParameterSet memory) {
        return _sets[set];
    }

    /// @inheritdoc IRequestsCore
    function pausedUntil() external view returns (uint40) {
        return _pausedUntil;
    }

    /// @inheritdoc IRequestsCore
    function idOf(Terms calldata terms, uint64 nonce) external view returns (RequestId) {
        Terms memory t = terms;
        return RequestHash.requestId(t.requester(), nonce, t.hash());
    }

    /* INTERNAL */

    function _escrow() internal view override returns (IEscrow) {
        return _escrowContract;
    }

    /// @dev IEscrow.lock, encoded by hand as in RequestBase.
    function _lock(Ask calldata ask, bytes32 h) private returns (uint64 nonce) {
        address escrow_ = address(_escrowContract);
        bytes4 selector = IEscrow.lock.selector;
        uint256 lane = ask.lane;
        uint256 fee = ask.fee;
        bytes32 tag = RequestHash.openTag(h, false);
        bool pull = ask.flags & AskFlags.PULL != 0;
        assembly ("memory-safe") {
            let p := mload(0x40)
            mstore(p, selector)
            mstore(add(p, 4), caller())
            mstore(add(p, 36), lane)
            mstore(add(p, 68), fee)
            mstore(add(p, 100), tag)
            mstore(add(p, 132), pull)
            if iszero(call(gas(), escrow_, 0, p, 164, 0, 32)) {
                returndatacopy(p, 0, returndatasize())
                revert(p, returndatasize())
            }
            nonce := mload(0)
        }
    }

    function _termsOfOne(
        Ask calldata ask,
        bytes32[] calldata inputHeaders,
        bytes calldata input,
        bytes calldata policyData
    ) private view returns (Terms memory t) {
        (uint256 expected, uint256 maxInput) = _terms(t, ask, inputHeaders, policyData);
        t.input = _commitInput(ask, inputHeaders, input, expected, maxInput);
    }

    function _lockMany(Ask calldata ask, bytes32[] memory tags) private returns (uint64 firstNonce) {
        return _escrow().lockMany(msg.sender, ask.lane, ask.fee, tags, ask.flags & AskFlags.PULL != 0);
    }

    /// @dev The terms of requestMany's items differ in input and lane; `t` is left with those of the last.
    function _commitMany(
        Terms memory t,
        Ask calldata ask,
        bytes32[] calldata inputHeaders,
        bytes[] calldata inputs,
        bytes calldata policyData
    ) private view returns (Many memory many) {
        (uint256 expected, uint256 maxInput) = _terms(t, ask, inputHeaders, policyData);
        many.inputs = new bytes32[](inputs.length);
        many.hashes = new bytes32[](inputs.length);
        many.tags = new bytes32[](inputs.length);
        for (uint256 i; i < inputs.length; ++i) {
            many.inputs[i] = _commitInput(ask, inputHeaders, inputs[i], expected, maxInput);
            // Escrow refuses a run of lanes beyond 65,535, so a lane that wrapped here is never opened
            t.setItem(many.inputs[i], uint16(ask.lane + i));
            many.hashes[i] = t.hash();
            many.tags[i] = RequestHash.openTag(many.hashes[i], false);
        }
    }

    function _logMany(
        Terms memory t,
        Ask calldata ask,
        bytes[] calldata inputs,
        Many memory many,
        uint64 first
    ) private returns (RequestId[] memory ids) {
        ids = new RequestId[](inputs.length);
        for (uint256 i; i < inputs.length; ++i) {
            uint64 nonce = uint64(first + i);
            ids[i] = RequestHash.requestId(msg.sender, nonce, many.hashes[i]);
            t.setItem(many.inputs[i], uint16(ask.lane + i));
            _logRequested(ids[i], ask.node, t, nonce, inputs[i]);
        }
    }

    /// @dev Emits Requested. The words of `t` are the event's first seven, so they are copied at once.
    function _logRequested(RequestId id, address node, Terms memory t, uint256 nonce, bytes calldata input) private {
        bytes32 topic = Requested.selector;
        assembly ("memory-safe") {
            let p := mload(0x40)
            mcopy(p, t, 224)
            mstore(add(p, 224), nonce)
            mstore(add(p, 256), 288) // where the input begins
            mstore(add(p, 288), input.length)
            let past := add(add(p, 320), input.length)
            calldatacopy(add(p, 320), input.offset, input.length)
            mstore(past, 0) // zeros up to the next whole word
            log4(p, add(320, and(add(input.length, 31), not(31))), topic, id, caller(), shr(96, shl(96, node)))
        }
    }

    /// @dev Effect of a single submission; the slice is taken here if the node had not accepted before.
    function _place(
        Terms memory t,
        uint64 nonce,
        address acceptedBy,
        bytes32 outputHash
    ) private returns (RequestId id) {
        bytes32 h = t.hash();
        id = RequestHash.requestId(t.requester(), nonce, h);
        Relock memory r = _submitRelock(t, h, nonce, acceptedBy, outputHash);
        if (acceptedBy == address(0)) _relock(t, id, r, t.node(), t.slice());
        else _relock(t, id, r, acceptedBy, 0);
    }
}
