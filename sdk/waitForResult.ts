/** The result of a request, out of the chain's events, as tensors. */
import { decodeItems } from '#core/commitment/canonical.ts';
import { commitItems } from '#core/commitment/list.ts';
import { ProtocolError } from '#core/errors.ts';
import { fromHex } from '#core/hex.ts';
import type { RequestId } from '#core/protocol/ids.ts';
import type { RequestRow } from '#core/protocol/request.ts';
import { isOver } from '#core/protocol/request.ts';
import { namedFrom } from '#core/protocol/rows.ts';
import { AskFlags, hasFlag } from '#core/protocol/terms.ts';
import type { Tensor } from '#core/tensor.ts';
import { sleep } from './clock.ts';
import type { Found } from './findRequest.ts';
import { findRequest } from './findRequest.ts';
import type { Network } from './network.ts';
import { type Patience, patiently } from './patiently.ts';
import { describeVersion } from './version.ts';

export interface WaitOptions extends Patience {
  /** `submitted` (default): as soon as a node answered, challengeable until `row.end`. `final`: when it is paid for. */
  readonly until?: 'submitted' | 'final';
}

export interface Result {
  readonly row: RequestRow;
  /** One record of tensors per item, by output name. Undefined for exactOutput: the bytes are delivered off chain. */
  readonly items: readonly Readonly<Record<string, Tensor>>[] | undefined;
}

/**
 * Rejects with `request.ended` if it was cancelled, expired, not delivered, found faulty or rescued; with `result.unavailable` if the
 * chain does not answer. `block`: that of the request, which an endpoint may not have yet.
 */
export async function waitForResult(
  network: Network,
  asked: { readonly id: RequestId; readonly block?: number },
  options: WaitOptions = {},
): Promise<Result> {
  const { until = 'submitted', pollMs = 1_000, signal } = options;
  const { id } = asked;
  for (let recent = asked.block !== undefined; ; recent = true) {
    const result = await patiently(network, { id, recent }, options, () => resultSoFar(network, asked, until));
    if (result !== undefined) return result;
    await sleep(pollMs, signal);
  }
}

/** undefined: there is none yet. */
async function resultSoFar(
  network: Network,
  asked: { readonly id: RequestId; readonly block?: number },
  until: 'submitted' | 'final',
): Promise<Result | undefined> {
  const found = await findRequest(network, asked);
  const { row } = found;
  const answered =
    row.state === 'Final' || (until === 'submitted' && row.outputHash !== undefined && !isOver(row.state));
  if (answered) return await resultOf(network, found);
  if (isOver(row.state)) throw new ProtocolError('request.ended', { id: row.id, state: row.state });
  return undefined;
}

async function resultOf(network: Network, { row, output }: Found): Promise<Result> {
  if (output === undefined || hasFlag(row.terms.flags, AskFlags.EXACT_OUTPUT)) return { row, items: undefined };
  return { row, items: await decodeResult(network, row, fromHex(output)) };
}

/** Checks output bytes, wherever they came from, against the submitted commitment, and decodes them. */
export async function decodeResult(
  network: Network,
  row: RequestRow,
  output: Uint8Array,
): Promise<Record<string, Tensor>[]> {
  const { schema, hashes } = await describeVersion(network, row.terms.version);
  const { id, outputHash, terms } = row;
  if (outputHash === undefined) throw new ProtocolError('request.not_submitted', { id, state: row.state });
  if (commitItems(hashes.outputHeaders, terms.items, output) !== outputHash)
    throw new ProtocolError('result.mismatch', { id, expected: outputHash });
  return decodeItems(schema.outputs, output, terms.items).map((item) => namedFrom(schema.outputs, item));
}
