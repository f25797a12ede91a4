import { expect } from 'chai';
import type { Hex } from '#core/hex.ts';
import { consumer } from '../support/contracts/actors.ts';
import {
  expireBatch,
  expireCall,
  expireEach,
  finaliseBatch,
  finaliseCall,
  finaliseEach,
  submitBatch,
  submitCall,
  submitEach,
} from '../support/contracts/batch.ts';
import { loadFixture, onAFork, time } from '../support/contracts/chain.ts';
import { floats, OTHER_OUTPUT, OUTPUT } from '../support/contracts/model.ts';
import { changes, checkMoney, holdingOf, nobodyLoses, purse } from '../support/contracts/money.ts';
import { refused } from '../support/contracts/refusals.ts';
import { askOf, request, requestMany, type Story, tryRequest } from '../support/contracts/request.ts';
import { DAY, FEE, FUNDS, PARAMETERS, ROYALTY, type System, system } from '../support/contracts/system.ts';

const SLICE = PARAMETERS.sliceFloor;
const lanes = (count: number) => Array.from({ length: count }, (_, lane) => lane);

/** One after the other; a callback's requester is asked for by a contract. */
async function each<T>(count: number, make: (lane: number) => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  for (const lane of lanes(count)) made.push(await make(lane));
  return made;
}

/** What every party has, and which of the requests are over. */
async function sums(s: System, stories: Story[]) {
  const parties = [s.requester, s.other, s.node, s.rival, s.keeper].map(({ address }) => address);
  const holdings = await Promise.all([...parties, purse(s)].map((party) => holdingOf(s, party)));
  const submitted = await Promise.all(stories.map((story) => story.isIn('Submitted')));
  return { holdings, submitted };
}

