// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Submission} from "../requests/IRequestsCore.sol";
import {StepInput} from "../steps/IStep.sol";
import {Terms} from "../types/Terms.sol";

/// @notice A challenge by its contents, with those of the request it is about. Every id in the game follows from it.
struct Claim {
    Terms terms;
    Submission submission;
    address challenger;
    bytes32 trace; // T: root of the challenger's salted trace slots
}

/// @notice The same for moves that touch only the challenge.
struct ChallengeKey {
    bytes32 request;
    address node;
    bytes32 outputHash;
    address challenger;
    bytes32 trace;
}

/// @notice What terms.version stands for; the words of VersionContentLib.id behind the model.
struct VersionWords {
    bytes32 sha256Hash;
    bytes32 programRoot;
    bytes32 schema;
    uint256 tolerance; // 0 192 | atol 32 | rtol 32
    uint256 shape; // size, flags, slice floor, cost, output bytes
}

/// @notice What programRoot stands for (docs/spec/program.md).
struct ProgramHeader {
    uint256 semantics;
    uint256 operators; // N
    uint256 levels; // D: demands in a row at most
    uint256 cost; // multiply-adds
    uint256 largestStep; // gas
    bytes32 inputs;
    bytes32 outputs;
    bytes32 records; // root over the record hashes
}

/// @notice The program of a claim's version.
struct Meaning {
    VersionWords version;
    ProgramHeader program;
}

/// @notice Where a tensor's commitment stands. Which of the fields are used depends on the source.
struct Binding {
    bytes32 header;
    bytes32[] path; // siblings of the opened runs, one run after another
    bytes32[] link; // operator: path of its slot under T; input: the item's tensor commitments, then the path of its list in a bundle
}

/// @notice One element of the trace, and everything that decides it.
struct StepProof {
    uint256 operator;
    bytes32[] recordPath;
    Binding[] bindings; // of step.opened, one by one
    StepInput step;
}

/// @notice One leaf of a tensor under its commitment.
struct LeafOpening {
    bytes data; // its 64 elements
    bytes32[] path;
}

/// @notice Why a result is wrong: an element of the reference output, and the submitted one it disagrees with.
struct Evidence {
    uint256 item; // of a bundle; 0 if there is one item
    uint256 output; // position in the program's outputs
    uint256 element;
    uint256[] outputs; // operator, header of each of the program's outputs
    bytes32[] slotPath; // from the slot of the output's operator to T
    bytes32 expected; // commitment of the output in the trace
    bytes32[] submitted; // commitments of the item's submitted outputs, in order
    bytes32[] itemPath; // of the item's list in a bundle
    LeafOpening right; // the element's leaf under `expected`; not used in exact mode
    LeafOpening wrong; // the same leaf under submitted[output]; not used in exact mode
}

/// @notice A piece of a trace that a demand asks for.
///
///     kind 8 | level 8 | operator 32 | index 40
///
/// LIST: the node `index` at `level` of the slot tree; its children. OPERATOR: the top of an operator's tensor, or all of it if it has at most 16
/// leaves. TREE: the node `index` at `level` of its leaf tree; its children. LEAF: leaf `index`.
struct Position {
    uint8 kind;
    uint8 level; // of LIST and TREE; else 0
    uint32 operator; // of OPERATOR, TREE and LEAF; else 0
    uint40 index; // of LIST, TREE and LEAF; else 0
}

/// @notice What a demander shows: that the position is one of the trace's and which hash stands there.
struct DemandProof {
    bytes32 node; // the hash at the position
    bytes32[] record; // of the operator; empty for LIST
    bytes32[] recordPath;
    bytes32[] path; // from the node to T (LIST, OPERATOR) or to the root of its tensor (TREE, LEAF)
    bytes32[] slotPath; // TREE, LEAF: from the operator's slot to T
}

/// @notice An open or answered demand, by its contents. The chain keeps a hash of it.
struct Demand {
    Position position;
    bytes32 node;
    bytes32 header; // of the operator's output; 0 for LIST
    uint16 count; // real children (LIST, OPERATOR, TREE) or elements (whole OPERATOR, LEAF) that the answer must have
    uint8 levels; // between the children and the node; 0: the answer is elements
    uint8 childLevel;
    uint8 slotLevels; // of the slot tree, from the slots to T
    address demander;
    uint96 fee; // wei of OPG
    uint40 due; // last second for an answer
    uint40 late; // last second in which the fee is the challenger's, whoever answers
    uint16 lane; // of the demander: where the fee is locked
    uint64 nonce;
}

/// @notice One leaf of one output of an exact-mode submission.
///
///     kind 8 | item 8 | output 32 | leaf 40
struct OutputPosition {
    uint8 item;
    uint32 output;
    uint40 leaf;
}

/// @notice An open demand for a piece of a submitted output, by its contents.
struct OutputDemand {
    OutputPosition position;
    bytes32 header; // of the output
    uint32 outputs; // of an item
    address demander;
    uint96 fee; // wei of OPG
    uint40 due; // last second for an answer
    uint40 late; // last second in which the fee is the node's, whoever answers
    uint16 lane; // of the demander
    uint64 nonce;
}

/// @notice The demanded leaf, and its way to the submitted hash.
struct OutputProof {
    LeafOpening leaf;
    bytes32[] submitted; // commitments of the item's outputs
    bytes32[] itemPath; // of the item's list in a bundle
}

enum ChallengeState {
    None,
    Open,
    Upheld,
    Fallen
}
