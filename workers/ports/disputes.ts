/** What disputing a result needs to know of it, from journal and model store; read by whoever plays a dispute or follows one. */
import type { Meaning, ProgramHeader, VersionWords } from '#core/challenges/claim.ts';
import type { Standard } from '#core/challenges/evidence.ts';
import type { Challenge } from '#core/challenges/follow.ts';
import { packPosition } from '#core/challenges/position.ts';
import { type Subject, subjectOf } from '#core/challenges/subject.ts';
import { sidesDifference } from '#core/semantics/sides.ts';
import type { Hex } from './chain.ts';
import type { Journal } from './journal.ts';
import type { ModelProgram } from './reference.ts';
import type { ShownChallenge, TracedRequest } from './traces.ts';
import { type ServedVersion, VERSION_ROWS } from './work.ts';

/** A version whose results can be disputed. */
export interface DisputedVersion extends ServedVersion {
  readonly standard: Standard;
  readonly words: VersionWords;
}

/** A result and its version, as the journal has them. */
export interface DisputedResult {
  readonly subject: Subject;
  readonly version: DisputedVersion;
  /** undefined: its bytes are not on chain, and this process was not given them. */
  readonly input: Hex | undefined;
}

/** With its computation, as far as it is at hand. */
export interface Disputed extends DisputedResult {
  /** undefined: for want of the input. */
  readonly traced: TracedRequest | undefined;
}

/** From what the watcher keeps of a version; undefined if it names no program, or is not known. */
function disputedVersion(facts: Readonly<Record<string, unknown>> | undefined): DisputedVersion | undefined {
  if (facts === undefined) return undefined;
  const version = facts as unknown as ServedVersion;
  const { program, exact } = version;
  if (program?.words === undefined) return undefined;
  const { tolerance, shape, ...hashes } = program.words;
  return {
    ...version,
    standard: exact ? 'exact' : { atol: program.atol, rtol: program.rtol },
    words: { ...hashes, tolerance: BigInt(tolerance), shape: BigInt(shape) },
  };
}

/** Why nobody can judge results of a version by its model: no honest node serves it. `program`: what the model is. */
export function whyRefused({ words, schema }: DisputedVersion, program: ModelProgram): string | undefined {
  if (program.root !== words.programRoot) return 'its version names another program than its model is';
  const difference = sidesDifference(schema, program);
  return difference && `its version publishes other tensors than its model has: ${difference}`;
}

export const meaningFor = ({ words }: DisputedVersion, program: ProgramHeader): Meaning => ({
  version: words,
  program,
});

/** The request as the journal has it now; undefined: no result stands, or its version cannot be disputed. */
export async function findDisputed(
  { journal }: { readonly journal: Journal },
  id: Hex,
): Promise<DisputedResult | undefined> {
  const subject = subjectOf(await journal.eventsOf(id));
  if (!subject) return undefined;
  const version = disputedVersion((await journal.row(VERSION_ROWS.track, subject.history.row.terms.version))?.facts);
  return version && { subject, version, input: subject.input ?? (await handedOver(journal, id)) };
}

/** `path`: of the version's verified model file. */
export function tracedBy({ subject, version }: DisputedResult, input: Hex, path: string): TracedRequest {
  const { id, terms } = subject.history.row;
  const model = { sha256: version.sha256, path, size: version.size };
  return { model, schema: version.schema, request: id, input, items: terms.items };
}

/** Only a node has the bytes of an input by commitment, which it checked when it took them. */
async function handedOver(journal: Journal, id: Hex): Promise<Hex | undefined> {
  return (await journal.row('serve', id))?.facts['input'] as Hex | undefined;
}

export const shownOf = ({ trace, challenger, item, children, demands }: Challenge): ShownChallenge => ({
  trace,
  challenger,
  item,
  children,
  demands: [...demands.values()].map(({ demand, data }) => [packPosition(demand.position), data] as const),
});
