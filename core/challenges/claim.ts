/** The words that name a challenge, its request, version and program, as the game's moves take them; and the ids that follow from them. */
import { encodeHeader } from '../commitment/header.ts';
import { headersHash, schemaHash } from '../commitment/schema.ts';
import { treeRoot } from '../commitment/tree.ts';
import { taggedHash } from '../hash.ts';
import type { Address, Branded, Bytes32 } from '../hex.ts';
import { fromHex, toHex, wordOf, wordOfAddress } from '../hex.ts';
import type { SubmissionId } from '../protocol/ids.ts';
import { submissionId, toRequestId } from '../protocol/ids.ts';
import { Tags } from '../protocol/tags.ts';
import type { VersionContent } from '../protocol/version.ts';
import { packShape, packTolerance } from '../protocol/version.ts';
import { largestStep, multiplyAdds, treeLevels } from '../semantics/cost.ts';
import type { Program } from '../semantics/program.ts';
import { type ProgramCommitment, SEMANTICS } from '../semantics/record.ts';
import type { OutputDemand } from './events.ts';
import { outputsWord } from './evidence.ts';
import { type Position, packPosition } from './position.ts';

export type ChallengeId = Branded<Bytes32, 'ChallengeId'>;
export type DemandId = Branded<Bytes32, 'DemandId'>;

/** A challenge by its contents. */
export interface ChallengeKey {
  readonly request: Bytes32;
  readonly node: Address;
  readonly outputHash: Bytes32;
  readonly challenger: Address;
  /** T. */
  readonly trace: Bytes32;
}

/** contracts/challenges/ChallengeTypes.sol. */
export interface VersionWords {
  readonly sha256Hash: Bytes32;
  readonly programRoot: Bytes32;
  readonly schema: Bytes32;
  readonly tolerance: bigint;
  readonly shape: bigint;
}

export interface ProgramHeader {
  readonly semantics: bigint;
  readonly operators: bigint;
  readonly levels: bigint;
  readonly cost: bigint;
  readonly largestStep: bigint;
  readonly inputs: Bytes32;
  readonly outputs: Bytes32;
  readonly records: Bytes32;
}

/** What terms.version stands for. */
export interface Meaning {
  readonly version: VersionWords;
  readonly program: ProgramHeader;
}

export const meaningOf = (content: VersionContent, program: ProgramHeader): Meaning => ({
  version: versionWords(content),
  program,
});

/** The words of a version's id behind the model. */
export function versionWords(content: VersionContent): VersionWords {
  return {
    sha256Hash: content.sha256Hash,
    programRoot: content.programRoot,
    schema: schemaHash(content.inputSchema, content.outputSchema),
    tolerance: packTolerance(content),
    shape: packShape(content),
  };
}

/** The words of a program's root. */
export function headerOf(program: Program, { recordHashes }: ProgramCommitment): ProgramHeader {
  return {
    semantics: SEMANTICS,
    operators: BigInt(program.operators.length),
    levels: BigInt(treeLevels(program)),
    cost: multiplyAdds(program),
    largestStep: BigInt(largestStep(program)),
    inputs: headersHash(program.inputs.map((input) => encodeHeader(input))),
    outputs: taggedHash(Tags.PROGRAM_OUTPUTS, outputsWord(program).map(wordOf)),
    records: recordHashes.length === 0 ? wordOf(0n) : (toHex(treeRoot(recordHashes.map(fromHex))) as Bytes32),
  };
}

export const submissionOf = ({ request, node, outputHash }: ChallengeKey): SubmissionId =>
  submissionId(toRequestId(request), node, outputHash);

/** H(CHALLENGE, submission, challenger, T). */
export function challengeId(key: ChallengeKey): ChallengeId {
  return taggedHash(Tags.CHALLENGE, [submissionOf(key), wordOfAddress(key.challenger), key.trace]) as ChallengeId;
}

/** H(DEMAND, challenge, position). */
export function demandId(challenge: ChallengeId, position: Position): DemandId {
  return taggedHash(Tags.DEMAND, [challenge, wordOf(packPosition(position))]) as DemandId;
}

/** In place of a position's kind: no challenge has the id of a submission. */
const OUTPUT = 5n;

/** H(DEMAND, submission, 5 8 | item 8 | output 32 | leaf 40). */
export function outputDemandId(submission: SubmissionId, { item, output, leaf }: OutputDemand['position']): DemandId {
  const packed = (OUTPUT << 80n) | (BigInt(item) << 72n) | (BigInt(output) << 40n) | BigInt(leaf);
  return taggedHash(Tags.DEMAND, [submission, wordOf(packed)]) as DemandId;
}
