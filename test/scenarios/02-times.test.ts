import { expect } from 'chai';
import { at, inOneBlock, loadFixture, onAFork, time } from '../support/contracts/chain.ts';
import { checkMoney } from '../support/contracts/money.ts';
import { askOf, request } from '../support/contracts/request.ts';
import { DAY, PARAMETERS, system, UNBONDING } from '../support/contracts/system.ts';

/** Whether the act succeeds one second before, at, and one second after `second`; each on a chain of its own. */
async function around(second: number, act: () => Promise<unknown>): Promise<boolean[]> {
  const outcomes: boolean[] = [];
  for (const t of [second - 1, second, second + 1])
    outcomes.push(
      await onAFork(async () => {
        await at(t);
        return act().then(
          () => true,
          () => false,
        );
      }),
    );
  return outcomes;
}

const ACT = [true, true, false]; // `<=`: the last second belongs to the mover
const TIMEOUT = [false, false, true]; // `>`: the next one to the timeout

describe('every clock, one second before, at and after', () => {
  it('scenario 4: openAt ends the priority of the named node, and only that', async () => {
    const s = await loadFixture(system);
    const story = await request(s);
    const { openAt } = story.terms;
    expect(await around(openAt, () => story.attempt.decline())).to.deep.equal(ACT);
    expect(await around(openAt, () => story.attempt.accept({ by: s.rival }))).to.deep.equal(TIMEOUT);
    expect(await around(openAt, () => story.attempt.cancel())).to.deep.equal(TIMEOUT);
    expect(await around(openAt, () => story.attempt.accept())).to.deep.equal([true, true, true]);
    expect(await around(openAt, () => story.attempt.submit())).to.deep.equal([true, true, true]);
  });

  it('scenario 4: the deadline is the last second of accept and submit and the eve of expiry', async () => {
    const s = await loadFixture(system);
    const requested = await request(s);
    const accepted = await (await request(s, { lane: 1 })).accept();
    const { deadline } = requested.terms;
    expect(await around(deadline, () => requested.attempt.accept())).to.deep.equal(ACT);
    expect(await around(deadline, () => requested.attempt.submit())).to.deep.equal(ACT);
    expect(await around(deadline, () => requested.attempt.expire())).to.deep.equal(TIMEOUT);
    expect(await around(accepted.terms.deadline, () => accepted.attempt.submit())).to.deep.equal(ACT);
    expect(await around(accepted.terms.deadline, () => accepted.attempt.expire())).to.deep.equal(TIMEOUT);
    expect(await around(deadline, () => requested.attempt.cancel()), 'also after it').to.deep.equal([true, true, true]);
  });

  it('scenario 4: challengeEnd is the last second of a challenge and the eve of finality; tipDelay counts from it', async () => {
    const s = await loadFixture(system);
    const story = await (await request(s)).submit();
    expect(await around(story.end, () => story.attempt.freeze())).to.deep.equal(ACT);
    expect(await around(story.end, () => story.attempt.finalise())).to.deep.equal(TIMEOUT);
    const tipFrom = story.end + PARAMETERS.tipDelay;
    expect(await around(tipFrom, () => story.attempt.finalise({ takeTip: true }))).to.deep.equal(TIMEOUT);
  });

  it('scenario 4: a thaw moves the end, and the tip still counts from challengeEnd', async () => {
    const s = await loadFixture(system);
    const story = await (await (await request(s)).submit()).freeze();
    const end = story.end + PARAMETERS.responseSeconds;
    await story.thaw(end);
    expect(await around(end, () => story.attempt.freeze())).to.deep.equal(ACT);
    expect(await around(end, () => story.attempt.finalise())).to.deep.equal(TIMEOUT);
    const tipFrom = story.described.challengeEnd + PARAMETERS.tipDelay;
    expect(await around(tipFrom, () => story.attempt.finalise({ takeTip: true }))).to.deep.equal(TIMEOUT);
  });

  it('scenario 4: rescue waits for rescueDelay after challengeEnd, wherever a thaw moved the end', async () => {
    const s = await loadFixture(system);
    const story = await (await (await request(s)).submit()).freeze();
    await story.thaw(story.end + 2 * PARAMETERS.responseSeconds);
    await story.freeze();
    const from = story.described.challengeEnd + PARAMETERS.rescueDelay;
    expect(await around(from, () => story.attempt.rescue())).to.deep.equal(TIMEOUT);
  });

  it('scenario 4: unbonding stake is released at readyAt, not a second earlier', async () => {
    const s = await loadFixture(system);
    await s.escrow.connect(s.node).unstake(1n);
    const { readyAt } = await s.escrow.unbondingOf(s.node);
    expect(Number(readyAt)).to.equal((await time.latest()) + UNBONDING);
    expect(await around(Number(readyAt), () => s.escrow.connect(s.node).release())).to.deep.equal([false, true, true]);
  });

  it('scenario 4: a deadline is after now and at most maxLife ahead; openAt not after it', async () => {
    const s = await loadFixture(system);
    const { ask, headers, input } = await askOf(s);
    const now = (await time.latest()) + 10;
    const latest = now + PARAMETERS.maxLifeDays * DAY;
    const ask1 = (deadline: number, openAt: number) =>
      onAFork(async () => {
        await at(now);
        return s.requests
          .connect(s.requester)
          .request({ ...ask, deadline, openAt }, headers, input, '0x')
          .then(
            () => true,
            () => false,
          );
      });
    expect(await ask1(now - 1, now - 1)).to.equal(false);
    expect(await ask1(now, now)).to.equal(false);
    expect(await ask1(now + 1, now + 1)).to.equal(true);
    expect(await ask1(latest, latest)).to.equal(true);
    expect(await ask1(latest + 1, now)).to.equal(false);
    expect(await ask1(now + 60, now + 60)).to.equal(true);
    expect(await ask1(now + 60, now + 61)).to.equal(false);
    expect(await ask1(now + 60, 0), 'openAt in the past: open at once').to.equal(true);
  });

  it('scenario 5: of submit and expire, challenge and finalise, cancel and accept one block has room for exactly one', async () => {
    const s = await loadFixture(system);
    const open = await request(s);
    const submitted = await (await request(s, { lane: 1 })).submit();
    const pairs = [
      [open.terms.deadline, () => open.attempt.submit(), () => open.attempt.expire()],
      [open.terms.deadline + 1, () => open.attempt.submit(), () => open.attempt.expire()],
      [submitted.end, () => submitted.attempt.freeze(), () => submitted.attempt.finalise()],
      [submitted.end + 1, () => submitted.attempt.freeze(), () => submitted.attempt.finalise()],
      [open.terms.openAt, () => open.attempt.cancel(), () => open.attempt.accept()],
      [open.terms.openAt + 1, () => open.attempt.cancel(), () => open.attempt.accept()],
    ] as const;
    for (const [second, one, other] of pairs)
      for (const order of [
        [one, other],
        [other, one],
      ])
        await onAFork(async () => {
          const done = await inOneBlock(second, ...order);
          expect(done.filter(Boolean), `at ${second}`).to.have.length(1);
          await checkMoney(s);
        });
  });
});
