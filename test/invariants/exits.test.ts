// I7 and scenario 40, first half: whatever state a random run has led to, any one party may be silent for good, and new
// requests may be paused: every coin leaves by the time its row of the table "Exits" says (docs/spec/request-lifecycle.md 6).

import { expect } from 'chai';
import { ZERO_ADDRESS } from '#core/hex.ts';
import type { RequestRow } from '#core/protocol/request.ts';
import { onAFork } from '../support/contracts/chain.ts';
import { Calls } from './support/calls.ts';
import { Dice } from './support/dice.ts';
import { Drain } from './support/drain.ts';
import type { Act, Harness, Party } from './support/harness.ts';
import { begin } from './support/harness.ts';
import { RandomFacts } from './support/randomFacts.ts';
import { RandomRun } from './support/run.ts';
import { claimOf } from './support/words.ts';

const POINTS = Number(process.env['FUZZ_POINTS'] ?? 6);
const CALLS_BETWEEN = 50;

/** One of each kind, and each of those that differ. */
const parties = ({ parties: p }: Harness): Party[] => [
  ...p.requesters.slice(0, 1),
  ...p.consumers.slice(0, 1),
  ...p.nodes.slice(0, 2),
  p.judge,
  p.keeper,
  ...p.owners.slice(0, 1),
  p.treasury,
  p.governor,
];

const rows = ({ world: { ledger } }: Harness): RequestRow[] =>
  ledger.openRequests().map((id) => ledger.requestOf(id) as RequestRow);

async function at(h: Harness, second: number, act: Act): Promise<void> {
  h.world.facts.now = Math.max(h.world.now + 1, second);
  await h.run(act);
}

/** Named nodes decline and the arbiter freezes every second request that allows it, and the guardian pauses. */
async function declineFreezeAndPause(h: Harness): Promise<void> {
  const calls = new Calls(h);
  const { world } = h;
  const reserved = rows(h).filter(
    ({ state, terms }) => state === 'Requested' && terms.node !== ZERO_ADDRESS && world.now + 20 < terms.openAt,
  );
  for (const row of everySecond(reserved)) {
    const node = h.parties.nodes.find(({ address }) => address === row.terms.node);
    if (node !== undefined) await at(h, 0, calls.decline(node, claimOf(row)));
  }
  const fresh = rows(h).filter(({ state, end }) => state === 'Submitted' && world.now + 20 < (end ?? 0));
  for (const row of everySecond(fresh)) await at(h, 0, calls.freeze(h.parties.judge, claimOf(row)));
  if (!world.isPaused()) {
    const pause = new RandomFacts(h, new Dice(1)).pause(h.parties.guardian);
    await at(h, world.facts.pauseNotBefore, pause);
  }
  expect(world.isPaused(), 'paused').to.equal(true);
}

const everySecond = <T>(list: readonly T[]): T[] => list.filter((_, i) => i % 2 === 0);

describe('I7: every coin has an exit, with any one party silent, also when paused', () => {
  it(`scenario 40: from ${POINTS} points of a random run everybody leaves`, async function () {
    this.timeout(POINTS * 200_000);
    const h = await begin();
    const run = new RandomRun(h, 4242);
    const states = new Set<string>();
    for (let point = 0; point < POINTS; point++) {
      await run.go(CALLS_BETWEEN);
      const here = h.world;
      for (const silent of parties(h)) {
        await onAFork(async () => {
          h.world = here.fork();
          if (point % 2 === 0) await declineFreezeAndPause(h);
          for (const { state } of rows(h)) states.add(state);
          await new Drain(h, silent).run();
        });
      }
      h.world = here;
    }
    const all = ['Accepted', 'Declined', 'Frozen', 'Requested', 'Submitted'];
    expect([...states].sort(), 'requests were left in every state').to.deep.equal(all);
  });
});
