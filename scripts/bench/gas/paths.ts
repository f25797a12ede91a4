// The paths through the contracts, each measured as whole transactions in steady state: the lane was used before, every account
// exists, and the third run counts.
import { type ContractTransactionReceipt, ZeroAddress } from 'ethers';
import { AskFlags } from '#core/protocol/terms.ts';
import type { Bench, FinalisedArgs, RequestedArgs, SubmittedArgs } from './bench.ts';
import { eventsOf, headers, inputOf, mined, outputOf } from './bench.ts';

/** Gas of one path: by call, and in all; `items` answers share it. */
export interface Path {
  readonly name: string;
  readonly items: number;
  readonly calls: Readonly<Record<string, number>>;
}

interface Variant {
  readonly quote?: boolean;
  readonly pull?: boolean;
  readonly hotKey?: boolean;
  readonly keeper?: boolean;
  readonly callback?: boolean;
  readonly items?: number;
  /** Another one than the bench's. */
  readonly version?: string;
}

const CALLBACK_GAS = 100_000;
const AFTER_THE_WINDOW = 3_600;
const STEADY = 3;

/** Runs a measurement until it is steady and keeps the last. */
export async function steady(name: string, items: number, run: () => Promise<Path['calls']>): Promise<Path> {
  let calls: Path['calls'] = {};
  for (let i = 0; i < STEADY; i++) calls = await run();
  return { name, items, calls };
}

/** request, submit, finalise of one request (a bundle if items > 1). */
export async function single(bench: Bench, lane: number, variant: Variant): Promise<Path['calls']> {
  const { requests, consumer, accounts } = bench;
  const items = variant.items ?? 1;
  const flags = (variant.quote ? AskFlags.QUOTE : 0) | (variant.pull ? AskFlags.PULL : 0);
  const usual = await bench.ask(items, lane, flags, variant.callback ? CALLBACK_GAS : 0);
  const ask = { ...usual, version: variant.version ?? usual.version };
  const question = [ask, headers.input, inputOf(items), '0x'] as const;
  const requested = await mined(
    variant.callback
      ? consumer
          .connect(accounts.requester)
          .getFunction('execute')
          .send(requests, requests.interface.encodeFunctionData('request', question as never))
      : requests.connect(accounts.requester).request(...question),
  );
  return { request: Number(requested.gasUsed), ...(await answer(bench, requested, variant)) };
}

/** submit and finalise of the request that a transaction made. */
export async function answer(
  bench: Bench,
  requested: ContractTransactionReceipt,
  variant: Variant,
): Promise<Path['calls']> {
  const { requests, accounts } = bench;
  const items = variant.items ?? 1;
  const [asked] = eventsOf<RequestedArgs>(bench, requested, 'Requested');
  if (asked === undefined) throw new Error('The bench made a request without an event.');
  const terms = asked.terms.toObject();
  const submitter = variant.hotKey ? accounts.hotKey : accounts.node;
  const submitted = await mined(
    requests.connect(submitter).submit(terms, asked.nonce, ZeroAddress, headers.output, outputOf(items)),
  );
  const [result] = eventsOf<SubmittedArgs>(bench, submitted, 'Submitted');
  if (result === undefined) throw new Error('The bench submitted without an event.');
  await bench.pass(AFTER_THE_WINDOW);
  const submission = {
    nonce: asked.nonce,
    node: accounts.nodeAddress,
    challengeEnd: result.challengeEnd,
    end: result.challengeEnd,
    outputHash: result.outputHash,
  };
  const again: [string[], string] = variant.callback ? [headers.output, outputOf(items)] : [[], '0x'];
  const closer = variant.keeper ? accounts.keeper : accounts.node;
  const finalised = await mined(
    requests.connect(closer).finalise(terms, submission, variant.keeper === true, ...again),
  );
  const [closed] = eventsOf<FinalisedArgs>(bench, finalised, 'Finalised');
  if (variant.callback && closed?.callback !== 1n) throw new Error('The callback of the bench failed.');
  return { submit: Number(submitted.gasUsed), finalise: Number(finalised.gasUsed) };
}

/** requestMany, submitBatch, finaliseBatch of `count` requests. */
export async function batch(bench: Bench, firstLane: number, count: number): Promise<Path['calls']> {
  const { requests, accounts } = bench;
  const ask = await bench.ask(1, firstLane, 0, 0);
  const inputs = Array.from({ length: count }, () => inputOf(1));
  const requested = await mined(requests.connect(accounts.requester).requestMany(ask, headers.input, inputs, '0x'));
  const asked = eventsOf<RequestedArgs>(bench, requested, 'Requested');
  const [first] = asked;
  if (first === undefined) throw new Error('The bench made requests without events.');
  const shared = first.terms.toObject();
  const items = asked.map((event, i) => ({ nonce: event.nonce, lane: firstLane + i, input: event.terms.input }));
  const submitted = await mined(
    requests.connect(accounts.node).submitBatch(
      shared,
      ZeroAddress,
      headers.output,
      items.map((item) => ({ ...item, output: outputOf(1) })),
    ),
  );
  const results = eventsOf<SubmittedArgs>(bench, submitted, 'Submitted');
  await bench.pass(AFTER_THE_WINDOW);
  const finalised = await mined(
    requests.connect(accounts.node).finaliseBatch(
      shared,
      accounts.nodeAddress,
      false,
      items.map((item, i) => ({
        ...item,
        outputHash: results[i]?.outputHash ?? '',
        challengeEnd: results[i]?.challengeEnd ?? 0n,
        end: results[i]?.challengeEnd ?? 0n,
      })),
    ),
  );
  const closed = eventsOf<FinalisedArgs>(bench, finalised, 'Finalised').length;
  if (results.length !== count || closed !== count) throw new Error(`The bench settled ${closed} of ${count} items.`);
  return {
    requestMany: Number(requested.gasUsed),
    submitBatch: Number(submitted.gasUsed),
    finaliseBatch: Number(finalised.gasUsed),
  };
}

export async function allPaths(bench: Bench): Promise<Path[]> {
  const one = (name: string, lane: number, variant: Variant) =>
    steady(name, variant.items ?? 1, () => single(bench, lane, variant));
  return [
    await one('prepaid, node finalises', 0, {}),
    await one('+ QUOTE checked on chain', 1, { quote: true }),
    await one('+ fee pulled by transferFrom', 2, { pull: true }),
    await one('+ submitted by a hot key', 3, { hotKey: true }),
    await one('+ a keeper finalises and takes the tip', 4, { keeper: true }),
    await one('+ callback that stores 2 fresh words', 5, { callback: true }),
    await one('+ callback and QUOTE', 6, { callback: true, quote: true }),
    await steady('batch of 10', 10, () => batch(bench, 100, 10)),
    await one('bundle of 10', 200, { items: 10 }),
  ];
}
