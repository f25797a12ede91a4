/** Disputes on a real chain as a monitor process shows them, which has no part in them. */
import { expect } from 'chai';
import type { Deployed } from '../../scripts/demo/localNetwork.ts';
import type { Process } from '../../scripts/demo/processes.ts';
import { economics } from '../../scripts/economics/run.ts';
import { eventually } from '../support/eventually.ts';
import { DisputedNetwork } from './disputed.ts';
import { Player } from './player.ts';

const CLOCKS = { challengeBaseSeconds: 120, challengeWindowSeconds: 60, responseSeconds: 30, checkRateLog2: 50 };

/** What GET /v1/disputes says, as far as the stories look. */
interface Shown {
  readonly disputes: readonly {
    readonly request: string;
    readonly slice?: string;
    readonly challenges: readonly {
      readonly challenger: string;
      readonly verdict: string;
      readonly loser?: string;
      readonly turn: { readonly by: string; readonly move: string };
      readonly left: number;
      readonly bond: string;
      readonly answered: number;
    }[];
  }[];
}

describe('a monitor', function () {
  this.timeout(180_000);
  const network = new DisputedNetwork();
  const { local } = network;
  let deployed: Deployed;
  let monitor: Process;

  before(async () => {
    await network.start(CLOCKS);
    deployed = network.deployed;
    // Nothing becomes final here, so that the chain can be taken back.
    monitor = local.monitor(deployed, { network: { finality: '100000' } });
    await monitor.start();
  });
  after(() => network.stop());

  const get = async (route: string) => (await fetch(`${monitor.url}${route}`)).text();
  const shown = async () => JSON.parse(await get('/v1/disputes')) as Shown;

  async function seen(what: string, fits: (challenge: Shown['disputes'][number]['challenges'][number]) => boolean) {
    await eventually(
      what,
      async () => (await shown()).disputes.some(({ challenges }) => challenges.some(fits)),
      60_000,
    ).catch(async (error: Error) =>
      expect.fail(`${error.message} It shows ${await get('/v1/disputes')} and says:\n${monitor.tail()}`),
    );
    return (await shown()).disputes;
  }

  const gone = () => eventually('nothing is disputed', async () => (await shown()).disputes.length === 0);

  it('has nothing to show where nothing is disputed', async () => {
    await eventually('a block is looked at', async () => (await get('/')).includes('Nothing is open.'));
    expect((await shown()).disputes).to.deep.equal([]);
  });

  it('shows again what it showed before it was killed', async () => {
    const { id } = await network.answered(network.reference);
    const before = await network.takenBack();
    const liar = new Player(network, await before.account('liar'), network.tolerant, [0, 0]);
    await liar.consents();
    await liar.challenge(id);
    await seen('the challenge is judged', ({ verdict }) => verdict === 'false');
    const [known] = (await shown()).disputes;
    await monitor.kill();
    await monitor.start();
    const [again] = await seen('the challenge is judged again', ({ verdict }) => verdict === 'false');
    expect(again?.request).to.equal(known?.request);
    expect(again?.challenges[0]).to.deep.include({ challenger: liar.address, loser: 'challenger' });

    // The chain is taken back to before the challenge, and goes on otherwise.
    await before.take();
    await gone();
    expect(await get('/metrics')).to.match(/worker_watch_reorged_blocks_total [1-9]/);
    const once = new Player(network, await before.account('liar'), network.tolerant, [0, 0]);
    await once.consents();
    await once.challenge(id);
    const [back] = await seen('it is there again', ({ verdict }) => verdict === 'false');
    expect(back?.request).to.equal(id);
    await monitor.kill();
    await monitor.start();
    await seen('and after another death', ({ verdict }) => verdict === 'false');
    await before.take();
    await gone();
    // Nobody can challenge that one any more.
    await network.turnTo((await network.now()) + CLOCKS.challengeBaseSeconds + 1);
  });

  it('shows a false challenge as false, and that its refuter is to move', async () => {
    const liar = local.liar(deployed, { operator: 3 });
    await liar.start();
    const asked = await network.answered(network.reference);
    const [dispute, ...others] = await seen('the challenge is judged', ({ verdict }) => verdict === 'false');
    expect(others).to.deep.equal([]);
    expect(dispute?.request).to.equal(asked.id);
    expect(dispute?.slice).to.equal(asked.terms.slice.toString());
    const [challenge] = dispute?.challenges ?? [];
    expect(challenge?.challenger).to.equal(deployed.accounts.liar.address);
    expect(challenge?.turn).to.include({ by: 'refuter', move: 'demand' });
    expect(challenge?.left).to.be.within(1, CLOCKS.challengeWindowSeconds);

    const metrics = await get('/metrics');
    expect(metrics).to.include('worker_monitor_challenges{verdict="false"} 1');
    expect(metrics).to.include(`worker_monitor_at_risk_wei{kind="bond"} ${Number(challenge?.bond)}`);
    const text = await get('/');
    expect(text).to.match(/verdict {2}move/);
    expect(text).to.match(new RegExp(`${asked.id.slice(0, 10)}.* false .*demand .*refuter`));
    await liar.stop();
  });

  it('shows that the challenger owes an answer once its trace is demanded, and the way to its end', async () => {
    const verifier = local.verifier(deployed);
    await verifier.start();
    await seen('an answer is owed', ({ turn }) => turn.by === 'challenger' && turn.move === 'answer');
    const liar = local.liar(deployed, { operator: 3 });
    await liar.start();
    await eventually('the dispute is over', async () => (await shown()).disputes.length === 0, 60_000);
    expect(await get('/metrics')).to.include('worker_monitor_challenges{verdict="false"} 0');
    await liar.stop();
  });

  it('shows a true challenge as true', async () => {
    await network.answered(network.raised());
    const disputes = await seen('the challenge is judged', ({ verdict }) => verdict === 'true');
    expect(disputes[0]?.challenges[0]?.turn).to.include({ by: 'refuter', move: 'wait' });
  });

  it('has its parameters read from the chain by npm run economics', async () => {
    const said: string[] = [];
    const where = ['--addresses', deployed.addressesFile, '--rpc', local.chain.url];
    expect(await economics(['check', ...where], (text) => said.push(text)), said.join('')).to.equal(0);
    said.length = 0;
    expect(await economics(['--json', ...where], (text) => said.push(text))).to.equal(0);
    const { clocks } = JSON.parse(said.join('')).reports[0].report;
    expect(clocks).to.include({ challenge: 120, window: 60, response: 30 });
  });
});
