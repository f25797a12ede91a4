// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title One prefix byte per kind of preimage.
/// @notice Every hash of the protocol is keccak256(tag || 32-byte words). A tag names one kind of object, and each kind
/// has a fixed layout, so no two kinds can share a preimage (docs/spec/commitments.md, attack 45 of the lifecycle).
/// The two hashes without a tag (lock key, 42 bytes; lock word, 64 bytes) have lengths no tagged preimage can have:
/// a tagged one is 1 + 32n bytes long, or 1 + leaf bytes.
library Tags {
    // Commitments.
    uint8 internal constant LEAF = 0x00; // 64 elements
    uint8 internal constant NODE = 0x01; // left, right
    uint8 internal constant TENSOR = 0x02; // header, root
    uint8 internal constant LIST = 0x03; // n, tensor commitments in schema order
    uint8 internal constant BUNDLE = 0x04; // items, root over the items' lists
    uint8 internal constant HEADERS = 0x05; // n, headers of one side of a schema
    uint8 internal constant SCHEMA = 0x06; // HEADERS of the inputs, HEADERS of the outputs

    // Ids.
    uint8 internal constant VERSION = 0x07;
    uint8 internal constant TERMS = 0x08;
    uint8 internal constant REQUEST = 0x09;
    uint8 internal constant SUBMISSION = 0x0a;

    // Programs and traces (docs/spec/program.md).
    uint8 internal constant RECORD = 0x0b; // words of one operator's record
    uint8 internal constant PROGRAM = 0x0c; // semantics, operators, levels, cost, largest step, inputs, outputs, root of the records
    uint8 internal constant PROGRAM_OUTPUTS = 0x0d; // operator and header of each output
    uint8 internal constant SLOT = 0x0e; // request, item, challenger, k, tensor commitment

    // States of a request: 0x10 + the state's number. The number alone is the tag of lifecycle section 3.
    uint8 internal constant REQUESTED = 0x11;
    uint8 internal constant DECLINED = 0x12;
    uint8 internal constant ACCEPTED = 0x13;
    uint8 internal constant SUBMITTED = 0x14;
    uint8 internal constant FROZEN = 0x15;

    // Disputes (docs/spec/challenge-game.md).
    uint8 internal constant CHALLENGE = 0x16; // submission, challenger, trace root
    uint8 internal constant DEMAND = 0x17; // challenge, position
    uint8 internal constant BOND = 0x18; // challenge: the tag of the bond's lock
    uint8 internal constant FEE = 0x19; // demand: the tag of the fee's lock
    uint8 internal constant POT = 0x1a; // submission: the tag under which a pot is paid out
    uint8 internal constant DEMANDED = 0x1b; // contents of a demand
}
