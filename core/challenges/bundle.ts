/**
 * A dispute as one JSON value: the events of a request and of its challenges, what the moves opened, and the words that lead from the ids down
 * to it. Everything in `replay` follows from it, without a chain.
 */
import { ProtocolError } from '../errors.ts';
import { keccak256 } from '../hash.ts';
import type { Address, Bytes32, Hex } from '../hex.ts';
import { toHex } from '../hex.ts';
import { eventFrom, type ProtocolEvent } from '../protocol/events.ts';
import { type Arguments, addressField, bytesField, hashField, smallField, wideField } from '../protocol/fields.ts';
import type { ModelId } from '../protocol/ids.ts';
import { toModelId } from '../protocol/ids.ts';
import type { ProgramHeader } from './claim.ts';
import type { Evidence } from './evidence.ts';
import type { DemandProof } from './refute.ts';
import type { StepProof } from './stepProof.ts';

const FORMAT = 'opg-dispute-1';

/** What JSON holds; whole numbers beyond 2^53 are decimal text. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** An event as the chain told it. */
export interface Told {
  readonly block: number;
  /** Unix seconds. */
  readonly time: number;
  readonly transaction: Bytes32;
  readonly event: ProtocolEvent;
}

/** Of a version, what its id is made of. */
export interface VersionFacts {
  readonly model: ModelId;
  readonly sha256Hash: Bytes32;
  readonly programRoot: Bytes32;
  readonly tolerance: bigint;
  readonly shape: bigint;
  /** Of one item. */
  readonly inputHeaders: readonly Bytes32[];
  readonly outputHeaders: readonly Bytes32[];
}

export interface Dossier {
  readonly chainId: number;
  readonly requests: Address;
  readonly models: Address;
  readonly version: VersionFacts;
  /** undefined: no move named it, and there was no model. */
  readonly program: ProgramHeader | undefined;
  /** In chain order. */
  readonly told: readonly Told[];
  /** By challenge, by demand, by challenge: what the transactions showed. A move whose transaction could not be read has none. */
  readonly evidence: ReadonlyMap<Bytes32, Evidence>;
  readonly demands: ReadonlyMap<Bytes32, DemandProof>;
  readonly proofs: ReadonlyMap<Bytes32, StepProof>;
  /** Of a request by commitment, if somebody had the bytes. */
  readonly input: Hex | undefined;
}

/** The same as JSON, without its digest. `args` of an event are its arguments as the contract emits them. */
export interface BundleParts {
  readonly chainId: number;
  readonly requests: string;
  readonly models: string;
  readonly version: Json;
  readonly program: Json;
  readonly events: readonly {
    readonly type: string;
    readonly block: number;
    readonly time: number;
    readonly transaction: string;
    readonly args: Json;
  }[];
  readonly evidence: { readonly [challenge: string]: Json };
  readonly demands: { readonly [demand: string]: Json };
  readonly proofs: { readonly [challenge: string]: Json };
  readonly input: string | null;
}

/** Adds the format and the digest. */
export function sealed(parts: BundleParts): Json {
  const body = { format: FORMAT, ...parts } as unknown as { readonly [key: string]: Json };
  return { ...body, digest: digestOf(body) };
}

/** keccak256 of the JSON with sorted keys and without spaces: of everything, what no id covers included. */
function digestOf(body: Json): Bytes32 {
  return toHex(keccak256(new TextEncoder().encode(JSON.stringify(sorted(body))))) as Bytes32;
}

function sorted(value: Json): Json {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(sorted);
  const entries = Object.entries(value as { readonly [key: string]: Json });
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => [key, sorted(one)]));
}

/** Throws `dispute.bundle` if it is none. The digest is told apart: whoever changes the file can write it anew. */
export function readBundle(value: unknown): {
  readonly dossier: Dossier;
  readonly digest: Bytes32;
  readonly intact: boolean;
} {
  try {
    const { digest, ...body } = record(value);
    if (body['format'] !== FORMAT) throw new Error(`its format is ${String(body['format'])}, not ${FORMAT}`);
    const dossier = dossierOf(body);
    const found = digestOf(body as Json);
    return { dossier, digest: found, intact: digest === found };
  } catch (error) {
    throw new ProtocolError('dispute.bundle', { reason: (error as Error).message }, { cause: error });
  }
}

