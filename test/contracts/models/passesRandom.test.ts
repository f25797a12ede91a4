// Any life of some passes, against a ledger kept by this test: who may ask, what is earned, and every wei of the policy's tokens.
import { expect } from 'chai';
import { type Account, loadFixture, time } from '../../support/contracts/chain.ts';
import { EXACT } from '../../support/contracts/model.ts';
import { availableOf } from '../../support/contracts/money.ts';
import { tryRequest } from '../../support/contracts/request.ts';
import { ROYALTY } from '../../support/contracts/system.ts';
import { seeded } from '../../support/seeded.ts';
import { BY_TIME, BY_USE, may, now, type Offer, passOf, sellingByTime, UNLIMITED } from './passes.ts';

const STEPS = Number(process.env['PASS_STEPS'] ?? 60);

interface Kept {
  from: bigint;
  until: bigint;
  nonceEnd: bigint;
  held: bigint;
}

const NONE: Kept = { from: 0n, until: 0n, nonceEnd: 0n, held: 0n };

describe(`a random life of passes (${STEPS} steps)`, () => {
  for (const seed of [1, 2])
    it(`keeps every wei, seed ${seed}`, async () => {
      const s = await loadFixture(sellingByTime);
      const random = seeded(seed);
      const holders = [s.requester, s.other, s.attacker] as const;
      const kept = new Map<Account, Kept>(holders.map((holder) => [holder, NONE]));
      const lanes = new Map<Account, number>(holders.map((holder) => [holder, 0]));
      let [offer, owners, refunds, paidIn]: [Offer, bigint, Map<Account, bigint>, bigint] = [
        BY_TIME,
        0n,
        new Map(),
        0n,
      ];
      const nonceOf = async (holder: Account) => (await s.escrow.accountOf(holder)).nonce;
      const over = (pass: Kept, nonce: bigint, t: bigint) => t > pass.until || nonce >= pass.nonceEnd;
      const earned = (pass: Kept, nonce: bigint, t: bigint) =>
        over(pass, nonce, t)
          ? pass.held
          : pass.until === pass.from
            ? 0n
            : (pass.held * (t - pass.from)) / (pass.until - pass.from);

      for (let step = 0; step < STEPS; step++) {
        const holder = random.pick(holders);
        const before = kept.get(holder) ?? NONE;
        const nonce = await nonceOf(holder);
        const t = (await now()) + BigInt(1 + random.int(random.pick([10, 100_000, 2_000_000])));
        await time.setNextBlockTimestamp(t);
        const due = earned(before, nonce, t);
        const act = random.pick(['buy', 'buy', 'buy', 'collect', 'ask', 'ask', 'revoke', 'offer'] as const);
        if (act === 'offer') {
          offer = random.pick([BY_TIME, BY_USE, { price: 1n, period: 3n, uses: 0n }]);
          await s.passes.connect(s.owner).setOffer(s.version, offer);
        } else if (act === 'ask') {
          const lane = lanes.get(holder) ?? 0;
          lanes.set(holder, lane + 1);
          const deadline = Number(t) + 1000; // in the block at t, that of the purchase and of the collection
          await tryRequest(s, { by: holder, lane, shape: EXACT, deadline, openAt: 0 });
        } else if (act === 'collect') {
          await s.passes.collect(s.version, [holder]);
          owners += due;
          const from = over(before, nonce, t) ? before.from : t;
          if (due > 0n) kept.set(holder, { ...before, from, held: before.held - due });
        } else if (act === 'revoke') {
          const sent = s.passes.connect(s.owner).revoke(s.version, holder);
          if (over(before, nonce, t)) {
            await expect(sent).to.be.revertedWithCustomError(s.passes, 'Passes_NoPass');
            continue;
          }
          await sent;
          owners += due;
          refunds.set(holder, (refunds.get(holder) ?? 0n) + before.held - due);
          kept.set(holder, NONE);
        } else {
          const live = !over(before, nonce, t);
          const sent = s.passes.connect(s.other).buy(s.version, holder, offer, ROYALTY);
          if (live && (before.nonceEnd === UNLIMITED) !== (offer.uses === 0n)) {
            await expect(sent).to.be.revertedWithCustomError(s.passes, 'Passes_OtherKind');
            continue;
          }
          await sent;
          owners += due;
          paidIn += offer.price;
          kept.set(holder, {
            from: t,
            until: (live ? before.until : t) + offer.period,
            nonceEnd: offer.uses === 0n ? UNLIMITED : (live ? before.nonceEnd : nonce) + offer.uses,
            held: before.held - due + offer.price,
          });
        }

        for (const each of holders) {
          const pass = kept.get(each) ?? NONE;
          expect(await passOf(s, each), `${act} at step ${step}`).to.deep.equal(pass);
          expect(await may(s, each)).to.equal(!over(pass, await nonceOf(each), t));
        }
        const sum = [...kept.values()].reduce((total, { held }) => total + held, 0n);
        expect(await s.token.balanceOf(s.passes), 'what is not earned').to.equal(sum);
        const returned = [...refunds.values()].reduce((total, amount) => total + amount, 0n);
        expect(paidIn, 'in = out + held').to.equal(owners + returned + sum);
        expect(await availableOf(s, s.owner)).to.equal(owners);
      }
    });
});
