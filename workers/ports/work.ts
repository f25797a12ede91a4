import type { TensorSpec } from '#core/commitment/canonical.ts';
import type { Bytes32 } from '#core/hex.ts';
import type { Hex } from './chain.ts';

/** What a version publishes, as the executor needs it. JSON. */
export interface ServedVersion {
  /** Lower-case hex, without 0x. */
  readonly sha256: string;
  /** Bytes of the ONNX file. */
  readonly size: number;
  readonly uris: readonly string[];
  /** The io schema. Names are those of the ONNX graph; a free leading dimension is -1. */
  readonly schema: { readonly inputs: readonly TensorSpec[]; readonly outputs: readonly TensorSpec[] };
  /** All items of a request may run as one execution with that many rows. */
  readonly rows: boolean;
  readonly exact: boolean;
  /** What results are judged by. Absent: the version names no program, and its results cannot be disputed. */
  readonly program?: ServedProgram;
  /** This node has compiled the model and found that root, and the tensors of the schema in their order. */
  readonly proven?: boolean;
  /** Seconds of one executor process that an item takes, everything included, as measured last. */
  readonly itemSeconds?: number;
}

/**
 * Where the journal keeps versions. Whoever compares a version's program and schema with its model leaves what came out in its facts: `proven`
 * (true), or `refused` (why), and then admission declines it from then on.
 */
export const VERSION_ROWS = { track: 'version', stage: 'published' } as const;

/** Executor processes that share the journal, by a random id; one whose `dueAt` has passed without a sign of life is gone. */
export const EXECUTOR_ROWS = { track: 'executor', stage: 'there', gone: 'gone' } as const;

export interface ServedProgram {
  readonly root: Hex;
  /** As published: bits of a float32, and units of 2^-32. */
  readonly atol: number;
  readonly rtol: number;
  /** Of one item, as published: an estimate, until the model is compiled. */
  readonly multiplyAdds: number;
  /** What the version's id is the hash of, for disputes; numbers as hex. */
  readonly words?: Readonly<Record<'sha256Hash' | 'programRoot' | 'schema', Bytes32>> & {
    readonly tolerance: Hex;
    readonly shape: Hex;
  };
}

/** Facts of a row ('serve', id) that the executor reads. Other roles keep more in the same row. JSON. */
export interface ExecutionFacts {
  /** A part of the request's terms. */
  readonly terms: {
    readonly input: string;
    /** Id of the version, by which an operator may have admitted it. */
    readonly version?: string;
    /** Unix seconds. */
    readonly deadline: number;
    readonly items: number;
    readonly flags: number;
  };
  /** Canonical bytes of all items in hex; or `inputBlob`, where they are kept, if only their root is on chain. */
  readonly input?: string;
  readonly inputBlob?: string;
  readonly version: ServedVersion;
}
