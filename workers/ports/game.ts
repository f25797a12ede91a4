import type { ChallengeKey, Meaning } from '#core/challenges/claim.ts';
import type { OutputDemand } from '#core/challenges/events.ts';
import type { Demand } from '#core/challenges/follow.ts';
import type { OutputProof } from '#core/challenges/openOutput.ts';
import type { Position } from '#core/challenges/position.ts';
import type { DemandProof } from '#core/challenges/refute.ts';
import type { StepProof } from '#core/challenges/stepProof.ts';
import type { Address, Bytes32 } from '#core/hex.ts';
import type { Submission } from '#core/protocol/states.ts';
import type { Terms } from '#core/protocol/terms.ts';
import type { Hex } from './chain.ts';
import type { Accusation } from './traces.ts';

/** A result as moves about its outputs name it. */
export interface SubmittedRequest {
  readonly terms: Terms;
  readonly submission: Submission;
}

/** A challenge with its request, as the game's moves name it. */
export interface Claim extends SubmittedRequest {
  readonly challenger: Address;
  readonly trace: Bytes32;
}

/** Calldata for the challenge game. Encoding only: nothing is sent. `lane`: of the sender, where a bond or fee is locked. */
export interface GameCalls {
  readonly to: Hex;
  challenge(claim: Claim, meaning: Meaning, accusation: Accusation, lane: number): Hex;
  demand(claim: Claim, meaning: Meaning, position: Position, proof: DemandProof, lane: number): Hex;
  answer(key: ChallengeKey, demand: Demand, data: Hex): Hex;
  prove(claim: Claim, meaning: Meaning, proof: StepProof, onPath: readonly Demand[]): Hex;
  lapse(claim: Claim, demand: Demand, onPath: readonly Demand[]): Hex;
  uphold(claim: Claim): Hex;
  claimPot(claim: Claim): Hex;
  reclaim(key: ChallengeKey, demand: Demand): Hex;
  /** `headers`: those of one item's outputs. */
  demandOutput(
    about: SubmittedRequest,
    position: OutputDemand['position'],
    headers: readonly Bytes32[],
    lane: number,
  ): Hex;
  answerOutput(about: SubmittedRequest, demand: OutputDemand, proof: OutputProof): Hex;
  lapseOutput(about: SubmittedRequest, demand: OutputDemand): Hex;
}

export interface GameClocks {
  /** Seconds: W without the part that grows with a program's cost. */
  readonly windowSeconds: number;
  /** Seconds: R. */
  readonly responseSeconds: number;
  /** Seconds: tc without the part that grows with a program's cost. */
  readonly tcBase: number;
}

/** What disputes ask the contracts at the newest block. */
export interface GameViews {
  /** Wei of OPG that a challenge of the program locks. */
  bondOf(meaning: Meaning): Promise<bigint>;
  clocksOf(set: number): Promise<GameClocks>;
  /** Wei of OPG per gas, by which the game sets fees and bonds. */
  gasPrice(): Promise<bigint>;
  /** Wei of OPG of the account that no lock holds. */
  freeBalance(account: Hex): Promise<bigint>;
  /** A lane of the account in which nothing of the game is locked, from `from` on. */
  freeLane(account: Hex, from: number): Promise<number>;
  /** The URL of a node's HTTP API as it published it; undefined if it did not. Written by a stranger. */
  endpointOf(node: Hex): Promise<string | undefined>;
  /** Escrow's call that lets the game lock the account's balance; undefined if it may already. */
  consent(account: Hex): Promise<{ readonly to: Hex; readonly data: Hex } | undefined>;
}
