/** Order and waits of what waits, against a count by hand: who is served before whom, and how long that takes. */
import { expect } from 'chai';
import { toAddress } from '#core/hex.ts';
import type { Hex } from '#ports/chain.ts';
import { Backlog } from '../../../workers/watcher/backlog.ts';
import { version } from '../../support/serving.ts';
import { terms } from '../../support/story.ts';

const ITEM_SECONDS = 2;
const model = (number: number) => ({ ...version, sha256: number.toString(16).padStart(8, '0').padEnd(64, '0') });
const account = (number: number) => toAddress(`0x${number.toString(16).padStart(40, '0')}`);
const [WHALE, SMALL] = [account(1), account(2)];
let ids = 0;

function backlog(itemSeconds = ITEM_SECONDS) {
  const clock = { now: 1_700_000_000_000 };
  const one = new Backlog(
    () => itemSeconds,
    () => clock.now,
  );
  const add = (requester: ReturnType<typeof account>, of: ReturnType<typeof model>, items = 1): Hex => {
    const id: Hex = `0x${(++ids).toString(16).padStart(64, '0')}`;
    one.note({ id, stage: 'admitted', facts: { terms: { ...terms, requester, items }, version: of } });
    return id;
  };
  const end = (id: Hex) => one.note({ id, stage: 'submitted', facts: {} });
  const order = (waiting: readonly Hex[]) => waiting.toSorted((a, b) => one.rankOf(a) - one.rankOf(b));
  return { one, clock, add, end, order };
}

const asked = (requester: ReturnType<typeof account>, items = 1) => ({ requester, items, deadline: 0 });

describe('the backlog', () => {
  it('puts a small requester that comes later before almost all of a whale', () => {
    const { add, order } = backlog();
    const whale = Array.from({ length: 100 }, () => add(WHALE, model(1)));
    const small = [add(SMALL, model(2)), add(SMALL, model(2))];
    const places = order([...whale, ...small]);
    expect(
      small.map((id) => places.indexOf(id)),
      'one each a round, as the whale',
    ).to.deep.equal([1, 3]);
    expect(
      places.filter((id) => whale.includes(id)),
      'in the order in which they came',
    ).to.deep.equal(whale);
  });

  it('shares equally between requesters, however many models one asks for', () => {
    const { add, order } = backlog();
    const whale = Array.from({ length: 200 }, (_, i) => add(WHALE, model(i % 20)));
    const small = Array.from({ length: 10 }, () => add(SMALL, model(30)));
    // Each of the twenty models has one under way when the small one comes; from then on each requester has half.
    const next = order([...whale, ...small]).slice(21, 39);
    expect(next.filter((id) => small.includes(id)).length).to.be.within(8, 10);
  });

  it('lets models take turns of a round, so that each is loaded once in it', () => {
    const { add, order } = backlog(0.1);
    const one = Array.from({ length: 20 }, () => add(account(3), model(1)));
    const two = Array.from({ length: 20 }, () => add(account(4), model(2)));
    const seats = order([...one, ...two]).map((id) => Number(two.includes(id)));
    const changes = seats.filter((seat, i) => i > 0 && seat !== seats[i - 1]).length;
    expect(changes, 'two rounds of ten each').to.equal(3);
  });

  it('charges a bundle by its items', () => {
    const { add, order } = backlog();
    const bundles = Array.from({ length: 3 }, () => add(WHALE, model(1), 10));
    const singles = Array.from({ length: 15 }, () => add(SMALL, model(2)));
    const places = order([...bundles, ...singles]);
    expect(bundles.map((id) => places.indexOf(id))).to.deep.equal([0, 11, 17]);
  });

  it('estimates the wait by what is served before, and by the processes there are', () => {
    const { one, add } = backlog();
    for (let i = 0; i < 10; i++) add(WHALE, model(1));
    expect(one.waitOf('0xnew' as Hex, asked(WHALE), model(1))).to.deep.equal({ seconds: 22, ahead: 10 });
    expect(one.waitOf('0xnew' as Hex, asked(SMALL), model(1))).to.deep.equal({ seconds: 2, ahead: 0 });
    one.processes = 4;
    expect(one.waitOf('0xnew' as Hex, asked(WHALE, 3), model(1)).seconds).to.equal(26 / 4);
  });

  it('knows better when a model was measured, also about what waits already', () => {
    const { one, add } = backlog();
    for (let i = 0; i < 10; i++) add(WHALE, model(1));
    expect(one.waitOf('0xnew' as Hex, asked(WHALE), { ...model(1), itemSeconds: 0.5 }).seconds).to.equal(5.5);
  });

  it('learns the pace of the whole path, where that is slower than the machine', () => {
    const { one, clock, add, end } = backlog(0.001);
    const waiting = Array.from({ length: 100 }, () => add(WHALE, model(1)));
    for (const id of waiting.slice(0, 50)) {
      clock.now += 500;
      end(id);
    }
    const { seconds, ahead } = one.waitOf('0xnew' as Hex, asked(WHALE), model(1));
    expect([seconds, ahead]).to.deep.equal([51 * 0.5, 50]);
  });

  it('takes no quiet hour for a slow path', () => {
    const { one, clock, add, end } = backlog(0.001);
    let before = add(WHALE, model(1));
    for (let i = 0; i < 100; i++) {
      clock.now += 60_000;
      const next = add(WHALE, model(1));
      end(before);
      before = next;
    }
    expect(one.waitOf('0xnew' as Hex, asked(SMALL), model(1)).seconds).to.be.lessThan(1);
  });

  it('forgets what ended, whoever ended it', () => {
    const { one, add, end } = backlog();
    const waiting = Array.from({ length: 5 }, () => add(WHALE, model(1)));
    for (const id of waiting) end(id);
    expect(one.size).to.equal(0);
    expect(one.waitOf('0xnew' as Hex, asked(WHALE), model(1))).to.deep.equal({ seconds: 2, ahead: 0 });
    expect(one.rankOf(waiting[4] as Hex)).to.equal(1);
  });

  it('tells what is over by its deadline', () => {
    const { one, add } = backlog();
    const id = add(WHALE, model(1));
    expect(one.late(terms.deadline)).to.deep.equal([]);
    expect(one.late(terms.deadline + 1)).to.deep.equal([id]);
  });

  it('stays within what a queue takes as a priority', () => {
    const { one, add } = backlog(3_600);
    const ranks = Array.from({ length: 200 }, () => one.rankOf(add(WHALE, model(1))));
    expect(ranks.every((rank, i) => rank >= (ranks[i - 1] ?? 1) && rank <= 2 ** 20)).to.equal(true);
  });
});
