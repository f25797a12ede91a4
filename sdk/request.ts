/** Asks for results. Dtypes and shapes are checked, and the call is estimated, before anything is paid. */
import type { ContractTransaction } from 'ethers';
import { encodeItems } from '#core/commitment/canonical.ts';
import { commitItems } from '#core/commitment/list.ts';
import { ProtocolError } from '#core/errors.ts';
import { toHex } from '#core/hex.ts';
import type { RequestId } from '#core/protocol/ids.ts';
import type { NamedTensors } from '#core/protocol/rows.ts';
import { itemFrom } from '#core/protocol/rows.ts';
import type { Terms } from '#core/protocol/terms.ts';
import { AskFlags } from '#core/protocol/terms.ts';
import type { AskOptions, AskTerms } from './ask.ts';
import { askTerms } from './ask.ts';
import { eventsNamed } from './events.ts';
import type { Account } from './network.ts';
import type { Transacted } from './transact.ts';
import { transact } from './transact.ts';
import type { Version } from './version.ts';
import { describeVersion } from './version.ts';

export interface Asked {
  readonly id: RequestId;
  readonly terms: Terms;
  readonly nonce: bigint;
  /** The block of the request: where to look for its events from. */
  readonly block: number;
}

export interface AskedOne extends Asked, Transacted {}

/** One request for one item. */
export async function request(account: Account, options: AskOptions, input: NamedTensors): Promise<AskedOne> {
  return await requestBundle(account, options, [input]);
}

/** One request for 1 to 32 items: one lock, one slice, one fate, and the cheapest per item. */
export async function requestBundle(
  account: Account,
  options: AskOptions,
  items: readonly NamedTensors[],
): Promise<AskedOne> {
  const version = await describeVersion(account, options.version);
  const input = inputBytes(version, items);
  const { terms, parameters } = await askTerms(account, account.address, options, items.length, 1);
  assertFits(input, parameters.maxInput);
  return await openOne(account, version, terms, (ask) =>
    account.requests.request.populateTransaction(
      ask,
      [...version.hashes.inputHeaders],
      toHex(input),
      options.policyData ?? '0x',
    ),
  );
}

/** A request whose input stays off chain: only its commitment is sent. A node must accept it, and be handed the bytes. */
export async function requestByCommitment(
  account: Account,
  options: AskOptions,
  items: readonly NamedTensors[],
): Promise<AskedOne & { readonly input: Uint8Array }> {
  const version = await describeVersion(account, options.version);
  const input = inputBytes(version, items);
  const commitment = commitItems(version.hashes.inputHeaders, items.length, input);
  const { terms } = await askTerms(account, account.address, options, items.length, 1);
  const byRoot = { ...terms, flags: terms.flags | AskFlags.ROOT_INPUT };
  const asked = await openOne(account, version, byRoot, (ask) =>
    account.requests.request.populateTransaction(
      ask,
      [...version.hashes.inputHeaders],
      commitment,
      options.policyData ?? '0x',
    ),
  );
  return { ...asked, input };
}

/** One request per input, in one transaction: all or nothing, each with its own lock, node and fate. `options.fee` is each one's. */
export async function requestMany(
  account: Account,
  options: AskOptions,
  inputs: readonly NamedTensors[],
): Promise<Transacted & { readonly asked: readonly Asked[] }> {
  const version = await describeVersion(account, options.version);
  const encoded = inputs.map((input) => inputBytes(version, [input]));
  const { terms, parameters } = await askTerms(account, account.address, options, 1, inputs.length);
  for (const input of encoded) assertFits(input, parameters.maxInput);
  return await account.lanes.use(inputs.length, async (lane) => {
    const ask = { ...terms, lane, outputSchema: version.content.outputSchema };
    const call = await account.requests.requestMany.populateTransaction(
      ask,
      [...version.hashes.inputHeaders],
      encoded.map(toHex),
      options.policyData ?? '0x',
    );
    const done = await transact(account, call);
    return { ...done, asked: askedIn(done) };
  });
}

type Ask = AskTerms & { readonly lane: number; readonly outputSchema: string };

async function openOne(
  account: Account,
  { content }: Version,
  terms: AskTerms,
  callFor: (ask: Ask) => Promise<ContractTransaction>,
): Promise<AskedOne> {
  return await account.lanes.use(1, async (lane) => {
    const done = await transact(account, await callFor({ ...terms, lane, outputSchema: content.outputSchema }));
    const [asked] = askedIn(done);
    if (asked === undefined) throw new ProtocolError('chain.mined_reverted', { hash: done.receipt.hash });
    return { ...done, ...asked };
  });
}

function askedIn({ receipt, events }: Transacted): Asked[] {
  return eventsNamed(events, 'Requested').map(({ id, terms, nonce }) => ({
    id,
    terms,
    nonce,
    block: receipt.blockNumber,
  }));
}

function inputBytes({ schema }: Version, items: readonly NamedTensors[]): Uint8Array {
  return encodeItems(
    schema.inputs,
    items.map((item) => itemFrom(schema.inputs, item)),
  );
}

function assertFits(input: Uint8Array, max: number): void {
  if (input.length > max) throw new ProtocolError('Requests_InputTooLarge', { got: input.length, max });
}
