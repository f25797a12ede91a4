// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MerkleTree} from "../lib/MerkleTree.sol";
import {Leaves} from "../lib/Leaves.sol";
import {Tags} from "../types/Tags.sol";
import {Acceptance} from "./Acceptance.sol";
import {
    Demand,
    DemandProof,
    Evidence,
    LeafOpening,
    Meaning,
    OutputDemand,
    OutputPosition,
    OutputProof,
    Position
} from "./ChallengeTypes.sol";
import {ClaimHash} from "./ClaimHash.sol";
import {Commitments} from "./Commitments.sol";
import {Trace} from "./IStepVerifier.sol";
import {ITraceVerifier, Shape, Standard} from "./ITraceVerifier.sol";
import {Positions} from "./Positions.sol";

/// @notice See ITraceVerifier.
contract TraceVerifier is ITraceVerifier {
    /// Levels of demands of any program, at most.
    uint256 private constant MAX_LEVELS = 8;

    /// @inheritdoc ITraceVerifier
    function checkMeaning(Meaning calldata meaning, bytes32 version, uint256 model, address registry) external view {
        if (ClaimHash.versionId(meaning.version, model, registry) != version) revert Traces_WrongVersion();
        bool known = ClaimHash.programRoot(meaning.program) == meaning.version.programRoot;
        // Nodes accept no version whose program they have not compiled, so the bound only protects from a publisher's mistake.
        if (!known || meaning.program.levels > MAX_LEVELS) revert Traces_WrongProgram();
    }

    /// @inheritdoc ITraceVerifier
    function checkEvidence(Trace calldata trace, Standard calldata standard, Evidence calldata e) external pure {
        // The program's outputs, and the one in question in the trace
        if (keccak256(abi.encodePacked(Tags.PROGRAM_OUTPUTS, e.outputs)) != standard.outputs)
            revert Traces_NoEvidence("outputs");
        uint256 n = e.outputs.length / 2;
        if (e.output >= n) revert Traces_NoEvidence("output");
        {
            uint256 k = e.outputs[2 * e.output];
            bytes32 slot = Commitments.slot(trace.request, e.item, trace.challenger, k, e.expected);
            bool fits = e.slotPath.length == MerkleTree.depth(trace.operators);
            if (!fits || MerkleTree.rootFromPath(slot, k, e.slotPath) != trace.root)
                revert Traces_NoEvidence("slotPath");
        }

        // The submitted outputs of the item
        uint256 siblings = trace.items == 1 ? 0 : MerkleTree.depth(trace.items);
        if (e.item >= trace.items || e.itemPath.length != siblings) revert Traces_NoEvidence("item");
        bytes32 list = Commitments.list(e.submitted);
        bool same = Commitments.bundle(list, e.item, trace.items, e.itemPath) == standard.outputHash;
        if (!same || e.submitted.length != n) revert Traces_NoEvidence("submitted");

        // The disagreement
        bytes32 got = e.submitted[e.output];
        if (standard.exact) {
            if (got == e.expected) revert Traces_NoEvidence("expected");
        } else {
            _checkElement(standard, e, bytes32(e.outputs[2 * e.output + 1]), got);
        }
    }

    /// @inheritdoc ITraceVerifier
    function checkChildren(bytes32 root, uint256 operators, bytes32[] calldata children) external pure {
        uint256 depth = MerkleTree.depth(operators);
        (uint256 levels, uint256 childLevel, uint256 count) = Positions.children(operators, depth, 0);
        if (operators == 0 || children.length != count) revert Traces_NoEvidence("children");
        if (MerkleTree.nodeOfChildren(children, count, levels, childLevel) != root)
            revert Traces_NoEvidence("children");
    }

    /// @inheritdoc ITraceVerifier
    function shapeOf(
        Trace calldata trace,
        Position calldata position,
        DemandProof calldata proof
    ) external pure returns (Shape memory shape) {
        uint256 depth = MerkleTree.depth(trace.operators);
        if (position.kind == Positions.LIST) return _listShape(trace, position, proof, depth);
        shape.slotLevels = uint8(depth);

        // The operator's header, from its record
        uint256 k = position.operator;
        bool placed = k < trace.operators && proof.recordPath.length == depth;
        bytes32 records = MerkleTree.rootFromPath(Commitments.record(proof.record), k, proof.recordPath);
        if (!placed || records != trace.records) revert Traces_NoSuchPosition();
        shape.header = proof.record[1];
        shape.depth = uint8(Positions.listDemands(trace.operators) + 1);

        if (position.kind == Positions.OPERATOR) {
            if (position.level != 0 || position.index != 0 || proof.path.length != depth)
                revert Traces_NoSuchPosition();
            if (MerkleTree.rootFromPath(proof.node, k, proof.path) != trace.root) revert Traces_NoSuchPosition();
            _topShape(shape);
            return shape;
        }
        _innerShape(shape, position, proof);
        bytes32 tensor = Commitments.tensor(
            shape.header,
            MerkleTree.rootFromPath(proof.node, position.index, proof.path)
        );
        bytes32 slot = Commitments.slot(trace.request, trace.item, trace.challenger, k, tensor);
        if (proof.slotPath.length != depth || MerkleTree.rootFromPath(slot, k, proof.slotPath) != trace.root)
            revert Traces_NoSuchPosition();
    }

    /// @inheritdoc ITraceVerifier
    function checkAnswer(Trace calldata trace, Demand calldata demand, bytes calldata data) external pure {
        bytes32 node;
        if (demand.levels != 0) {
            if (data.length != 32 * uint256(demand.count)) revert Traces_WrongAnswer();
            bytes32[] memory children = new bytes32[](demand.count);
            assembly ("memory-safe") {
                calldatacopy(add(children, 32), data.offset, data.length)
            }
            node = MerkleTree.nodeOfChildren(children, demand.count, demand.levels, demand.childLevel);
        } else {
            node = _rootOfElements(demand, data);
        }
        if (demand.position.kind == Positions.OPERATOR) {
            node = Commitments.tensor(demand.header, node);
            node = Commitments.slot(trace.request, trace.item, trace.challenger, demand.position.operator, node);
        }
        if (node != demand.node) revert Traces_WrongAnswer();
    }

    /// @inheritdoc ITraceVerifier
    function wayTo(
        uint256 operators,
        bytes32 header,
        uint256 operator,
        uint256 leaf
    ) external pure returns (uint256[] memory) {
        return Positions.way(MerkleTree.depth(operators), Commitments.leafCount(header), operator, leaf);
    }

    /// @inheritdoc ITraceVerifier
    function wayAbove(Demand calldata demand) external pure returns (uint256[] memory way) {
        Position calldata p = demand.position;
        (uint256 operator, uint256 leaf) = Positions.targetOf(p);
        way = Positions.way(demand.slotLevels, Commitments.leafCount(demand.header), operator, leaf);
        uint256 last = ClaimHash.pack(p);
        uint256 n;
        while (way[n] != last) ++n;
        assembly ("memory-safe") {
            mstore(way, n)
        }
    }

    /// @inheritdoc ITraceVerifier
    function outputHeader(
        bytes32 schema,
        OutputPosition calldata position,
        bytes32[] calldata headers
    ) external pure returns (bytes32 header) {
        bool same = keccak256(abi.encodePacked(Tags.HEADERS, headers.length, headers)) == schema;
        if (!same || position.output >= headers.length) revert Traces_NoSuchOutput();
        header = headers[position.output];
        if (position.leaf >= Commitments.leafCount(header)) revert Traces_NoSuchOutput();
    }

    /// @inheritdoc ITraceVerifier
    function checkOutput(
        OutputDemand calldata demand,
        OutputProof calldata proof,
        uint256 items,
        bytes32 outputHash
    ) external pure {
        uint256 siblings = items == 1 ? 0 : MerkleTree.depth(items);
        uint256 o = demand.position.output;
        // No evidence could be given against a list of another length, so it counts as one that is withheld.
        if (proof.itemPath.length != siblings || proof.submitted.length != demand.outputs) revert Traces_WrongOutput();
        bool same = _commitmentOf(demand.header, demand.position.leaf, proof.leaf) == proof.submitted[o];
        bytes32 list = Commitments.list(proof.submitted);
        same = same && Commitments.bundle(list, demand.position.item, items, proof.itemPath) == outputHash;
        // Else every item could be shown and the hash be another than that of the right result all the same.
        same = same && MerkleTree.isPadded(demand.position.item, items, proof.itemPath);
        if (!same) revert Traces_WrongOutput();
    }

    function _checkElement(Standard calldata standard, Evidence calldata e, bytes32 header, bytes32 got) private pure {
        if (e.element >= Commitments.elements(header)) revert Traces_NoEvidence("element");
        uint256 leaf = e.element / Leaves.LEAF_ELEMENTS;
        if (_commitmentOf(header, leaf, e.right) != e.expected) revert Traces_NoEvidence("right");
        if (_commitmentOf(header, leaf, e.wrong) != got) revert Traces_NoEvidence("wrong");
        uint256 dtype = uint256(header) >> 248;
        uint256 r = _element(e.right.data, dtype, e.element % Leaves.LEAF_ELEMENTS);
        uint256 y = _element(e.wrong.data, dtype, e.element % Leaves.LEAF_ELEMENTS);
        bool acceptable = dtype == Leaves.FLOAT ? Acceptance.accepts(y, r, standard.atol, standard.rtol) : y == r;
        if (acceptable) revert Traces_NoEvidence("element");
    }

    /// @dev The tensor commitment that a leaf leads to; 0 if the leaf or its path has another length.
    function _commitmentOf(bytes32 header, uint256 leaf, LeafOpening calldata o) private pure returns (bytes32) {
        bool fits =
            o.data.length == Commitments.leafBytes(header) &&
                o.path.length == MerkleTree.depth(Commitments.leafCount(header));
        if (!fits) return 0;
        return Commitments.tensor(header, MerkleTree.rootFromPath(Commitments.leaf(o.data), leaf, o.path));
    }

    function _element(bytes calldata data, uint256 dtype, uint256 lane) private pure returns (uint256) {
        uint256 width = Leaves.width(dtype);
        uint256 place;
        assembly ("memory-safe") {
            place := add(data.offset, mul(lane, width))
        }
        return Leaves.bitsAt(place, width);
    }

    function _listShape(
        Trace calldata trace,
        Position calldata position,
        DemandProof calldata proof,
        uint256 depth
    ) private pure returns (Shape memory shape) {
        uint256 n = trace.operators;
        (bool valid, uint256 steps) = Positions.stepsTo(depth, position.level);
        valid = valid && position.operator == 0 && position.index < Positions.realNodes(n, position.level);
        if (!valid || proof.path.length != depth - position.level) revert Traces_NoSuchPosition();
        if (MerkleTree.rootFromPath(proof.node, position.index, proof.path) != trace.root)
            revert Traces_NoSuchPosition();
        _setChildren(shape, n, position.level, position.index);
        shape.depth = uint8(steps);
        shape.slotLevels = uint8(depth);
    }

    /// @dev The top of a tensor, or all of it.
    function _topShape(Shape memory shape) private pure {
        uint256 leaves = Commitments.leafCount(shape.header);
        if (leaves > Positions.WHOLE_LEAVES) _setChildren(shape, leaves, MerkleTree.depth(leaves), 0);
        else shape.count = uint16(Commitments.elements(shape.header)); // at most 1,024
    }

    /// @dev A node or leaf of a tensor's tree.
    function _innerShape(Shape memory shape, Position calldata position, DemandProof calldata proof) private pure {
        uint256 leaves = Commitments.leafCount(shape.header);
        uint256 depth = MerkleTree.depth(leaves);
        if (leaves <= Positions.WHOLE_LEAVES) revert Traces_NoSuchPosition();
        if (position.kind == Positions.TREE) {
            (bool valid, uint256 steps) = Positions.stepsTo(depth, position.level);
            valid = valid && position.index < Positions.realNodes(leaves, position.level);
            if (!valid || proof.path.length != depth - position.level) revert Traces_NoSuchPosition();
            _setChildren(shape, leaves, position.level, position.index);
            shape.depth += uint8(steps);
            return;
        }
        bool leaf = position.kind == Positions.LEAF && position.level == 0 && position.index < leaves;
        if (!leaf || proof.path.length != depth) revert Traces_NoSuchPosition();
        uint256 left = Commitments.elements(shape.header) - Leaves.LEAF_ELEMENTS * position.index;
        shape.count = uint16(left < Leaves.LEAF_ELEMENTS ? left : Leaves.LEAF_ELEMENTS);
        shape.depth += uint8(Positions.answersIn(depth));
    }

    function _setChildren(Shape memory shape, uint256 n, uint256 level, uint256 index) private pure {
        (uint256 levels, uint256 childLevel, uint256 count) = Positions.children(n, level, index);
        (shape.levels, shape.childLevel, shape.count) = (uint8(levels), uint8(childLevel), uint16(count));
    }

    /// @dev The node over whole leaves: one leaf, or all of a tensor. Whatever follows the real elements must be zero.
    function _rootOfElements(Demand calldata demand, bytes calldata data) private pure returns (bytes32) {
        uint256 size = Commitments.leafBytes(demand.header);
        uint256 leaves = (uint256(demand.count) + Leaves.LEAF_ELEMENTS - 1) / Leaves.LEAF_ELEMENTS;
        if (data.length != leaves * size) revert Traces_WrongAnswer();
        uint256 real = (uint256(demand.count) * size) / Leaves.LEAF_ELEMENTS;
        for (uint256 i = real; i < data.length; ++i) if (data[i] != 0) revert Traces_WrongAnswer();
        uint256 place;
        assembly ("memory-safe") {
            place := data.offset
        }
        bytes32[] memory hashes = new bytes32[](leaves);
        Commitments.leaves(hashes, leaves, place, size);
        return MerkleTree.nodeOfChildren(hashes, leaves, MerkleTree.depth(leaves), 0);
    }
}
