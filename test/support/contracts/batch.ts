// Calls over many requests: what to send for each, and what the contract answered per item.
import { ZeroAddress } from 'ethers';
import type { Hex } from '#core/hex.ts';
import { StateNumbers } from '#core/protocol/states.ts';
import type { Account } from './chain.ts';
import type { Story } from './request.ts';
import type { System } from './system.ts';

/** The enum ItemStatus of the contracts, by number. */
const STATUSES = ['DONE', 'GONE', 'EARLY', 'LATE', 'GAS', 'BADOUTPUT', 'NOSTAKE', 'DENIED'] as const;
export type Status = (typeof STATUSES)[number];

const named = (statuses: readonly bigint[]): Status[] =>
  statuses.map((status) => {
    const name = STATUSES[Number(status)];
    if (name === undefined) throw new Error(`there is no item status ${status}`);
    return name;
  });

export const submitCall = (story: Story, output: Hex = story.answer()) => ({
  terms: story.packed,
  nonce: story.nonce,
  acceptedBy: story.acceptedBy?.address ?? ZeroAddress,
  outputHeaders: story.attempt.headers,
  output,
});

export const finaliseCall = (story: Story, output?: Hex) => ({
  terms: story.packed,
  submission: story.described,
  outputHeaders: story.terms.callbackGas > 0 ? story.attempt.headers : [],
  output: output ?? (story.terms.callbackGas > 0 ? story.output : '0x'),
});

export const finaliseItem = ({ terms, described }: Story) => {
  const { nonce, outputHash, challengeEnd, end } = described;
  return { nonce, lane: terms.lane, input: terms.input, outputHash, challengeEnd, end };
};

export const expireCall = (story: Story) => ({
  terms: story.packed,
  nonce: story.nonce,
  state: StateNumbers[story.acceptedBy !== undefined ? 'Accepted' : story.declined ? 'Declined' : 'Requested'],
  acceptedBy: story.acceptedBy?.address ?? ZeroAddress,
});

/** Sends a batch and returns its statuses, learnt from the same call made just before. */
export async function submitEach(s: System, by: Account, calls: ReturnType<typeof submitCall>[]): Promise<Status[]> {
  const statuses = named(await s.requests.connect(by).submitEach.staticCall(calls));
  await s.requests.connect(by).submitEach(calls);
  return statuses;
}

export async function finaliseEach(
  s: System,
  by: Account,
  calls: ReturnType<typeof finaliseCall>[],
  takeTip = false,
): Promise<Status[]> {
  const statuses = named(await s.requests.connect(by).finaliseEach.staticCall(calls, takeTip));
  await s.requests.connect(by).finaliseEach(calls, takeTip);
  return statuses;
}

export async function expireEach(s: System, by: Account, calls: ReturnType<typeof expireCall>[]): Promise<Status[]> {
  const statuses = named(await s.requests.connect(by).expireEach.staticCall(calls));
  await s.requests.connect(by).expireEach(calls);
  return statuses;
}

/** Shared terms are those of the first; every other must differ in input and lane only. */
export async function finaliseBatch(s: System, by: Account, stories: Story[], takeTip = false): Promise<Status[]> {
  const [first] = stories;
  if (first === undefined) throw new Error('no requests');
  const rest = [first.described.node, takeTip, stories.map(finaliseItem)] as const;
  const statuses = named(await s.requests.connect(by).finaliseBatch.staticCall(first.packed, ...rest));
  await s.requests.connect(by).finaliseBatch(first.packed, ...rest);
  return statuses;
}

export async function submitBatch(s: System, by: Account, stories: Story[]): Promise<Status[]> {
  const [first] = stories;
  if (first === undefined) throw new Error('no requests');
  const items = stories.map((story) => ({
    nonce: story.nonce,
    lane: story.terms.lane,
    input: story.terms.input,
    output: story.answer(),
  }));
  const rest = [first.acceptedBy?.address ?? ZeroAddress, first.attempt.headers, items] as const;
  const statuses = named(await s.requests.connect(by).submitBatch.staticCall(first.packed, ...rest));
  await s.requests.connect(by).submitBatch(first.packed, ...rest);
  return statuses;
}

export async function expireBatch(s: System, by: Account, stories: Story[]): Promise<Status[]> {
  const [first] = stories;
  if (first === undefined) throw new Error('no requests');
  const items = stories.map(({ nonce, terms, declined }) => ({
    nonce,
    lane: terms.lane,
    input: terms.input,
    declined,
  }));
  const acceptedBy = first.acceptedBy?.address ?? ZeroAddress;
  const statuses = named(await s.requests.connect(by).expireBatch.staticCall(first.packed, acceptedBy, items));
  await s.requests.connect(by).expireBatch(first.packed, acceptedBy, items);
  return statuses;
}
