// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MerkleTree} from "../lib/MerkleTree.sol";
import {IStep, Opened} from "../steps/IStep.sol";
import {Kinds} from "../lib/Kinds.sol";
import {Access, Record} from "../lib/Record.sol";
import {Binding, StepProof} from "./ChallengeTypes.sol";
import {Commitments} from "./Commitments.sol";
import {IStepVerifier, Trace} from "./IStepVerifier.sol";

/// @notice The step contract of each family of primitives.
struct StepContracts {
    address dot;
    address integerDot;
    address movement;
    address selection;
    address arithmetic;
    address functions;
    address logic;
    address conversion;
}

/// @notice See IStepVerifier.
/// @dev The caller's `trace` is taken at its word: the game has checked it against the challenge.
contract StepVerifier is IStepVerifier {
    using Record for bytes32[];

    /// In StepInput.sources: nothing of the operand is read. There is no such opening, or a step would read what nobody has checked.
    uint256 private constant UNREAD = 0xff;

    /// @dev Where a walk over the runs of one opening stands.
    struct Runs {
        uint256 size; // bytes of a leaf
        uint256 depth; // of the tensor's tree
        uint256 data; // calldata position of the next run
        uint256 left; // bytes not yet walked over
        uint256 used; // siblings taken
    }

    address private immutable _dot;
    address private immutable _integerDot;
    address private immutable _movement;
    address private immutable _selection;
    address private immutable _arithmetic;
    address private immutable _functions;
    address private immutable _logic;
    address private immutable _conversion;

    constructor(StepContracts memory steps) {
        _dot = steps.dot;
        _integerDot = steps.integerDot;
        _movement = steps.movement;
        _selection = steps.selection;
        _arithmetic = steps.arithmetic;
        _functions = steps.functions;
        _logic = steps.logic;
        _conversion = steps.conversion;
    }

    /// @inheritdoc IStepVerifier
    function isInconsistent(Trace calldata trace, StepProof calldata proof) external view returns (bool) {
        bytes32[] calldata record = proof.step.record;
        _checkRecord(trace, proof);
        uint256 opened = proof.step.opened.length;
        if (opened == 0 || opened > UNREAD || proof.bindings.length != opened) revert Steps_WrongOpening(opened);
        bytes32 header = record.header();
        if (proof.step.element >= Commitments.elements(header)) revert Steps_NoSuchElement(proof.step.element);

        // The operator's own output, under its slot and with the header that the record demands.
        Binding calldata own = proof.bindings[opened - 1];
        if (own.header != header) revert Steps_WrongOpening(opened - 1);
        _checkSlot(trace, proof.operator, _commitmentOf(proof, opened - 1), own.link, opened - 1);

        _checkOperands(trace, proof);

        address step = stepOf(record.kind());
        if (step == address(0)) revert Steps_NoStep(record.kind());
        return IStep(step).isWrong(proof.step);
    }

    /// @inheritdoc IStepVerifier
    function stepOf(uint256 kind) public view returns (address) {
        if (kind == Kinds.DOT) return _dot;
        if (kind == Kinds.INTEGER_DOT) return _integerDot;
        if (kind == Kinds.MOVE || kind == Kinds.GATHER) return _movement;
        if (kind >= Kinds.ARG_MAX && kind <= Kinds.TOP_K) return _selection;
        if (kind >= Kinds.ADD && kind <= Kinds.SIGN) return _arithmetic;
        if (kind >= Kinds.EXP && kind <= Kinds.POW) return _functions;
        if (kind == Kinds.CAST || kind == Kinds.QUANTIZE || kind == Kinds.DEQUANTIZE) return _conversion;
        if (kind >= Kinds.EQUAL && kind <= Kinds.CLIP) return _logic;
        return address(0);
    }

    function _checkRecord(Trace calldata trace, StepProof calldata proof) private pure {
        uint256 k = proof.operator;
        bool placed = k < trace.operators && proof.recordPath.length == MerkleTree.depth(trace.operators);
        bytes32 root = MerkleTree.rootFromPath(Commitments.record(proof.step.record), k, proof.recordPath);
        if (!placed || root != trace.records) revert Steps_WrongRecord(k);
    }

    /// @dev Every opening that an operand reads is of that operand's source. Others are never read.
    function _checkOperands(Trace calldata trace, StepProof calldata proof) private pure {
        Access[] memory operands = proof.step.record.accesses();
        bytes calldata sources = proof.step.sources;
        uint256 last = proof.step.opened.length - 1;
        // What each opening was found to be; two operands of one source share it.
        bytes32[] memory commitments = new bytes32[](last);
        bytes32[] memory keys = new bytes32[](last);
        for (uint256 i; i < operands.length && i < sources.length; ++i) {
            uint256 j = uint8(sources[i]);
            if (j == UNREAD) continue;
            Access memory operand = operands[i];
            if (j >= last || !operand.present) revert Steps_WrongSource(i);
            Binding calldata binding = proof.bindings[j];
            if (commitments[j] == 0) commitments[j] = _commitmentOf(proof, j);
            // The record's bounds were computed for this dtype and size.
            bool alike =
                uint256(binding.header) >> 248 == operand.dtype &&
                    Commitments.elements(binding.header) == operand.elements;
            if (!alike) revert Steps_WrongSource(i);
            bytes32 key = _keyOf(proof.step.record, operand);
            if (keys[j] == key) continue;
            keys[j] = key;
            if (operand.from == Record.FROM_OPERATOR) {
                if (operand.index >= proof.operator) revert Steps_WrongSource(i);
                _checkSlot(trace, operand.index, commitments[j], binding.link, j);
            } else if (operand.from == Record.FROM_CONSTANT) {
                if (commitments[j] != proof.step.record[operand.constantAt]) revert Steps_WrongOpening(j);
            } else {
                _checkInput(trace, operand.index, commitments[j], binding.link, j);
            }
        }
    }

    /// @dev Distinct for distinct sources; never 0.
    function _keyOf(bytes32[] calldata record, Access memory operand) private pure returns (bytes32) {
        bytes32 constant_ = operand.from == Record.FROM_CONSTANT ? record[operand.constantAt] : bytes32(0);
        return keccak256(abi.encode(operand.from, operand.index, constant_));
    }

    function _checkSlot(
        Trace calldata trace,
        uint256 k,
        bytes32 tensor,
        bytes32[] calldata path,
        uint256 opening
    ) private pure {
        bytes32 slot = Commitments.slot(trace.request, trace.item, trace.challenger, k, tensor);
        bool fits = path.length == MerkleTree.depth(trace.operators);
        if (!fits || MerkleTree.rootFromPath(slot, k, path) != trace.root) revert Steps_WrongOpening(opening);
    }

    /// @dev `link`: the tensors of the item's list, then the path of the list in the bundle.
    function _checkInput(
        Trace calldata trace,
        uint256 index,
        bytes32 tensor,
        bytes32[] calldata link,
        uint256 opening
    ) private pure {
        uint256 siblings = trace.items == 1 ? 0 : MerkleTree.depth(trace.items);
        if (link.length < siblings) revert Steps_WrongOpening(opening);
        uint256 n = link.length - siblings;
        if (index >= n || link[index] != tensor) revert Steps_WrongOpening(opening);
        bytes32 input = Commitments.bundle(Commitments.list(link[:n]), trace.item, trace.items, link[n:]);
        if (input != trace.input) revert Steps_WrongOpening(opening);
    }

    /// @dev H(TENSOR, header, root) of the tensor whose leaves opening j shows. All its runs must lead to one root.
    function _commitmentOf(StepProof calldata proof, uint256 j) private pure returns (bytes32) {
        Binding calldata binding = proof.bindings[j];
        Opened calldata opened = proof.step.opened[j];
        Runs memory r;
        r.size = Commitments.leafBytes(binding.header);
        r.depth = MerkleTree.depth(Commitments.leafCount(binding.header));
        r.left = opened.data.length;
        bytes calldata data = opened.data;
        uint256 offset;
        assembly ("memory-safe") {
            offset := data.offset
        }
        r.data = offset;
        bytes32 root;
        for (uint256 i; i < opened.runs.length; ++i) {
            bytes32 found = _rootOf(r, uint256(opened.runs[i]), binding.path);
            if (i == 0) root = found;
            else if (found != root) revert Steps_WrongOpening(j);
        }
        if (r.used != binding.path.length || r.left != 0 || opened.runs.length == 0) revert Steps_WrongOpening(j);
        return Commitments.tensor(binding.header, root);
    }

    /// @dev The root that the next run leads to; advances past its data and path.
    function _rootOf(Runs memory r, uint256 run, bytes32[] calldata path) private pure returns (bytes32 root) {
        uint256 n = (run >> 192) & 0xffffffff;
        uint256 length = n * r.size;
        r.left -= length; // checked: a run longer than the data reverts
        bytes32[] memory hashes = MerkleTree.room(n);
        Commitments.leaves(hashes, n, r.data, r.size);
        r.data += length;
        (root, r.used) = MerkleTree.rootOfRun(hashes, n, run >> 224, r.depth, path, r.used);
    }
}
