// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IInferenceRequests} from "./IInferenceRequests.sol";
import {RequestArbitration} from "./RequestArbitration.sol";
import {RequestBase, RequestsConfig} from "./RequestBase.sol";
import {RequestClosing} from "./RequestClosing.sol";
import {RequestOpening} from "./RequestOpening.sol";
import {RequestReturning} from "./RequestReturning.sol";

/// @notice See IInferenceRequests, which is the specification.
/// @dev The parts follow a request's life: RequestOpening (request, cancel, decline, accept), RequestServing (submit),
/// RequestClosing (finalise), RequestReturning (expire), RequestArbitration (freeze, thaw, condemn, rescue). RequestBase holds
/// the parameter sets, the pause and the neighbours. It holds no token and, per request, no state.
contract InferenceRequests is RequestOpening, RequestClosing, RequestReturning, RequestArbitration {
    constructor(RequestsConfig memory config) RequestBase(config) {}
}
