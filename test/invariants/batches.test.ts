// I6: a batch equals the same calls one by one, in the same second: the same items succeed, and every account and every lane
// ends the same. From states that random runs leave.
import { expect } from 'chai';
import { StateNumbers } from '#core/protocol/states.ts';
import { ethers, inOneBlock, onAFork } from '../support/contracts/chain.ts';
import { Dice } from './support/dice.ts';
import type { Act } from './support/harness.ts';
import { begin, type Harness } from './support/harness.ts';
import { RandomCalls } from './support/randomCalls.ts';
import { RandomRun } from './support/run.ts';

const ROUNDS = Number(process.env['FUZZ_ROUNDS'] ?? 6);
const WARM_UP = 90;
const BATCHES = ['submitEach', 'submitBatch', 'expireEach', 'expireBatch', 'finaliseEach', 'finaliseBatch'] as const;

/** All that Escrow says of everybody and of every lane. */
async function stateOf(h: Harness): Promise<unknown> {
  const accounts = [...new Set([...h.world.accounts(), ...h.everybody().map(({ address }) => address)])];
  const slots = [...h.world.lanes.keys()].map((key) => {
    const [payer = '', lane = ''] = key.split(' ');
    return { capability: h.requests, payer, lane };
  });
  return h.probe.read(h.escrow, accounts, slots);
}

/** The calls a batch is short for, in its order. */
function singlesOf(h: Harness, act: Act): string[] {
  const { interface: api } = h.s.requests;
  const parsed = api.parseTransaction({ data: act.data });
  if (parsed === null) throw new Error('no batch');
  const [first, ...rest] = parsed.args.toArray();
  const encode = (name: string, args: readonly unknown[]) => api.encodeFunctionData(name as 'cancel', args as never);
  const placed = (shape: bigint, lane: bigint) => (shape & ~(0xffffn << 88n)) | (lane << 88n);
  const under = (item: { input: string; lane: bigint }) => ({
    ...first.toObject(),
    input: item.input,
    shape: placed(first.shape, item.lane),
  });
  switch (parsed.name) {
    case 'submitEach':
      return first.map((c: never[]) => encode('submit', c));
    case 'expireEach':
      return first.map((c: never[]) => encode('expire', c));
    case 'finaliseEach':
      return first.map(([terms, submission, headers, output]: never[]) =>
        encode('finalise', [terms, submission, rest[0], headers, output]),
      );
    case 'submitBatch':
      return rest[2].map((item: never) => {
        const { nonce, output } = item as { nonce: bigint; output: string };
        return encode('submit', [under(item), nonce, rest[0], rest[1], output]);
      });
    case 'expireBatch':
      return rest[1].map((item: never) => {
        const { nonce, declined } = item as { nonce: bigint; declined: boolean };
        const unaccepted = declined ? StateNumbers.Declined : StateNumbers.Requested;
        const state = BigInt(rest[0]) === 0n ? unaccepted : StateNumbers.Accepted;
        return encode('expire', [under(item), nonce, state, rest[0]]);
      });
    default:
      return rest[2].map((item: never) => {
        const { nonce, challengeEnd, end, outputHash } = item as Record<string, unknown>;
        const submission = { nonce, node: rest[0], challengeEnd, end, outputHash };
        return encode('finalise', [under(item), submission, rest[1], [], '0x']);
      });
  }
}

/** A batch that is refused as a whole, or stops at its gas for callbacks, is no sequence. */
async function statusesOf(h: Harness, act: Act): Promise<string[] | undefined> {
  try {
    const { statuses } = act.predict(h.world.fork());
    return statuses === undefined || statuses.includes('GAS') ? undefined : [...statuses];
  } catch {
    return undefined;
  }
}

describe('I6: a batch equals the same calls one by one', () => {
  it(`in ${ROUNDS * BATCHES.length} states of random runs`, async function () {
    this.timeout(ROUNDS * 120_000);
    const compared = new Map<string, number>();
    let done = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const h = await begin();
      await new RandomRun(h, 1000 + round).go(WARM_UP);
      const random = new RandomCalls(h, new Dice(round));
      for (const name of BATCHES) {
        for (let tries = 0; tries < 12; tries++) {
          const act = random[name]();
          const second = h.world.now + 1;
          h.world.facts.now = second;
          const statuses = act && (await statusesOf(h, act));
          if (act === undefined || statuses === undefined || statuses.length === 0) continue;
          const gasLimit = '0xe00000';
          const transaction = { from: act.by.signer, to: act.to, gas: gasLimit };
          const send = (data: string) => async () => {
            const hash = await ethers.provider.send('eth_sendTransaction', [{ ...transaction, data }]);
            const sent = await ethers.provider.getTransaction(hash);
            if (sent === null) throw new Error('not sent');
            return sent;
          };
          const asBatch = await onAFork(async () => {
            expect(await inOneBlock(second, send(act.data))).to.deep.equal([true]);
            return stateOf(h);
          });
          const [oneByOne, succeeded] = await onAFork(async () => {
            const successes = await inOneBlock(second, ...singlesOf(h, act).map(send));
            return [await stateOf(h), successes] as const;
          });
          expect(oneByOne, `I6: what ${name} of ${statuses.join()} leaves`).to.deep.equal(asBatch);
          expect(statuses.map((status) => status === 'DONE')).to.deep.equal(succeeded);
          compared.set(name, (compared.get(name) ?? 0) + 1);
          done += succeeded.filter(Boolean).length;
          if (succeeded.includes(true)) break;
        }
      }
    }
    expect([...compared.keys()].sort(), 'every kind of batch was compared').to.deep.equal([...BATCHES].sort());
    expect(done, 'items that did something').to.be.greaterThan(ROUNDS * 2);
  });
});
