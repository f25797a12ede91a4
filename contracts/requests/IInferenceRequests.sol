// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IRequestsExtension} from "./IRequestsExtension.sol";
import {IRequestsCore} from "./IRequestsCore.sol";

/// @title Inference requests: from a paid question to a settled answer.
/// @notice docs/spec/request-lifecycle.md is normative. The chain stores one word per request, in Escrow: a hash of what is
/// locked and in which state. Callers supply the content again; events carry it. A slice leaves a node only by the node's
/// own act (accept, submit). Every ending is a closing of one lock whose parts sum to it, checked by Escrow.
/// @dev Times: a bound belongs to the mover, `<=` for the act and `>` for the timeout, so at any second exactly one of two
/// opposed calls is possible. Roles: `node or key` means the node account or a hot key with the matching permission.
/// One address answers all of it. IRequestsCore is the contract's own code; IRequestsExtension is reached through its fallback,
/// which runs the code of one immutable contract on the same storage (docs/adr/0001): both together exceed EIP-170's limit.
interface IInferenceRequests is IRequestsCore, IRequestsExtension {}
