/** Results of which the chain has the hash alone, and a node that hands their bytes out, or does not. */
import { expect } from 'chai';
import type { RequestId } from '#core/protocol/ids.ts';
import { submissionOf } from '#core/protocol/request.ts';
import { hashesOf, parseSchema } from '#core/protocol/schema.ts';
import type { Submission } from '#core/protocol/states.ts';
import { packTerms } from '#core/protocol/terms.ts';
import type { Deployed } from '../../scripts/demo/localNetwork.ts';
import type { Process } from '../../scripts/demo/processes.ts';
import type { Settings } from '../../scripts/demo/settings.ts';
import { balanceOf, findRequest, setNode } from '../../sdk/index.ts';
import { transact } from '../../sdk/transact.ts';
import { DisputedNetwork } from '../e2e/disputed.ts';
import { eventually } from '../support/eventually.ts';

const CLOCKS = { challengeBaseSeconds: 90, challengeWindowSeconds: 4, responseSeconds: 4, checkRateLog2: 50 };

describe('a result that was submitted as a hash', function () {
  this.timeout(240_000);
  const network = new DisputedNetwork();
  const { local } = network;
  let deployed: Deployed;
  let verifier: Process;
  let cheat: Process;

  before(async () => {
    await network.start(CLOCKS);
    deployed = network.deployed;
    verifier = local.verifier(deployed, { models: { privateOrigins: ['all'] } });
    await verifier.start();
  });
  after(() => network.stop());
  afterEach(() => cheat.stop());

  const start = async (faults: Settings[string]) => {
    cheat = local.cheat(deployed, faults);
    await cheat.start();
    await setNode(deployed.accounts.cheat, 1, cheat.url);
  };
  /** What the game and the request said, in order. */
  const story = async (id: RequestId, last: string) => {
    const { game, net } = deployed;
    const said = async () => {
      const logs = await net.provider.getLogs({
        address: [String(game.target), String(net.requests.target)],
        topics: [null, id],
        fromBlock: 0,
      });
      return logs.map((log) => (game.interface.parseLog(log) ?? net.requests.interface.parseLog(log))?.name ?? '');
    };
    await eventually(last, async () => (await said()).includes(last), 60_000).catch(async (error: Error) =>
      expect.fail(`${error.message} There was: ${await said()}\n${verifier.tail()}\n${cheat.tail()}`),
    );
    return (await said()).filter((name) => !['Requested', 'Submitted', 'Frozen', 'Thawed'].includes(name));
  };

  it('is challenged for what the node hands out, in a bundle for the item that is wrong', async () => {
    await start({ results: ['weight'] });
    const [one, bundle] = [await network.askedForHash(0), await network.askedForHash(1, 2, 3)];
    for (const { id } of [one, bundle])
      expect(await story(id, 'Condemned')).to.deep.equal(['Challenged', 'Condemned', 'Upheld']);
  });

  it('is demanded on chain where it is withheld, and challenged for the answer', async () => {
    await start({ results: ['weight'], silent: ['deliver'] });
    const [one, bundle] = [await network.askedForHash(4), await network.askedForHash(5, 6, 7)];
    for (const { id } of [one, bundle]) {
      const [first, second, third] = await story(id, 'Condemned');
      expect([first, second, third]).to.deep.equal(['OutputDemanded', 'OutputAnswered', 'Challenged']);
    }
  });

  it('condemns its node if it stays withheld, or never was a result', async () => {
    await start({ results: ['weight', 'short'], silent: ['deliver', 'answerOutput'] });
    const asked = [await network.askedForHash(8)];
    await eventually('it is submitted', async () => cheat.tail(1_000).includes('falsified by schedule'));
    asked.push(await network.askedForHash(9));
    for (const { id } of asked)
      expect(await story(id, 'OutputLapsed')).to.have.ordered.members(['OutputDemanded', 'Condemned', 'OutputLapsed']);
  });

  it('that is right is left alone, and given on chain by its node when somebody demands it there', async () => {
    await start({ results: ['right'], silent: ['deliver'] });
    const { game, accounts, net } = deployed;
    const { cheat: node, liar: stranger } = accounts;
    const asked = await network.askedForHash(0);
    await eventually('it is checked', async () =>
      /worker_verify_checks_total{outcome="right"} 1/.test(await (await fetch(`${verifier.url}/metrics`)).text()),
    );
    expect(await net.requests.queryFilter(net.requests.filters.Frozen(asked.id))).to.deep.equal([]);

    await transact(stranger, await net.escrow.setConsent.populateTransaction(await gameIndex(), true));
    const before = (await balanceOf(net, node.address)).available;
    const { row } = await findRequest(net, asked);
    const headers = [...hashesOf(parseSchema(network.model.card)).outputHeaders];
    const demand = game.demandOutput;
    const position = { item: 0, output: 0, leaf: 0 };
    const words = [packTerms(row.terms), submissionOf(row) as Submission, position, headers, 0] as const;
    await transact(stranger, await demand.populateTransaction(...words));
    expect(await story(asked.id, 'OutputAnswered')).to.deep.equal(['OutputDemanded', 'OutputAnswered']);
    const [demanded] = await game.queryFilter(game.filters.OutputDemanded(asked.id));
    expect((await balanceOf(net, node.address)).available - before).to.equal(demanded?.args[2].fee);
  });

  /** Where Escrow has the game among those that may lock what consents to them. */
  async function gameIndex(): Promise<number> {
    const { escrow } = deployed.net;
    for (let index = 0; ; index++)
      if ((await escrow.capabilityAt(index)) === String(deployed.game.target)) return index;
  }
});