function dossierOf(body: Arguments): Dossier {
  return {
    chainId: smallField(body['chainId']),
    requests: addressField(body['requests']),
    models: addressField(body['models']),
    version: versionField(body['version']),
    program: body['program'] === null ? undefined : programField(body['program']),
    told: list(body['events']).map(toldField),
    evidence: byId(body['evidence'], evidenceField),
    demands: byId(body['demands'], demandProofField),
    proofs: byId(body['proofs'], stepProofField),
    input: body['input'] === null ? undefined : bytesField(body['input']),
  };
}

function record(value: unknown): Arguments {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('an object is missing');
  return value as Arguments;
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error('a list is missing');
  return value;
}

const byId = <T>(value: unknown, field: (value: unknown) => T): ReadonlyMap<Bytes32, T> =>
  new Map(Object.entries(record(value)).map(([id, one]) => [hashField(id), field(one)]));

const hashes = (value: unknown): Bytes32[] => list(value).map(hashField);

function toldField(value: unknown): Told {
  const { type, block, time, transaction, args } = record(value);
  const event = eventFrom(String(type), record(args));
  if (event === undefined) throw new Error(`there is no event ${String(type)}`);
  return { block: smallField(block), time: smallField(time), transaction: hashField(transaction), event };
}

function versionField(value: unknown): VersionFacts {
  const version = record(value);
  return {
    model: toModelId(smallField(version['model'])),
    sha256Hash: hashField(version['sha256Hash']),
    programRoot: hashField(version['programRoot']),
    tolerance: wideField(version['tolerance']),
    shape: wideField(version['shape']),
    inputHeaders: hashes(version['inputHeaders']),
    outputHeaders: hashes(version['outputHeaders']),
  };
}

function programField(value: unknown): ProgramHeader {
  const program = record(value);
  const wide = (name: string) => wideField(program[name]);
  return {
    semantics: wide('semantics'),
    operators: wide('operators'),
    levels: wide('levels'),
    cost: wide('cost'),
    largestStep: wide('largestStep'),
    inputs: hashField(program['inputs']),
    outputs: hashField(program['outputs']),
    records: hashField(program['records']),
  };
}

function evidenceField(value: unknown): Evidence {
  const evidence = record(value);
  const leaf = (side: unknown) => {
    const { data, path } = record(side);
    return { data: bytesField(data), path: hashes(path) };
  };
  return {
    item: smallField(evidence['item']),
    output: smallField(evidence['output']),
    element: smallField(evidence['element']),
    outputs: list(evidence['outputs']).map(wideField),
    slotPath: hashes(evidence['slotPath']),
    expected: hashField(evidence['expected']),
    submitted: hashes(evidence['submitted']),
    itemPath: hashes(evidence['itemPath']),
    right: leaf(evidence['right']),
    wrong: leaf(evidence['wrong']),
  };
}

function demandProofField(value: unknown): DemandProof {
  const proof = record(value);
  return {
    node: hashField(proof['node']),
    record: hashes(proof['record']),
    recordPath: hashes(proof['recordPath']),
    path: hashes(proof['path']),
    slotPath: hashes(proof['slotPath']),
  };
}

function stepProofField(value: unknown): StepProof {
  const proof = record(value);
  const step = record(proof['step']);
  return {
    operator: smallField(proof['operator']),
    recordPath: hashes(proof['recordPath']),
    bindings: list(proof['bindings']).map((one) => {
      const { header, path, link } = record(one);
      return { header: hashField(header), path: hashes(path), link: hashes(link) };
    }),
    step: {
      record: hashes(step['record']),
      element: smallField(step['element']),
      sources: bytesField(step['sources']),
      opened: list(step['opened']).map((one) => {
        const { runs, data } = record(one);
        return { runs: hashes(runs), data: bytesField(data) };
      }),
      hint: bytesField(step['hint']),
    },
  };
}
