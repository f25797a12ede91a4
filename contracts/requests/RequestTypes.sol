// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {VersionId} from "../types/Ids.sol";
import {Terms} from "../types/Terms.sol";

/// @notice States of a request. The numbers are the state tags' (Tags.REQUESTED = 0x10 + 1 ...). A closed request has no
/// state on chain: exactly one event per id tells how it ended.
enum State {
    None,
    Requested, // H(REQUESTED, termsHash): fee locked, no slice
    Declined, // H(DECLINED, termsHash): the named node passed, open to all
    Accepted, // H(ACCEPTED, termsHash, node): slice locked, node owes delivery
    Submitted, // H(SUBMITTED, termsHash, node, outputHash, challengeEnd, end)
    Frozen // H(FROZEN, the same fields): the arbiter has open items
}

/// @notice What the requester asks for; the contract turns it into Terms.
struct Ask {
    VersionId version;
    address node; // named node with priority until openAt; 0 = anybody who accepts
    uint96 fee; // exact, for all items; the node gets it all but the shares
    uint96 maxRoyalty; // guard: revert if the royalty for all items is higher
    uint40 deadline; // last second of accept and submit
    uint40 openAt; // last second of the named node's priority
    uint24 callbackGas; // 0 = no callback; else the sender must be a contract (IInferenceCallback)
    uint16 set; // guard: revert unless this parameter set is current; 0 = any
    uint16 lane; // a free lane of the sender's; requestMany takes lane, lane + 1, ...
    uint8 mode; // VANILLA 0, ZKML 1, TEE 2 (OpenGradient's numbers); only modes with a verifier are accepted
    uint8 items; // 1..32 inputs under one lock, one slice and one fate
    uint8 flags; // Ask flags below
    bytes32 outputSchema; // H(HEADERS, ...) of the version's outputs, checked against the version
}

/// @notice Ask.flags. The first two are the Terms flags of the same value.
library AskFlags {
    uint8 internal constant ROOT_INPUT = 1; // `input` is the 32-byte commitment; the bytes go to the node off chain
    uint8 internal constant EXACT_OUTPUT = 2; // the submission is one hash; exact versions only
    uint8 internal constant QUOTE = 4; // check the named node's offer on chain
    uint8 internal constant PULL = 8; // pull the fee by allowance instead of from the free balance
    uint8 internal constant ALL = 15; // any other bit is refused: it may get a meaning in a later contract
}

/// @notice What was submitted, besides the terms: the content of a Submitted or Frozen state.
struct Submission {
    uint64 nonce;
    address node;
    uint40 challengeEnd; // submission time + tc
    uint40 end; // challengeEnd unless a thaw moved it
    bytes32 outputHash; // commitment of the output: H(LIST, ...) or H(BUNDLE, ...)
}

/// @notice How one item of a batch fared. A batch never reverts for one item.
enum ItemStatus {
    DONE,
    GONE, // not as described: wrong content, wrong state, over, or earlier in this very call
    EARLY, // its time has not come
    LATE, // its time is over
    GAS, // the callbacks of the batch would exceed 8,000,000 gas in all
    BADOUTPUT, // wrong length, headers or encoding
    NOSTAKE, // the node's free stake does not cover the slice
    DENIED // the sender may not act for this item's node
}

/// @notice How the callback of a finalised request went.
enum Callback {
    None,
    Succeeded,
    Failed
}

struct SubmitItem {
    uint64 nonce;
    uint16 lane;
    bytes32 input; // Terms.input of this item
    bytes output;
}

struct SubmitCall {
    Terms terms;
    uint64 nonce;
    address acceptedBy; // 0 = submit from Requested by the named node
    bytes32[] outputHeaders;
    bytes output;
}

struct FinaliseItem {
    uint64 nonce;
    uint16 lane;
    bytes32 input;
    bytes32 outputHash;
    uint40 challengeEnd;
    uint40 end;
}

struct FinaliseCall {
    Terms terms;
    Submission submission;
    bytes32[] outputHeaders; // empty unless there is a callback
    bytes output; // empty unless there is a callback
}

struct ExpireItem {
    uint64 nonce;
    uint16 lane;
    bytes32 input;
    bool declined;
}

struct ExpireCall {
    Terms terms;
    uint64 nonce;
    State state; // Requested, Declined or Accepted
    address acceptedBy; // the node, if Accepted
}

/// @notice Everything governance decides about requests. Appended, never edited; a request keeps its set to the end.
struct ParameterSet {
    uint32 tcBase; // seconds; tc = tcBase + items * cost / 2^tcRateLog2, the second term at most 14 days
    uint8 tcRateLog2; // multiply-adds per second granted to checkers, as a power of two; <= 60
    uint8 maxLifeDays; // a deadline is at most this far ahead; 1..255
    uint96 sliceFloor; // wei of OPG
    uint16 thetaPct; // slice >= fee * thetaPct / 100
    uint16 protocolBps; // <= 1,000
    uint16 tipBps; // <= 500
    uint24 maxInput; // bytes of input in calldata, all items together
    uint16 penaltyBps; // of the slice, for non-delivery; never above the fee; <= 10,000
    address arbiter; // the challenge game; 0 = none: nothing can be frozen
    uint32 windowSeconds; // W of the challenge game is this + tc - tcBase
    uint32 responseSeconds; // R of the challenge game; a thaw moves the end by at most 2R in all
    uint16 psiBps; // of the slice to the requester when condemned, never above the fee; <= rhoBps
    uint16 rhoBps; // of the slice to the arbiter's account; psiBps + rhoBps <= 7,500
    uint32 tipDelay; // seconds after challengeEnd in which only the node itself is expected to finalise
    uint32 rescueDelay; // seconds after challengeEnd after which anyone frees a frozen request
    uint24 callbackCap; // <= 2,000,000 gas
}
