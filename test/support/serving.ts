/** A version, an input and terms that belong together, for tests of the roles without a chain. */
import { commitItems } from '#core/commitment/list.ts';
import { fromHex, toHex } from '#core/hex.ts';
import { CAUTIOUS_BUDGET } from '#core/protocol/checkBudget.ts';
import type { EventNamed, RequestEvent } from '#core/protocol/events.ts';
import { historyOf } from '#core/protocol/history.ts';
import type { RequestRow } from '#core/protocol/request.ts';
import { hashesOf, type IoSchema, schemaText } from '#core/protocol/schema.ts';
import type { Terms } from '#core/protocol/terms.ts';
import type { Sides } from '#core/semantics/sides.ts';
import type { Row } from '#ports/journal.ts';
import type { AdmissionPolicy } from '../../workers/watcher/admit.ts';
import type { KnownVersion } from '../../workers/watcher/versions.ts';
import { game, id, node, requested } from './story.ts';

const schema: IoSchema = {
  inputs: [{ name: 'x', dtype: 'float32', shape: [2] }],
  outputs: [{ name: 'y', dtype: 'float32', shape: [2] }],
  rows: false,
};
export const sides: Sides = { inputs: schema.inputs, outputs: schema.outputs };
export const { inputHeaders, outputHeaders, inputSchema, outputSchema } = hashesOf(schema);
export const schemaJson = schemaText(schema);

/** 1 and 2, in float32. */
export const input = toHex(new Uint8Array([0x3f, 0x80, 0, 0, 0x40, 0, 0, 0]));
export const inputRoot = commitItems(inputHeaders, 1, fromHex(input));

export const version: KnownVersion = {
  sha256: '11'.repeat(32),
  size: 100,
  uris: ['file:model.onnx'],
  schema: sides,
  rows: false,
  exact: false,
  inputHeaders,
  outputHeaders,
};

export const policy: AdmissionPolicy = {
  node,
  game,
  minNetPerItem: 500n,
  versions: undefined,
  refuseVersions: new Set(),
  modes: [0],
  deadlineSlackSeconds: 20,
  openAtMarginSeconds: 12,
  acceptOpen: false,
  maxInputBytes: 1_000,
  maxWindowSeconds: 3_600,
  check: CAUTIOUS_BUDGET,
};

export function asked(change: Partial<Terms> = {}): EventNamed<'Requested'> {
  return { ...requested({ input: inputRoot, ...change }), input };
}

/** The request after these events. */
export function rowAfter(...events: readonly RequestEvent[]): RequestRow {
  const history = historyOf(events);
  if (!history) throw new Error('A story begins with a Requested event.');
  return history.row;
}

export function rowAt(stage: string, facts: Row['facts'] = {}, dueAt?: number): Row {
  return { track: 'serve', id, stage, facts, dueAt };
}