describe('batches', () => {
  it('scenario 26: submitEach answers every status once, and does what it says', async () => {
    const s = await loadFixture(system);
    const rest = FUNDS / 2n - SLICE - 1n;
    await s.escrow.connect(s.node).unstake(rest); // one slice left
    const late = await request(s, { lane: 7, dueIn: 300, openIn: 60 });
    const [done, noStake, bad, gone] = await each(4, (lane) => request(s, { lane }));
    const denied = await request(s, { lane: 4, node: s.rival });
    const others = await request(s, { lane: 5, by: s.other, node: s.rival });
    if (!done || !noStake || !bad || !gone) throw new Error('four requests');
    const forged = { ...submitCall(gone), nonce: gone.nonce + 100n };
    await time.increaseTo(late.terms.deadline + 1);
    const calls = [submitCall(done), submitCall(noStake), submitCall(bad, `${OUTPUT}00`), forged, submitCall(denied)];
    expect(
      await submitEach(s, s.node, [...calls, submitCall(late), submitCall(others), submitCall(done)]),
    ).to.deep.equal(['DONE', 'NOSTAKE', 'BADOUTPUT', 'GONE', 'DENIED', 'LATE', 'DENIED', 'GONE']);
    await checkMoney(s);
  });

  it('scenario 26: finaliseEach and expireEach answer DONE, GONE, EARLY and BADOUTPUT, over several payers', async () => {
    const s = await loadFixture(system);
    const asker = await consumer(s, FUNDS / 10n);
    const mine = await (await request(s)).submit();
    const theirs = await (await request(s, { by: s.other })).submit();
    const called = await (await request(s, { by: asker, callbackGas: 50_000 })).submit();
    const silent = await request(s, { lane: 1, dueIn: 700, openIn: 60 });
    const accepted = await (await request(s, { lane: 2, by: s.other, dueIn: 700, openIn: 60 })).accept();
    await time.increaseTo(called.end + 1);
    const early = await (await request(s, { lane: 3 })).submit();
    const calls = [mine, theirs, early].map((story) => finaliseCall(story));
    const forged = finaliseCall(called, OTHER_OUTPUT);
    expect(await finaliseEach(s, s.keeper, [...calls, forged, finaliseCall(mine)])).to.deep.equal([
      'DONE',
      'DONE',
      'EARLY',
      'BADOUTPUT',
      'GONE',
    ]);
    await called.is('Submitted');
    await time.increaseTo(accepted.terms.deadline + 1);
    const open = await request(s, { lane: 5 });
    const expiries = [
      expireCall(silent),
      expireCall(accepted),
      expireCall(open),
      expireCall(early),
      expireCall(silent),
    ];
    expect(await expireEach(s, s.keeper, expiries)).to.deep.equal(['DONE', 'DONE', 'EARLY', 'EARLY', 'GONE']);
    await checkMoney(s);
  });

  it('scenario 26: more callback gas than a batch may promise reads GAS; those items wait for the next', async () => {
    const s = await loadFixture(system);
    const asker = await consumer(s, FUNDS / 10n);
    const stories = await each(5, async (lane) =>
      (await request(s, { by: asker, lane, callbackGas: PARAMETERS.callbackCap })).submit(),
    );
    await time.increaseTo(1 + Math.max(...stories.map(({ end }) => end)));
    const statuses = await finaliseEach(
      s,
      s.keeper,
      stories.map((story) => finaliseCall(story)),
    );
    expect(statuses).to.deep.equal(['DONE', 'DONE', 'DONE', 'DONE', 'GAS']);
    await stories[4]?.is('Submitted');
    await stories[4]?.finalise();
  });

  it('scenario 26: with too little gas a batch reverts as a whole, so an estimate finds enough', async () => {
    const s = await loadFixture(system);
    const asker = await consumer(s, FUNDS / 10n);
    const story = await (await request(s, { by: asker, callbackGas: 1_000_000 })).submit();
    await time.increaseTo(story.end + 1);
    const call = s.requests.connect(s.keeper).finaliseEach;
    await nobodyLoses(s, () =>
      refused(s.requests, 'Requests_GasTooLow', () => call([finaliseCall(story)], false, { gasLimit: 900_000 })),
    );
    expect(await finaliseEach(s, s.keeper, [finaliseCall(story)])).to.deep.equal(['DONE']);
    await story.over();
  });

  it('scenario 26: an empty batch does nothing; 33 requests at once are refused', async () => {
    const s = await loadFixture(system);
    await nobodyLoses(s, async () => {
      expect(await submitEach(s, s.node, [])).to.deep.equal([]);
      expect(await finaliseEach(s, s.keeper, [])).to.deep.equal([]);
      expect(await expireEach(s, s.keeper, [])).to.deep.equal([]);
      await refused(
        s.requests,
        'Requests_ItemsInvalid',
        () => requestMany(s, 33),
        () => requestMany(s, 0),
      );
      await refused(
        s.requests,
        'Requests_ItemsInvalid',
        () => tryRequest(s, { items: 33 }),
        () => tryRequest(s, { items: 0 }),
      );
    });
    expect(await requestMany(s, 32)).to.have.length(32);
    await checkMoney(s);
  });

  it('scenario 26: a batch of shared terms does not reach requests of another payer or other terms', async () => {
    const s = await loadFixture(system);
    const [mine] = await requestMany(s, 2);
    const theirs = await request(s, { by: s.other, lane: 1, fee: 2n * FEE });
    const dearer = await request(s, { lane: 7, fee: 2n * FEE });
    if (!mine) throw new Error('two requests');
    expect(await submitBatch(s, s.node, [mine, theirs, dearer])).to.deep.equal(['DONE', 'GONE', 'GONE']);
    await theirs.is('Requested');
    await checkMoney(s);
  });

  it('scenario 27: an output re-supplied with zeros added or cut is refused, in a batch as alone', async () => {
    const s = await loadFixture(system);
    const asker = await consumer(s, FUNDS / 10n);
    const output = floats(1, 2, 3, 0);
    const story = await request(s, { by: asker, callbackGas: 60_000 });
    await story.submit(s.node, output);
    await time.increaseTo(story.end + 1);
    const forgeries = [`${output}00000000`, output.slice(0, -8), `${output}${'00'.repeat(240)}`] as Hex[];
    await nobodyLoses(s, async () => {
      for (const forged of forgeries) {
        await refused(s.requests, 'Requests_OutputLength', () => story.attempt.finalise({ output: forged }));
        expect(await finaliseEach(s, s.keeper, [finaliseCall(story, forged)])).to.deep.equal(['BADOUTPUT']);
      }
    });
    await story.finalise();
  });

  for (const seed of [1, 2, 3])
    it(`scenario 27: a batch and the same calls one by one end in the same state and sums (mixture ${seed})`, async () => {
      const s = await loadFixture(system);
      let state = seed; // a small generator: the mixture must be the same on every machine
      const draw = (below: number) => {
        state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
        return (state >> 16) % below;
      };
      const stories = await each(8, async (lane) => {
        const by = draw(2) === 0 ? s.requester : s.other;
        const node = draw(2) === 0 ? s.node : s.rival;
        const story = await request(s, { lane, by, node, fee: FEE + BigInt(draw(1000)) });
        return story.submit(node);
      });
      const order = Array.from({ length: 12 }, () => stories[draw(stories.length)] as Story); // with repetitions
      const takeTip = draw(2) === 0;
      await time.increaseTo(PARAMETERS.tipDelay + 1 + Math.max(...stories.map(({ end }) => end)));
      const batch = await onAFork(async () => {
        await finaliseEach(
          s,
          s.keeper,
          order.map((story) => finaliseCall(story)),
          takeTip,
        );
        await checkMoney(s);
        return sums(s, stories);
      });
      const single = await onAFork(async () => {
        for (const story of order) await story.attempt.finalise({ takeTip }).catch(() => undefined);
        return sums(s, stories);
      });
      expect(batch).to.deep.equal(single);
      expect(batch.submitted).to.deep.equal(stories.map((story) => !order.includes(story)));
    });

  it('scenario 27: the batches of shared terms end like single calls too', async () => {
    const s = await loadFixture(system);
    const stories = await requestMany(s, 6);
    const [submitted, silent] = [stories.slice(0, 4), stories.slice(4)];
    const finish = (how: 'batch' | 'single') =>
      onAFork(async () => {
        if (how === 'batch') {
          await submitBatch(s, s.node, submitted);
        } else for (const story of submitted) await story.attempt.submit();
        return (await sums(s, [])).holdings;
      });
    expect(await finish('batch')).to.deep.equal(await finish('single'));
    for (const story of submitted) await story.submit();
    const deadline = Math.max(...stories.map(({ terms }) => terms.deadline));
    await time.increaseTo(deadline + DAY);
    const end = (how: 'batch' | 'single') =>
      onAFork(async () => {
        if (how === 'batch') {
          expect(await finaliseBatch(s, s.keeper, submitted, true)).to.deep.equal(submitted.map(() => 'DONE'));
          expect(await expireBatch(s, s.keeper, silent)).to.deep.equal(silent.map(() => 'DONE'));
        } else {
          for (const story of submitted) await story.attempt.finalise({ takeTip: true });
          for (const story of silent) await story.attempt.expire();
        }
        await checkMoney(s);
        return sums(s, stories);
      });
    expect(await end('batch')).to.deep.equal(await end('single'));
  });

  it('scenario 28: a bundle is one lock and one fate: one wrong item condemns it all', async () => {
    const s = await loadFixture(system);
    const items = 3;
    const gains = await changes(s, { node: s.node, requester: s.requester }, async () => {
      const story = await request(s, { items, fee: 3n * FEE });
      expect(story.terms.outputBytes).to.equal(48);
      expect(story.terms.tc).to.equal(PARAMETERS.tcBase + 60);
      const oneWrong = `${OUTPUT}${OTHER_OUTPUT.slice(2)}${OUTPUT.slice(2)}` as Hex;
      await story.submit(s.node, oneWrong);
      await (await story.freeze()).attempt.condemn();
      await story.over();
    });
    expect(gains).to.deep.equal({ node: -SLICE, requester: 2n * 10n ** 18n });
  });

  it('scenario 28: a bundle is paid as a whole, royalty per item, and its counts must match', async () => {
    const s = await loadFixture(system);
    const { ask, headers, input } = await askOf(s, { items: 3, fee: 3n * FEE });
    const two = input.slice(0, -64);
    const asker = s.requests.connect(s.requester);
    await refused(s.requests, 'Requests_InputLength', () => asker.request(ask, headers, two, '0x'));
    const gains = await changes(s, { node: s.node, purse: purse(s) }, async () => {
      const story = await request(s, { items: 3, fee: 3n * FEE });
      await nobodyLoses(s, () =>
        refused(s.requests, 'Requests_OutputLength', () => story.attempt.submit({ output: OUTPUT })),
      );
      await (await story.submit()).finalise();
    });
    const protocol = (3n * FEE) / 20n;
    expect(gains).to.deep.equal({ node: 3n * FEE - 3n * ROYALTY - protocol, purse: 3n * ROYALTY + protocol });
  });
});
