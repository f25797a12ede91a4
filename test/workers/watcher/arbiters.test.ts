import { expect } from 'chai';
import { type Address, ZERO_ADDRESS } from '#core/hex.ts';
import type { ParameterSet } from '#core/protocol/parameters.ts';
import type { Hex, LoggedEvent } from '#ports/chain.ts';
import { arbiterWatch } from '../../../workers/watcher/arbiters.ts';
import { block, head, word } from '../../support/proving.ts';
import { asked } from '../../support/serving.ts';
import { game, id, other } from '../../support/story.ts';
import { recordedLog, recordedMetrics } from '../../support/telemetry.ts';

const logged = (event: LoggedEvent['event']): LoggedEvent => ({ event, block, transactionHash: word(1), logIndex: 0 });
const appended = (set: number, arbiter: Address) =>
  logged({ type: 'SetAppended', set, parameters: { arbiter } as ParameterSet });
const requestIn = (set: number) => logged(asked({ set }));

describe('a process that follows one game', () => {
  /** `arbiters`: by set. */
  function watch(
    arbiters: Readonly<Record<number, Address>>,
    { follows }: { readonly follows: Hex | undefined } = { follows: game },
  ) {
    const [log, metrics, calls] = [recordedLog(), recordedMetrics(), [] as number[]];
    const arbiterOf = async (set: number) => {
      calls.push(set);
      return arbiters[set] ?? expect.fail();
    };
    const observer = arbiterWatch({ views: { arbiterOf }, game: follows, log, metrics });
    const request = (set: number, now = head.now) => observer.touched(id, [requestIn(set)], { ...head, now });
    const append = (set: number, arbiter: Address) => observer.noticed?.([appended(set, arbiter)], head);
    const told = () => log.lines.map(({ level, set, arbiter }) => [level, set, arbiter]);
    return { request, append, told, calls, others: () => metrics.values.get('worker_watch_other_sets') };
  }

  it('says once of a set that another one decides, by its requests', async () => {
    const { request, told, calls, others } = watch({ 1: game, 2: other, 3: other });
    for (const set of [1, 1, 2, 2, 1, 3, 2]) await request(set);
    expect(told()).to.deep.equal([
      ['error', 2, other],
      ['error', 3, other],
    ]);
    expect(others()).to.equal(2);
    expect(calls).to.deep.equal([1, 2, 3]);
  });

  it('says so when the set is appended, before anybody asks', async () => {
    const { request, append, told, calls } = watch({});
    await append(1, game);
    await append(2, other);
    await append(2, other);
    await request(2);
    expect(told()).to.deep.equal([['error', 2, other]]);
    expect(calls).to.deep.equal([]);
  });

  it('says so of every game where it follows none', async () => {
    const { request, told } = watch({ 1: game }, { follows: undefined });
    await request(1);
    expect(told()).to.deep.equal([['error', 1, game]]);
  });

  it('has nothing to say of sets that nobody decides, of requests that are long over, and of none', async () => {
    const { request, append, told } = watch({ 1: ZERO_ADDRESS, 2: other });
    await request(1);
    await append(3, ZERO_ADDRESS);
    // The deadline and the window after it.
    await request(2, 2_601);
    const observer = arbiterWatch({
      views: { arbiterOf: async () => expect.fail() },
      game,
      log: recordedLog(),
      metrics: recordedMetrics(),
    });
    await observer.touched(id, [], head);
    expect(told()).to.deep.equal([]);
    await request(2, 2_600);
    expect(told()).to.deep.equal([['error', 2, other]]);
  });
});
