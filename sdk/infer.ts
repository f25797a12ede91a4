/** One call from a name and ordinary values to a checked result. */
import { itemBytes } from '#core/commitment/canonical.ts';
import { isProtocolError, ProtocolError } from '#core/errors.ts';
import type { Address } from '#core/hex.ts';
import { toAddress, ZERO_ADDRESS } from '#core/hex.ts';
import type { RequestId, VersionId } from '#core/protocol/ids.ts';
import type { RequestRow } from '#core/protocol/request.ts';
import type { NamedTensors } from '#core/protocol/rows.ts';
import type { AskOptions } from './ask.ts';
import { bytesOf, reasonOf } from './bounded.ts';
import { named } from './chainErrors.ts';
import { itemsFrom, type PlainInput } from './input.ts';
import { versionNamed } from './named.ts';
import type { Account, Network } from './network.ts';
import { cheapestOffer } from './offers.ts';
import { patiently } from './patiently.ts';
import { quote } from './quote.ts';
import { type AskedOne, requestBundle } from './request.ts';
import { requireVerification } from './verification.ts';
import { describeVersion } from './version.ts';
import { decodeResult, type WaitOptions, waitForResult } from './waitForResult.ts';

export interface InferOptions extends Omit<AskOptions, 'version'>, WaitOptions {
  /** `namespace/name`, `namespace/name@2`, or a version's id. */
  readonly model: string;
  /** Wei of OPG that the whole request may cost at most; default: whatever the offer asks. */
  readonly maxFee?: bigint;
  /** Asks even if not everybody can check the answer (`verificationOf`); default false: such a version is refused. */
  readonly unverified?: boolean;
}

export interface Inference {
  readonly id: RequestId;
  readonly version: VersionId;
  readonly node: Address;
  /** Wei of OPG, for all items. */
  readonly fee: bigint;
  readonly row: RequestRow;
  /** Tensors by output name, one record per item, with the dtypes of the model. */
  readonly items: readonly NamedTensors[];
}

/** A request that is paid for and not yet answered. */
export interface Handle extends AskedOne {
  readonly version: VersionId;
  readonly node: Address;
  readonly fee: bigint;
  /**
   * Resolves with the answer. Rejects with `request.ended` if there will be none; the fee is then back with the requester. May be called
   * again, which pays nothing.
   */
  readonly result: (options?: WaitOptions) => Promise<Inference>;
}

/**
 * Asks a model and waits for its answer. Without `node` the cheapest active offer is taken. Input is checked, the fee known and the call
 * estimated before anything is paid: an error up to then costs nothing. What is thrown afterwards names the request and is not retryable.
 */
export async function infer(account: Account, options: InferOptions, input: PlainInput): Promise<Inference> {
  const handle = await startInference(account, options, input);
  try {
    return await handle.result(options);
  } catch (error) {
    if (isProtocolError(error, 'request.ended') || isProtocolError(error, 'result.mismatch')) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ProtocolError('request.unfollowed', { id: handle.id, reason }, { cause: error });
  }
}

/** The same without waiting. A handle is no state: any process can follow the request by its id (findRequest, workflowOf). */
export async function startInference(account: Account, options: InferOptions, input: PlainInput): Promise<Handle> {
  const { model, maxFee, unverified = false, until: _, pollMs: __, patienceMs: ___, signal, ...rest } = options;
  signal?.throwIfAborted();
  const version = await versionNamed(account, model);
  const about = await describeVersion(account, version);
  if (!unverified) requireVerification(about);
  const items = itemsFrom(about.schema, input);
  const node = rest.node ?? (await cheapestOffer(account, version, items.length, rest.fee)).node;
  const fee = rest.fee ?? (await quote(account, version, node, items.length));
  if (maxFee !== undefined && fee > maxFee) throw new ProtocolError('request.too_dear', { fee, maxFee });
  const asked = await requestBundle(account, { ...rest, version, node, fee }, items);
  const result = async (wait: WaitOptions = {}): Promise<Inference> => {
    const { row, items: answered } = await waitForResult(account, asked, wait);
    const subject = { id: asked.id, recent: true };
    const outputs = answered ?? (await patiently(account, subject, wait, () => delivered(account, row)));
    return { id: asked.id, version, node: row.node ?? node, fee, row, items: outputs };
  };
  return { ...asked, version, node, fee, result };
}

const DELIVERY_MS = 30_000;

/** The bytes of an exactOutput result, from the node that answered, checked against what it submitted. */
export async function delivered(network: Network, row: RequestRow): Promise<NamedTensors[]> {
  const node = toAddress(row.node ?? ZERO_ADDRESS);
  const { endpoint } = await named(node, () => network.nodes.nodeOf(node));
  const { schema } = await describeVersion(network, row.terms.version);
  const expected = row.terms.items * itemBytes(schema.outputs);
  const url = `${endpoint.replace(/\/$/, '')}/v1/outputs/${row.id}`;
  let output: Uint8Array;
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(DELIVERY_MS), redirect: 'error' });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    output = await bytesOf(answer, expected);
  } catch (error) {
    const reason = reasonOf(error);
    throw new ProtocolError('result.not_delivered', { id: row.id, url, reason }, { cause: error });
  }
  return await decodeResult(network, row, output);
}
