/** How much a file of unknown origin may make its reader hold. Each limit fails before anything of that size is allocated. */
import { ProtocolError } from '../errors.ts';

export interface ReadLimits {
  /** Of the whole file. */
  readonly bytes: number;
  readonly nodes: number;
  /** Fields and list elements outside tensors: names, attributes, dimensions. Each becomes an object of some 50 to 200 bytes. */
  readonly entries: number;
  /** Of all constants and tensor attributes together. */
  readonly elements: number;
  /** Dimensions of a tensor, input or output. */
  readonly rank: number;
}

/** protobuf ends at 2 GiB; float32 weights of such a file are 2^29 elements. */
export const READ_LIMITS: ReadLimits = { bytes: 2 ** 31, nodes: 200_000, entries: 2 ** 23, elements: 2 ** 29, rank: 8 };

/** What one file has used up so far. */
export interface Budget {
  readonly limits: ReadLimits;
  nodes: number;
  entries: number;
  elements: number;
}

export function budgetOf(limits: Partial<ReadLimits> = {}): Budget {
  return { limits: { ...READ_LIMITS, ...limits }, nodes: 0, entries: 0, elements: 0 };
}

const WHAT = {
  bytes: 'bytes',
  nodes: 'nodes',
  entries: 'fields and list elements',
  elements: 'tensor elements',
  rank: 'dimensions',
} as const satisfies Record<keyof ReadLimits, string>;

/** `place`: what goes beyond, if it is not the file as a whole. */
export function checkLimit(of: keyof ReadLimits, got: number | bigint, limits: ReadLimits, place?: string): void {
  if (got <= limits[of]) return;
  const what = place === undefined ? WHAT[of] : `${WHAT[of]} (${place})`;
  throw new ProtocolError('onnx.too_large', { what, got, limit: limits[of] });
}

export function spend(budget: Budget, of: 'nodes' | 'entries' | 'elements', count: number, place?: string): void {
  budget[of] += count;
  checkLimit(of, budget[of], budget.limits, place);
}
