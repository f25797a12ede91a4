// What an index says of use, against the same figures counted in plain lists: random requests of random fates.
import { expect } from 'chai';
import { toBytes32, ZERO_ADDRESS } from '#core/hex.ts';
import type { ProtocolEvent, RequestEvent } from '#core/protocol/events.ts';
import type { RequestState } from '#core/protocol/states.ts';
import { activityOf, days, requests, totals } from '../../../sdk/index.ts';
import type { HttpServer } from '../../../workers/lifecycle/http.ts';
import { Index } from '../../support/indexed.ts';
import {
  accountOf,
  askedFor,
  modelCreated,
  published,
  requestOf,
  ScriptedChain,
  serveIndex,
  setAppended,
} from '../../support/scripted.ts';
import { type Seeded, seeded } from '../../support/seeded.ts';

const MODELS = [1, 2, 3];
const NODES = [0xa0, 0xa1].map(accountOf);
const REQUESTERS = [0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5].map(accountOf);
const DAY = 86_400;

/** One request as the test knows it. */
interface Known {
  readonly n: number;
  readonly model: number;
  readonly requester: string;
  readonly named: string;
  taker: string | undefined;
  readonly at: number;
  readonly block: number;
  answered?: { readonly at: number; readonly block: number };
  fate: 'open' | 'Final' | 'Cancelled' | 'Expired' | 'Undelivered' | 'Faulty' | 'Rescued';
  disputed: boolean;
  endedAt?: number;
}

