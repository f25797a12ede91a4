// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {IInferenceCallback} from "../../requests/IInferenceCallback.sol";
import {RequestId} from "../../types/Ids.sol";
import {IOpenGradientFacade} from "./IOpenGradientFacade.sol";

/// @title The account of one caller of the facade: it asks, pays and is called back.
/// @notice The facade makes one per caller, a clone of one instance, and is the only one to act through it: with the calls it
/// builds itself (ask, cancel, withdraw), for the caller only.
contract FacadeAccount is IInferenceCallback {
    using Address for address;

    address private immutable _facade;
    address private immutable _requests;

    error Account_NotForYou(address caller);

    constructor(address requests_) {
        _facade = msg.sender;
        _requests = requests_;
    }

    /// @notice Makes a call of the facade's as this account.
    function execute(address target, bytes calldata data) external returns (bytes memory) {
        if (msg.sender != _facade) revert Account_NotForYou(msg.sender);
        return target.functionCall(data);
    }

    /// @inheritdoc IInferenceCallback
    function onInference(RequestId id, bytes calldata output) external {
        if (msg.sender != _requests) revert Account_NotForYou(msg.sender);
        IOpenGradientFacade(_facade).answer(id, output);
    }
}
