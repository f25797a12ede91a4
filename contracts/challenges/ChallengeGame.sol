// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ParameterSet} from "../requests/IRequestsCore.sol";
import {ModelId, RequestId, VersionId} from "../types/Ids.sol";
import {Terms} from "../types/Terms.sol";
import {VersionWordLib} from "../types/VersionWord.sol";
import {
    ChallengeKey,
    ChallengeState,
    Claim,
    Demand,
    DemandProof,
    Evidence,
    Meaning,
    Position,
    StepProof
} from "./ChallengeTypes.sol";
import {Challenge, ChallengeWord} from "./ChallengeWord.sol";
import {ClaimHash} from "./ClaimHash.sol";
import {DisputeCosts} from "./DisputeCosts.sol";
import {Dispute, DisputeWord, Fault} from "./DisputeWord.sol";
import {GameBase} from "./GameBase.sol";
import {IChallengeGame} from "./IChallengeGame.sol";
import {OutputDemands} from "./OutputDemands.sol";
import {IStepVerifier, Trace} from "./IStepVerifier.sol";
import {ITraceVerifier, Shape, Standard} from "./ITraceVerifier.sol";

/// @notice See IChallengeGame, which is the specification.
/// @dev State, clocks and money are here; what a trace commits to is in TraceVerifier, what operators mean behind StepVerifier. Those are
/// immutables: a request keeps the game of its parameter set, so nothing about its dispute can change after it was made.
contract ChallengeGame is OutputDemands {
    using ChallengeWord for Challenge;
    using ChallengeWord for uint256;
    using ClaimHash for Claim;
    using ClaimHash for ChallengeKey;
    using DisputeWord for Dispute;
    using DisputeWord for uint256;

    /// Levels of demands of any program, at most: TraceVerifier sees to it.
    uint256 private constant MAX_LEVELS = 8;

    address private immutable _models;
    IStepVerifier private immutable _steps;

    /// challenger 160 | postedAt 40 | rank 32 | 0 24
    mapping(bytes32 submission => uint256) private _best;
    mapping(bytes32 challenge => uint256) private _challenges;

    /// @param gasPrice_ wei of OPG per gas
    constructor(
        address requests_,
        address steps,
        address traces,
        uint256 gasPrice_
    ) GameBase(requests_, traces, gasPrice_) {
        _models = _requests.models();
        _steps = IStepVerifier(steps);
    }

    /* MOVES */

    /// @inheritdoc IChallengeGame
    function challenge(
        Claim calldata claim,
        Meaning calldata meaning,
        bytes32[] calldata children,
        Evidence calldata evidence,
        uint16 lane
    ) external returns (bytes32 id) {
        // Check: who, what, when
        if (msg.sender != claim.challenger) revert Game_NotChallenger(msg.sender, claim.challenger);
        ChallengeKey memory key = _keyOf(claim);
        bytes32 submission = key.submissionId();
        id = key.challengeId();
        if (_challenges[id] != 0) revert Game_AlreadyPosted(id);
        _checkMeaning(claim, meaning);
        _traces.checkChildren(claim.trace, meaning.program.operators, children);
        Trace memory trace = _traceOf(claim, meaning, key.request, evidence.item);
        _traces.checkEvidence(trace, _standardOf(claim, meaning), evidence);

        // Effect
        Challenge memory c;
        c.state = ChallengeState.Open;
        c.item = uint8(evidence.item);
        c.postedAt = uint40(block.timestamp);
        c.end = uint40(block.timestamp + _window(claim, _parameters(_terms(claim))));
        c.lane = lane;
        c.bondUnits = _bondUnits(meaning);
        {
            Dispute memory d = _open(claim.terms, claim.submission, submission);
            c.rank = d.ranks++;
            _disputes[submission] = d.pack();
        }

        // Interaction: Escrow, which calls nobody
        c.nonce = _lockBond(claim.challenger, lane, c.bond(), id);
        _challenges[id] = c.pack();

        // Log
        emit Challenged(RequestId.wrap(key.request), id, claim.challenger, claim.trace, c, children);
    }

    /// @inheritdoc IChallengeGame
    function demand(
        Claim calldata claim,
        Meaning calldata meaning,
        Position calldata position,
        DemandProof calldata proof,
        uint16 lane
    ) external returns (bytes32 demandId) {
        // Check
        ChallengeKey memory key = _keyOf(claim);
        bytes32 id = key.challengeId();
        Challenge memory c = _openChallenge(id);
        demandId = ClaimHash.demandId(id, position);
        if (_demands[demandId] != 0) revert Game_AlreadyDemanded(demandId);
        _checkMeaning(claim, meaning);
        Shape memory shape = _traces.shapeOf(_traceOf(claim, meaning, key.request, c.item), position, proof);
        ParameterSet memory set = _parameters(_terms(claim));
        {
            // Each level has its own time, so a demand in the last second of one leaves a whole R to react on the next.
            uint256 last = c.postedAt + _window(claim, set) + 2 * (uint256(shape.depth) - 1) * set.responseSeconds;
            if (last > c.end) last = c.end;
            if (block.timestamp > last) revert Game_TooLate(last);
        }

        // Effect
        Demand memory d;
        d.position = position;
        d.node = proof.node;
        (d.header, d.count, d.levels, d.childLevel) = (shape.header, shape.count, shape.levels, shape.childLevel);
        d.slotLevels = shape.slotLevels;
        d.demander = msg.sender;
        d.fee = DisputeCosts.fee(position.kind, shape.levels, gasPrice);
        d.due = uint40(block.timestamp + set.responseSeconds);
        d.late = uint40(d.due - set.responseSeconds / 2);
        d.lane = lane;
        // Whatever the answer is, an R to react on it. What is left of the clock is never less: ends only grow.
        if (d.due + set.responseSeconds > c.end) c.end = d.due + set.responseSeconds;
        ++c.openDemands;
        _challenges[id] = c.pack();

        // Interaction
        d.nonce = _lockFee(msg.sender, lane, d.fee, demandId);
        _demands[demandId] = ClaimHash.contents(d, false);

        // Log
        emit Demanded(RequestId.wrap(key.request), id, demandId, d, c.end);
    }

    /// @inheritdoc IChallengeGame
    function answer(ChallengeKey calldata key, Demand calldata demand_, bytes calldata data) external {
        // Check
        bytes32 id = ClaimHash.challengeId(key);
        Challenge memory c = _openChallenge(id);
        bytes32 demandId = _requireDemand(id, demand_);
        if (block.timestamp > demand_.due) revert Game_TooLate(demand_.due);
        Trace memory trace;
        (trace.request, trace.item, trace.challenger) = (key.request, c.item, key.challenger);
        _traces.checkAnswer(trace, demand_, data);

        // Effect
        _demands[demandId] = ClaimHash.contents(demand_, true);
        --c.openDemands;
        _challenges[id] = c.pack();

        // Interaction
        address paid = block.timestamp > demand_.late ? msg.sender : key.challenger;
        _payFee(_lockOf(demand_), demandId, paid);

        // Log
        emit Answered(RequestId.wrap(key.request), id, demandId, paid, data);
    }

    /// @inheritdoc IChallengeGame
    function prove(
        Claim calldata claim,
        Meaning calldata meaning,
        StepProof calldata proof,
        Demand[] calldata onPath
    ) external {
        // Check
        ChallengeKey memory key = _keyOf(claim);
        bytes32 id = key.challengeId();
        Challenge memory c = _openChallenge(id);
        if (block.timestamp > c.end) revert Game_TooLate(c.end);
        _checkMeaning(claim, meaning);
        uint256 e = proof.step.element;
        if (!_steps.isInconsistent(_traceOf(claim, meaning, key.request, c.item), proof))
            revert Game_Consistent(proof.operator, e);
        _requirePath(
            id,
            _traces.wayTo(meaning.program.operators, proof.step.record[1], proof.operator, e / 64),
            onPath
        );

        // Effect, interaction
        _fall(claim, key, c, onPath, msg.sender);

        // Log
        emit Refuted(RequestId.wrap(key.request), id, msg.sender, proof.operator, e, _idsOf(id, onPath));
    }

    /// @inheritdoc IChallengeGame
    function lapse(Claim calldata claim, Demand calldata demand_, Demand[] calldata onPath) external {
        // Check
        ChallengeKey memory key = _keyOf(claim);
        bytes32 id = key.challengeId();
        Challenge memory c = _openChallenge(id);
        bytes32 demandId = _requireDemand(id, demand_);
        if (block.timestamp <= demand_.due) revert Game_TooEarly(uint256(demand_.due) + 1);
        _requirePath(id, _traces.wayAbove(demand_), onPath);

        // Effect, interaction
        _demands[demandId] = OVER;
        --c.openDemands;
        _payFee(_lockOf(demand_), demandId, demand_.demander);
        _fall(claim, key, c, onPath, demand_.demander);

        // Log
        emit Lapsed(RequestId.wrap(key.request), id, demandId, demand_.demander, _idsOf(id, onPath));
    }

    /// @inheritdoc IChallengeGame
    function uphold(Claim calldata claim) external {
        // Check
        ChallengeKey memory key = _keyOf(claim);
        bytes32 id = key.challengeId();
        Challenge memory c = _openChallenge(id);
        if (block.timestamp <= c.end) revert Game_TooEarly(uint256(c.end) + 1);
        if (c.openDemands != 0) revert Game_DemandsOpen(c.openDemands);
        bytes32 submission = key.submissionId();
        Dispute memory d = _disputes[submission].unpackDispute();

        // Effect
        c.state = ChallengeState.Upheld;
        _challenges[id] = c.pack();
        bool condemned = _condemn(claim.terms, claim.submission, d, Fault.Upheld);
        --d.openItems;
        _disputes[submission] = d.pack();
        uint256 best = _best[submission];
        if (best == 0 || c.rank < uint32(best >> 24))
            _best[submission] =
                (uint256(uint160(claim.challenger)) << 96) |
                (uint256(c.postedAt) << 56) |
                (uint256(c.rank) << 24);

        // Interaction
        _returnBond(claim.challenger, c, id);

        // Log
        emit Upheld(RequestId.wrap(key.request), id, claim.challenger, condemned);
    }

    /// @inheritdoc IChallengeGame
    function claimPot(Claim calldata claim) external {
        // Check
        ChallengeKey memory key = _keyOf(claim);
        bytes32 submission = key.submissionId();
        Dispute memory d = _disputes[submission].unpackDispute();
        if (d.fault != Fault.Upheld) revert Game_NothingToClaim(submission);
        ParameterSet memory set = _parameters(_terms(claim));
        uint256 best = _best[submission];
        // No challenge posted before the best one can be open after this; one that nobody resolved by then has forfeited its rank.
        uint256 first =
            uint256(uint40(best >> 56)) + _window(claim, set) + (2 * MAX_LEVELS + 1) * uint256(set.responseSeconds) + 1;
        if (block.timestamp < first) revert Game_TooEarly(first);

        // Effect
        d.fault = Fault.Claimed;
        _disputes[submission] = d.pack();

        // Interaction
        uint96 pot = _potOf(_terms(claim));
        address winner = address(uint160(best >> 96));
        _payPot(winner, pot, submission);

        // Log
        emit PotClaimed(RequestId.wrap(key.request), winner, pot);
    }

    /// @inheritdoc IChallengeGame
    function reclaim(ChallengeKey calldata key, Demand calldata demand_) external {
        bytes32 id = ClaimHash.challengeId(key);
        if (_challenges[id].unpackChallenge().state != ChallengeState.Fallen) revert Game_NotOpen(id);
        bytes32 demandId = _requireDemand(id, demand_);
        _demands[demandId] = OVER;
        _payFee(_lockOf(demand_), demandId, demand_.demander);
        emit Reclaimed(RequestId.wrap(key.request), id, demandId, demand_.demander);
    }

    /* VIEWS */

    /// @inheritdoc IChallengeGame
    function requests() external view returns (address) {
        return address(_requests);
    }

    /// @inheritdoc IChallengeGame
    function escrow() external view returns (address) {
        return address(_escrow);
    }

    /// @inheritdoc IChallengeGame
    function stepVerifier() external view returns (address) {
        return address(_steps);
    }

    /// @inheritdoc IChallengeGame
    function traceVerifier() external view returns (address) {
        return address(_traces);
    }

    /// @inheritdoc IChallengeGame
    function challengeOf(bytes32 id) external view returns (Challenge memory) {
        return _challenges[id].unpackChallenge();
    }

    /// @inheritdoc IChallengeGame
    function disputeOf(bytes32 submission) external view returns (Dispute memory) {
        return _disputes[submission].unpackDispute();
    }

    /// @inheritdoc IChallengeGame
    function bestOf(bytes32 submission) external view returns (address challenger, uint40 postedAt, uint32 rank) {
        uint256 best = _best[submission];
        return (address(uint160(best >> 96)), uint40(best >> 56), uint32(best >> 24));
    }

    /// @inheritdoc IChallengeGame
    function demandOf(bytes32 demandId) external view returns (bytes32) {
        return _demands[demandId];
    }

    /// @inheritdoc IChallengeGame
    function bondOf(Meaning calldata meaning) external view returns (uint256) {
        return uint256(_bondUnits(meaning)) * ChallengeWord.BOND_UNIT;
    }

    /* INTERNAL */

    /// @dev The challenge is over, its bond forfeited; the request goes on if nothing else is open.
    function _fall(
        Claim calldata claim,
        ChallengeKey memory key,
        Challenge memory c,
        Demand[] calldata onPath,
        address actor
    ) private {
        bytes32 id = key.challengeId();
        bytes32 submission = key.submissionId();
        c.state = ChallengeState.Fallen;
        _challenges[id] = c.pack();
        _forfeitBond(key.challenger, c, id, onPath, actor, key.node);
        _close(claim.terms, claim.submission, submission);
    }

    function _lockOf(Demand calldata d) private pure returns (FeeLock memory) {
        return FeeLock(d.demander, d.fee, d.lane, d.nonce);
    }

    function _idsOf(bytes32 id, Demand[] calldata demands) private pure returns (bytes32[] memory ids) {
        ids = new bytes32[](demands.length);
        for (uint256 i; i < demands.length; ++i) ids[i] = ClaimHash.demandId(id, demands[i].position);
    }

    function _openChallenge(bytes32 id) private view returns (Challenge memory c) {
        c = _challenges[id].unpackChallenge();
        if (c.state != ChallengeState.Open) revert Game_NotOpen(id);
    }

    function _requireDemand(bytes32 id, Demand calldata d) private view returns (bytes32 demandId) {
        demandId = ClaimHash.demandId(id, d.position);
        if (_demands[demandId] != ClaimHash.contents(d, false)) revert Game_NoSuchDemand(demandId);
    }

    /// @dev All answered demands on the way and no others, so that who ends the challenge cannot leave out whoever led there.
    function _requirePath(bytes32 id, uint256[] memory way, Demand[] calldata onPath) private view {
        uint256 n;
        for (uint256 i; i < way.length; ++i) {
            bytes32 kept = _demands[ClaimHash.demandId(id, way[i])];
            if (uint256(kept) & 1 == 0) continue; // never made, or open
            if (n == onPath.length || ClaimHash.contents(onPath[n], true) != kept) revert Game_NotOnPath(n);
            ++n;
        }
        if (n != onPath.length) revert Game_NotOnPath(n);
    }

    function _checkMeaning(Claim calldata claim, Meaning calldata meaning) private view {
        Terms memory terms = _terms(claim);
        uint256 model = ModelId.unwrap(terms.model());
        _traces.checkMeaning(meaning, VersionId.unwrap(terms.version), model, _models);
    }

    function _bondUnits(Meaning calldata meaning) private view returns (uint32) {
        uint256 units = DisputeCosts.bondUnits(meaning.program, gasPrice);
        if (units >> 32 != 0) revert ITraceVerifier.Traces_WrongProgram();
        return uint32(units);
    }

    function _standardOf(Claim calldata claim, Meaning calldata meaning) private pure returns (Standard memory s) {
        s.outputs = meaning.program.outputs;
        s.outputHash = claim.submission.outputHash;
        s.atol = uint32(meaning.version.tolerance >> 32);
        s.rtol = uint32(meaning.version.tolerance);
        s.exact = uint8(meaning.version.shape >> 96) & VersionWordLib.EXACT != 0;
    }

    function _traceOf(
        Claim calldata claim,
        Meaning calldata meaning,
        bytes32 request,
        uint256 item
    ) private pure returns (Trace memory t) {
        Terms memory terms = _terms(claim);
        t.root = claim.trace;
        t.request = request;
        t.challenger = claim.challenger;
        t.item = item;
        t.items = terms.items();
        t.input = terms.input;
        t.operators = meaning.program.operators;
        t.records = meaning.program.records;
    }

    /// @dev W: seconds from a challenge to the last first-level demand. It grows with the program's cost exactly as tc did.
    function _window(Claim calldata claim, ParameterSet memory set) private pure returns (uint256) {
        return uint256(set.windowSeconds) + _terms(claim).tc() - set.tcBase;
    }

    /// @dev One copy for all callers: legacy code generation would write it out at each.
    function _terms(Claim calldata claim) private pure returns (Terms memory) {
        return claim.terms;
    }

    function _keyOf(Claim calldata claim) private view returns (ChallengeKey memory) {
        return claim.keyOf(address(_requests));
    }
}