describe('the activity of models and nodes', function () {
  this.timeout(300_000);
  let index: Index;
  let server: HttpServer;
  const all: Known[] = [];

  before(async () => {
    index = await Index.open();
    server = await serveIndex(index);
    await story(new ScriptedChain(index), seeded(11));
  });
  after(async () => {
    await server.close(1_000);
    await index.close();
  });

  async function story(chain: ScriptedChain, random: Seeded): Promise<void> {
    const rich = [...NODES, ...REQUESTERS].map(
      (account): ProtocolEvent => ({ type: 'Deposited', account, amount: 10n ** 9n }),
    );
    const staked = NODES.map((account): ProtocolEvent => ({ type: 'Staked', account, amount: 9n * 10n ** 8n }));
    const models = MODELS.flatMap((model) => [
      modelCreated(model, 'acme', `m${model}`, accountOf(1)),
      published(model, model, {}),
    ]);
    let now = 5 * DAY - 2_000;
    let block = (await chain.block(now, setAppended(1), ...rich, ...staked, ...models)).number;
    for (let round = 0; round < 90; round++) {
      now += 1 + random.int(120);
      block++;
      const events = [...step(random, now, block), opened(random, now, block)];
      expect((await chain.block(now, ...events)).number).to.equal(block);
    }
  }

  function opened(random: Seeded, at: number, block: number): ProtocolEvent {
    const known: Known = {
      ...{ n: all.length, model: random.pick(MODELS), requester: random.pick(REQUESTERS) },
      ...{ named: random.pick([...NODES, ZERO_ADDRESS]), taker: undefined, at, block, fate: 'open', disputed: false },
    };
    all.push(known);
    const { n, model } = known;
    return askedFor(n, model, model, known.requester as typeof ZERO_ADDRESS, known.named as typeof ZERO_ADDRESS);
  }

  /** Moves up to three of the open requests on. */
  function step(random: Seeded, at: number, block: number): RequestEvent[] {
    const open = all.filter(({ fate }) => fate === 'open');
    const chosen = new Set(Array.from({ length: 3 }, () => random.int(Math.max(1, open.length))));
    return [...chosen].flatMap((i) => (open[i] ? moved(open[i], random, at, block) : []));
  }

  function moved(known: Known, random: Seeded, at: number, block: number): RequestEvent[] {
    const id = requestOf(known.n);
    const end = (fate: Known['fate']) => Object.assign(known, { fate, endedAt: at });
    const node = (known.taker ?? known.named) as typeof ZERO_ADDRESS;
    if (known.answered) {
      if (known.disputed) {
        if (random.int(2) === 0) {
          end('Faulty');
          return [{ type: 'Condemned', id, node, toRequester: 2_000n, toPot: 4_000n, burned: 5_000n }];
        }
        end('Rescued');
        return [{ type: 'Rescued', id }];
      }
      if (random.int(4) === 0) {
        known.disputed = true;
        return [{ type: 'Frozen', id }];
      }
      end('Final');
      const shares = { toNode: 840n, royalty: 100n, protocol: 50n, tip: 10n, keeper: accountOf(9), callback: 0 };
      return [{ type: 'Finalised', id, node, ...shares }];
    }
    if (!known.taker) {
      const way = random.int(6);
      if (way === 0) {
        end('Cancelled');
        return [{ type: 'Cancelled', id }];
      }
      if (way === 1) {
        end('Expired');
        return [{ type: 'Expired', id }];
      }
      if (way < 4 || known.named === ZERO_ADDRESS) {
        // Whoever is first, whomever it names.
        known.taker = random.pick(NODES);
        return [{ type: 'Accepted', id, node: known.taker as typeof ZERO_ADDRESS }];
      }
    } else if (random.int(5) === 0) {
      end('Undelivered');
      return [{ type: 'Undelivered', id, node, penalty: 500n }];
    }
    known.taker = node;
    known.answered = { at, block };
    return [
      {
        type: 'Submitted',
        id,
        node,
        challengeEnd: at + 600,
        outputHash: toBytes32(`0x${'ef'.repeat(32)}`),
        output: '0x00',
      },
    ];
  }

  const nodeOf = ({ taker, named }: Known) => taker ?? (named === ZERO_ADDRESS ? undefined : named);

  /** The figures of a list of requests, by their definitions. */
  function figures(list: readonly Known[]) {
    const ended = (...fates: readonly Known['fate'][]) => list.filter(({ fate }) => fates.includes(fate)).length;
    const askers = list.map(({ requester }) => requester);
    const judged = ended('Final', 'Expired', 'Undelivered', 'Faulty');
    return {
      ...{ requests: list.length, open: ended('open'), submitted: list.filter(({ answered }) => answered).length },
      ...{ final: ended('Final'), cancelled: ended('Cancelled'), expired: ended('Expired') },
      ...{ undelivered: ended('Undelivered'), faulty: ended('Faulty'), rescued: ended('Rescued') },
      ...{ disputed: list.filter(({ disputed }) => disputed).length, requesters: new Set(askers).size },
      repeatRequesters: new Set(askers.filter((asker, i) => askers.indexOf(asker) !== i)).size,
      successRate: judged === 0 ? null : ended('Final') / judged,
    };
  }

  function latencyOf(list: readonly Known[]) {
    const answered = list.flatMap(({ answered, at, block }) =>
      answered ? [{ seconds: answered.at - at, blocks: answered.block - block }] : [],
    );
    const nearestRank = (values: readonly number[], share: number) =>
      [...values].sort((a, b) => a - b)[Math.ceil(share * values.length) - 1];
    const [seconds, blocks] = [answered.map((one) => one.seconds), answered.map((one) => one.blocks)];
    return {
      of: answered.length,
      ...{ p50Seconds: nearestRank(seconds, 0.5), p99Seconds: nearestRank(seconds, 0.99) },
      ...{ p50Blocks: nearestRank(blocks, 0.5), p99Blocks: nearestRank(blocks, 0.99) },
    };
  }

  it('counts what became of the requests, and by how many requesters, of every model and node', async () => {
    for (const fate of ['open', 'Final', 'Cancelled', 'Expired', 'Undelivered', 'Faulty', 'Rescued'] as const)
      expect(all.filter((known) => known.fate === fate).length, `the story has ${fate}`).to.be.above(0);
    expect(all.filter(({ taker, named }) => taker && named !== ZERO_ADDRESS && taker !== named).length).to.be.above(0);
    for (const model of MODELS) {
      const own = all.filter((known) => known.model === model);
      const { activity, latency } = await activityOf(server.url, { model: `acme/m${model}` });
      expect(activity, `model ${model}`).to.deep.equal({ ...figures(own), lastRequestAt: own.at(-1)?.at });
      expect(latency, `model ${model}`).to.deep.equal(latencyOf(own));
    }
    for (const node of NODES) {
      const own = all.filter((known) => nodeOf(known) === node);
      const { activity, latency } = await activityOf(server.url, { node });
      expect(activity, node).to.deep.include(figures(own));
      expect(latency, node).to.deep.equal(latencyOf(own));
    }
  });

  it('counts everything together, and by days', async () => {
    const { requests: states, paid, versions, nodes } = await totals(server.url);
    const finals = all.filter(({ fate }) => fate === 'Final').length;
    expect(states).to.include({ Final: finals, Faulty: all.filter(({ fate }) => fate === 'Faulty').length });
    expect(Object.values(states).reduce((a, b) => a + b, 0)).to.equal(all.length);
    const f = BigInt(finals);
    expect(paid).to.deep.equal({ nodes: 840n * f, royalties: 100n * f, protocol: 50n * f, tips: 10n * f });
    expect([versions, nodes]).to.deep.equal([3, 2]);
    const told = (await days(server.url)).days;
    const dayOf = (time: number) => time - (time % DAY);
    const wanted = [...new Set(all.map(({ at }) => dayOf(at)))].sort((a, b) => b - a);
    expect(told.map(({ day }) => day)).to.deep.equal(wanted);
    expect(wanted).to.have.length.above(1);
    for (const { day, requests, submitted, final, faulty, fees } of told) {
      const ended = (fate: string) =>
        all.filter((known) => known.fate === fate && dayOf(known.endedAt ?? 0) === day).length;
      expect(requests).to.equal(all.filter(({ at }) => dayOf(at) === day).length);
      expect(submitted).to.equal(all.filter(({ answered }) => answered && dayOf(answered.at) === day).length);
      expect({ final, faulty, fees }).to.deep.equal({
        final: ended('Final'),
        faulty: ended('Faulty'),
        fees: 1_000n * BigInt(ended('Final')),
      });
    }
  });

  it('lists requests by requester, node, model and state in any combination, newest first, in pages', async () => {
    const stateOf = ({ fate, disputed, answered, taker }: Known): RequestState =>
      fate !== 'open' ? fate : disputed ? 'Frozen' : answered ? 'Submitted' : taker ? 'Accepted' : 'Requested';
    const random = seeded(5);
    for (let round = 0; round < 25; round++) {
      const maybe = <T>(value: T) => (random.int(2) === 0 ? value : undefined);
      const known = random.pick(all);
      const query = {
        ...{ requester: maybe(known.requester), node: maybe(nodeOf(known)), state: maybe(stateOf(known)) },
        ...{ model: maybe(`acme/m${known.model}`) },
      };
      const wanted = all.filter(
        (one) =>
          (query.requester === undefined || one.requester === query.requester) &&
          (query.node === undefined || nodeOf(one) === query.node) &&
          (query.state === undefined || stateOf(one) === query.state) &&
          (query.model === undefined || `acme/m${one.model}` === query.model),
      );
      const got: string[] = [];
      for (let cursor: string | undefined, pages = 0; pages < 50; pages++) {
        const page = await requests(server.url, { ...query, limit: 7, cursor });
        got.push(...page.requests.map(({ id }) => id));
        if (page.next === null) break;
        cursor = page.next;
      }
      expect(got, JSON.stringify(query)).to.deep.equal(wanted.map(({ n }) => requestOf(n)).toReversed());
    }
  });
});
