/** An indexer beside a node that answers: what it says of models, requests and balances is what the chain says. */
import { expect } from 'chai';
import { buildModel } from '#core/onnx/build.ts';
import { tensorFrom } from '#core/tensor.ts';
import { replay } from '../../scripts/demo/balances.ts';
import type { Process } from '../../scripts/demo/processes.ts';
import {
  activityOf,
  balanceOf,
  balances,
  modelNamed,
  nodeByAddress,
  requestById,
  requestMany,
  requests,
  search,
  totals,
} from '../../sdk/index.ts';
import { eventually } from '../support/eventually.ts';
import { identity } from '../support/graphs.ts';
import { type E2e, e2e, type Served, serve, sumsAddUp, until } from './network.ts';

const ASKED = 3;
const CARD = {
  task: 'echoing',
  description: 'says again what it hears',
  tags: ['Parrot'],
  inputs: [{ name: 'x', dtype: 'int32', shape: [1, 3] }],
  outputs: [{ name: 'y', dtype: 'int32', shape: [1, 3] }],
};

describe('an indexer beside a node that answers', function () {
  this.timeout(180_000);
  let net: E2e;
  let served: Served;
  let indexer: Process;
  let url: string;

  before(async () => {
    net = await e2e();
    served = await serve(net, buildModel(identity('int32', [1, 3])), CARD);
    indexer = net.local.indexer(net);
    await indexer.start();
    url = indexer.url;
  });
  after(() => indexer?.stop());

  const caughtUp = async () => {
    const head = await net.net.provider.getBlockNumber();
    await eventually('the index has caught up', async () => (await totals(url)).asOf.block >= head, 60_000);
  };

  it('finds the model, and tells how its requests went', async () => {
    const { node, requester } = net.accounts;
    const inputs = Array.from({ length: ASKED }, (_, i) => ({ x: tensorFrom('int32', [1, 3], [i, i, i]) }));
    const { asked } = await requestMany(requester, { version: served.version, node: node.address }, inputs);
    const ids = asked.map(({ id }) => id);
    await until(net, 'Finalised', ids);
    await caughtUp();

    const { models } = await search(url, { text: 'hears again', tag: 'parrot' });
    expect(models.map(({ version }) => version)).to.deep.equal([served.version]);
    const name = models[0]?.name ?? '';
    expect((await modelNamed(net.net, name)).model).to.equal(served.model);
    expect(models[0]).to.deep.include({ task: 'echoing', tags: ['parrot'], offers: 1, fee: asked[0]?.terms.fee });
    const { activity, latency } = await activityOf(url, { model: name });
    expect(activity).to.include({ requests: ASKED, submitted: ASKED, final: ASKED, open: 0, successRate: 1 });
    expect(activity).to.include({ requesters: 1, repeatRequesters: 1 });
    expect(latency?.of).to.equal(ASKED);

    const listed = await requests(url, { model: name });
    expect(listed.requests.map(({ id }) => id)).to.have.members(ids);
    for (const one of listed.requests)
      expect(one).to.include({ state: 'Final', node: node.address, requester: requester.address });
    const { events } = await requestById(url, ids[0] ?? '');
    expect(events.map(({ event }) => event)).to.deep.equal(['Requested', 'Submitted', 'Finalised']);
    const { node: told } = await nodeByAddress(url, node.address);
    expect(told.activity.final).to.be.at.least(ASKED);
  });

  it('knows every balance to the wei (I9)', async () => {
    await eventually('a moment in which nothing changes', async () => {
      const accounts = (await replay(net.net)).accounts();
      const before = await Promise.all(accounts.map((account) => balanceOf(net.net, account)));
      await caughtUp();
      const told = await Promise.all(accounts.map((account) => balances(url, account)));
      const after = await Promise.all(accounts.map((account) => balanceOf(net.net, account)));
      const sums = ({ available, stake, unbonding }: (typeof before)[number]) => [available, stake, unbonding];
      if (before.some((one, i) => String(sums(one)) !== String(sums(after[i] as typeof one)))) return false;
      expect(accounts.length).to.be.greaterThan(2);
      expect(told.map(sums)).to.deep.equal(after.map(sums));
      return true;
    });
    await sumsAddUp(net);
  });
});
