// I9 is the indexer's test: a random run over the real contracts, with blocks that fall out and come back on the way. What the index
// has rebuilt from events is what every view of the contracts says, to the wei.
import { expect } from 'chai';
import type { Address } from '#core/hex.ts';
import { toAddress } from '#core/hex.ts';
import { BURN } from '#core/protocol/postings.ts';
import { isOver, type RequestRow } from '#core/protocol/request.ts';
import type { Hex } from '#ports/chain.ts';
import { requestFrom } from '../../../workers/adapters/index/before.ts';
import { begin, type Harness } from '../../invariants/support/harness.ts';
import { RandomRun } from '../../invariants/support/run.ts';
import { claimOf, FREE, wordOf } from '../../invariants/support/words.ts';
import { ethers } from '../../support/contracts/chain.ts';
import { Blocks, fallsOutAndReturns, Index } from '../../support/indexed.ts';
import { seeded } from '../../support/seeded.ts';

const DEFAULT_SEED = 9;
const CALLS = Number(process.env['INDEX_CALLS'] ?? 160);
const SEEDS = (process.env['INDEX_SEEDS'] ?? `${DEFAULT_SEED}`).split(',').map(Number);
/** What the default run does at least once, so that a run of refusals cannot pass. */
const DONE = [
  ...'request requestMany decline accept submit submitBatch submitEach cancel expire expireBatch expireEach finalise'.split(
    ' ',
  ),
  ...'finaliseBatch finaliseEach freeze thaw condemn depositFor withdraw stake unstake release claimRoyalty sweepProtocol'.split(
    ' ',
  ),
  ...['flushBurn', 'setOffer', 'setRoyalty', 'sale of the model'],
];
/** Calls between two looks. */
const STEP = 20;

describe('I9: an index of a random run', () => {
  let index: Index;
  before(async function () {
    this.timeout(300_000);
    index = await Index.open();
  });
  after(() => index.close());

  for (const seed of SEEDS)
    it(`says what the contracts say, whatever fell out on the way (${CALLS} calls, seed ${seed})`, async function () {
      this.timeout(CALLS * 2_000 + 60_000);
      const h = await begin();
      const run = new RandomRun(h, seed);
      const random = seeded(seed);
      const contracts = { escrow: h.escrow, models: h.models, nodes: h.nodes, requests: h.requests };
      const blocks = new Blocks(ethers.provider, contracts);
      let next = h.s.genesis;
      for (let made = 0; made < CALLS; made += STEP) {
        await run.go(Math.min(STEP, CALLS - made));
        for (const { block, events } of await blocks.since(next)) await index.take(block, events);
        next = (await blocks.newest()) + 1;
        await fallsOutAndReturns(index, blocks, 1 + random.int(12));
        await agrees(index, h);
      }
      const missing = DONE.filter((name) => !h.tally.has(name));
      if (seed === DEFAULT_SEED && CALLS >= 160) expect(missing, 'never done in this run').to.deep.equal([]);
    });
});

async function agrees(index: Index, h: Harness): Promise<void> {
  const rows = await index.sql.query<{ account: Address }>('select account from index_account');
  const accounts = [
    ...new Set([...rows.map(({ account }) => account), ...h.everybody().map((one) => one.address), BURN]),
  ];
  const requests = await index.sql.query<Parameters<typeof requestFrom>[0]>('select * from index_request');
  const lanes = new Map<string, RequestRow>();
  for (const columns of requests.toSorted((a, b) => Number(a.ordinal) - Number(b.ordinal))) {
    const { row } = requestFrom(columns);
    lanes.set(`${row.terms.requester} ${row.terms.lane}`, row);
  }
  const slots = [...lanes.values()].map(({ terms }) => ({
    capability: h.requests,
    payer: terms.requester,
    lane: terms.lane,
  }));
  const seen = await h.probe.read(h.escrow, accounts, slots);

  for (const [i, account] of accounts.entries()) {
    const said = await index.answers.balances({ account }, {});
    const view = seen.accounts[i];
    const views = [view?.available, view?.stake, view?.unbonding, view?.nonce].map(String);
    expect([said?.available, said?.stake, said?.unbonding, said?.nonce], account).to.deep.equal(views);
    if (view?.unbonding) expect(BigInt(said?.readyAt ?? 0), account).to.equal(view.readyAt);
    expect([said?.locked.fees, said?.locked.slices], account).to.deep.equal(lockedOf(account, [...lanes.values()]));
  }
  for (const [i, row] of [...lanes.values()].entries())
    expect(seen.words[i], `${row.id} is ${row.state}`).to.equal(isOver(row.state) ? FREE : wordOf(claimOf(row)));
  const totals = await index.answers.totals({}, {});
  expect(BigInt(totals?.held ?? 0) + h.world.facts.strays).to.equal(seen.balance);
  expect(totals?.accounts).to.equal(rows.length);
  await registryAgrees(index, h);
}

/** What the open requests in all lanes hold of an account: fees it pays, slices of its stake. */
function lockedOf(account: Address, rows: readonly RequestRow[]): string[] {
  const open = rows.filter(({ state }) => !isOver(state));
  const sum = (values: readonly bigint[]) => values.reduce((a, b) => a + b, 0n).toString();
  const fees = open.filter(({ terms }) => terms.requester === account).map(({ terms }) => terms.fee);
  return [sum(fees), sum(open.filter(({ node }) => node === account).map(({ terms }) => terms.slice))];
}

interface VersionRow {
  readonly version: Hex;
  readonly model: string;
  readonly royalty: string;
  readonly policy: string | null;
  readonly retired: boolean;
}

async function registryAgrees(index: Index, h: Harness): Promise<void> {
  const models = await index.sql.query<{ model: string; owner: string; name: string }>('select * from index_model');
  expect(models.length).to.equal(Number(await h.s.models.modelCount()));
  for (const { model, owner, name } of models) {
    expect(toAddress(await h.s.models.ownerOfModel(model))).to.equal(owner);
    expect([...(await h.s.models.nameOf(model))].join('/')).to.equal(name);
  }
  const versions = await index.sql.query<VersionRow>(
    'select version, model, royalty::text, policy, retired from index_version',
  );
  expect(versions.length).to.be.at.least(4);
  for (const { version, model, royalty, policy, retired } of versions) {
    const [word] = await h.s.models.terms(version);
    // | model 48 | royalty 96 | outputBytes 24 | cost 32 | flags 8 | sliceFloor 40 | 0 8 |
    expect([word >> 208n, (word >> 112n) & (2n ** 96n - 1n)], version).to.deep.equal([BigInt(model), BigInt(royalty)]);
    expect(((word >> 48n) & 2n) === 2n, version).to.equal(retired);
    expect(BigInt(await h.s.models.policyOf(version)), version).to.equal(BigInt(policy ?? 0));
  }
  const offers = await index.sql.query<{ node: Hex; version: Hex; price: string; min_reserved: number; until: string }>(
    'select node, version, price::text, min_reserved, until from index_offer',
  );
  for (const { node, version, price, min_reserved, until } of offers) {
    const word = (BigInt(min_reserved) << 136n) | (BigInt(until) << 96n) | BigInt(price);
    expect(await h.s.nodes.offerOf(node, version)).to.equal(word);
  }
}
