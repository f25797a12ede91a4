/** Nodes, keepers and verifiers that share what one of them should have alone, are asked to end in the middle of their work, or whose clocks jump. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { Deployed } from '../../scripts/demo/localNetwork.ts';
import type { Process } from '../../scripts/demo/processes.ts';
import { type AskedOne, findRequest, request, totals } from '../../sdk/index.ts';
import { DisputedNetwork } from '../e2e/disputed.ts';
import { auditChain } from '../support/chainAudit.ts';
import { eventually } from '../support/eventually.ts';
import { faultStory } from '../support/faultStory.ts';

const CLOCKS = { challengeBaseSeconds: 4, challengeWindowSeconds: 6, responseSeconds: 4, checkRateLog2: 50 };
const OPG = 10n ** 18n;
const NODE = 'workers/node/main.ts';
/** Somebody else has it already: a supervisor should try again later (EX_TEMPFAIL). */
const BUSY = 75;

describe('processes of which there are too many, or at the wrong time', function () {
  this.timeout(600_000);
  const network = new DisputedNetwork();
  const { local } = network;
  let deployed: Deployed;
  const running: Process[] = [];
  before(async () => {
    await network.start(CLOCKS);
    deployed = network.deployed;
  });
  afterEach(async () => {
    for (const one of running.splice(0)) await one.stop();
  });
  after(() => network.stop());

  async function wake(role: Process, more: Readonly<Record<string, string>> = {}): Promise<Process> {
    running.push(role);
    await role.start(more);
    return role;
  }
  const node = () => local.cheat(deployed, {}, {}, NODE);
  const key = (party: 'cheat' | 'owner' | 'liar') => ({ signer: { keyFile: local.keys.fileOf(party) } });
  const askFor = async (count: number, change: Partial<Parameters<typeof request>[1]> = {}) => {
    const asked: AskedOne[] = [];
    const options = { version: network.tolerant.version, node: deployed.accounts.cheat.address, fee: OPG, ...change };
    for (let n = 0; n < count; n++)
      asked.push(await request(deployed.accounts.requester, options, network.picture(n % 8)));
    return asked;
  };
  const ended = (asked: readonly AskedOne[], state: string) =>
    eventually(
      `all are ${state}`,
      async () => {
        const found = await Promise.all(asked.map((one) => findRequest(deployed.net, one)));
        return found.every(({ row }) => row.state === state);
      },
      240_000,
    ).catch((error: Error) => expect.fail(`${error.message}\n${running.map((one) => one.tail(20)).join('\n')}`));
  const block = () => deployed.net.provider.getBlockNumber();
  /** Of a key since a block, and how many the contracts refused. */
  async function sent(address: string, from: number) {
    let [count, refused] = [0, 0];
    for (let number = from; number <= (await block()); number++)
      for (const one of (await deployed.net.provider.getBlock(number, true))?.prefetchedTransactions ?? []) {
        if (one.from.toLowerCase() !== address.toLowerCase()) continue;
        count++;
        if ((await deployed.net.provider.getTransactionReceipt(one.hash))?.status !== 1) refused++;
      }
    return { count, refused };
  }

  faultStory('sigterm-under-load', async ({ saw }) => {
    const from = (await block()) + 1;
    const role = await wake(node());
    const asked = await askFor(16);
    const ends: number[] = [];
    for (let n = 0; n < 3; n++) {
      const before = Date.now();
      await role.stop(); // kills it after 15 s
      ends.push(Math.round((Date.now() - before) / 100) / 10);
      expect([role.exitCode, role.signal], `it ended by itself:\n${role.tail(20)}`).to.deep.equal([0, null]);
      await role.start();
      if (n < 2) asked.push(...(await askFor(4)));
    }
    await ended(asked, 'Final');
    await eventually('it has no transaction under way', async () =>
      /^worker_submit_open_intents 0$/m.test(await (await fetch(`${role.url}/metrics`)).text()),
    );
    await role.stop();
    const holders = [{ account: deployed.accounts.cheat, journal: path.join(network.directory, 'cheat/data/journal') }];
    const { requests } = await auditChain(deployed, holders, { from });
    expect(requests).to.equal(asked.length);
    saw(
      `${requests} requests; it ended by itself ${ends.length} times, after ${ends.join(', ')} s; nothing lost, nothing twice`,
    );
  });

  faultStory('clock-jumps', async ({ seed, saw }) => {
    const from = (await block()) + 1;
    const file = path.join(network.directory, 'clock');
    const preload = new URL('../support/clockJump.ts', import.meta.url).href;
    const jumpy = { CLOCK_FILE: file, NODE_OPTIONS: `--import ${preload}` };
    const role = await wake(node(), jumpy);
    const jumps = [6 + (seed % 5), -30, 0, 24 * 400];
    const asked = await askFor(2);
    for (const hours of jumps) {
      writeFileSync(file, `${hours}`);
      process.kill(role.pid as number, 'SIGUSR2');
      asked.push(...(await askFor(3)));
    }
    await ended(asked, 'Final');
    expect(role.running).to.equal(true);
    // And one that starts with a clock that is wrong.
    await role.stop();
    await role.start(jumpy);
    expect(role.tail(200)).to.include('the clock was wrong and follows the chain now');
    asked.push(...(await askFor(2)));
    await ended(asked, 'Final');
    const { requests } = await auditChain(deployed, [], { from });
    expect(requests).to.equal(asked.length);
    saw(`${requests} requests served while the clock went to ${jumps.map((hours) => `${hours} h`).join(', ')}`);
  });

  /** A second process on what the first one has. */
  async function refused(second: Process): Promise<void> {
    await second.start().then(
      () => expect.fail('it started'),
      () => {},
    );
    expect(second.exitCode).to.equal(BUSY);
    expect(second.tail(30)).to.include('sql.locked');
  }

  faultStory('two-nodes-one-journal', async ({ saw }) => {
    const first = await wake(node());
    await refused(node());
    const asked = await askFor(2);
    await ended(asked, 'Final');
    expect(first.running).to.equal(true);
    saw(`the second ended with ${BUSY}, the first served`);
  });

  faultStory('two-nodes-one-key', async ({ saw }) => {
    const from = (await block()) + 1;
    const { cheat } = deployed.accounts;
    await wake(node());
    await wake(local.node(deployed, { signer: { keyFile: local.keys.fileOf('cheat'), account: cheat.address } }));
    const asked = await askFor(8);
    await ended(asked, 'Final');
    for (const role of running) expect(role.running, role.name).to.equal(true);
    const { requests } = await auditChain(deployed, [], { from });
    expect(requests).to.equal(asked.length);
    const { count, refused } = await sent(cheat.address, from);
    saw(`${requests} requests served and paid once; ${count} transactions of the key, ${refused} of them refused`);
  });

  faultStory('two-indexers', async ({ saw }) => {
    const places = ['indexer', 'indexer-2'].map((name) => local.indexer(deployed, {}, name));
    for (const role of places) await wake(role);
    await refused(local.indexer(deployed));
    await wake(node());
    await ended(await askFor(4), 'Final');
    const head = await block();
    const answers = await Promise.all(
      places.map(({ url }) =>
        eventually('it has caught up', async () => {
          const all = await totals(url);
          return all.asOf.block >= head ? { ...all, asOf: undefined } : undefined;
        }),
      ),
    );
    expect(answers[0]?.requests['Final']).to.be.at.least(4);
    expect(answers[0]).to.deep.equal(answers[1]);
    saw(`one on a database that another has ended with ${BUSY}; two with their own say the same`);
  });

  faultStory('two-monitors', async ({ saw }) => {
    const first = await wake(local.monitor(deployed));
    await refused(local.monitor(deployed));
    const { alarms } = (await (await fetch(`${first.url}/v1/disputes`)).json()) as { alarms: unknown };
    expect(alarms).to.not.equal(undefined);
    saw(`the second ended with ${BUSY}, the first answers`);
  });

  faultStory('two-keepers', async ({ saw }) => {
    const from = (await block()) + 1;
    const { keeper, owner } = deployed.accounts;
    await wake(local.keeper(deployed, { keeper: { expire: true } }));
    await wake(local.spare(deployed, { keeper: { expire: true }, ...key('owner') }));
    // Nobody serves these.
    const asked = await askFor(8, { deadlineSeconds: 900, reservedSeconds: 900 });
    await network.turnTo((asked.at(-1) as AskedOne).terms.deadline + 1);
    await ended(asked, 'Expired');
    for (const role of running) expect(role.running, role.name).to.equal(true);
    const { requests } = await auditChain(deployed, [], { from });
    const [one, other] = [await sent(keeper.address, from), await sent(owner.address, from)];
    saw(
      `${requests} requests paid back once; ${one.count} and ${other.count} transactions, ${one.refused + other.refused} refused`,
    );
  });

  faultStory('two-verifiers', async ({ saw }) => {
    const from = (await block()) + 1;
    const { game, accounts } = deployed;
    await wake(local.verifier(deployed));
    await wake(local.liar(deployed, {}, 'workers/verifier/main.ts'));
    const wrong = await network.answered(network.raised());
    const upheld = async () => (await game.queryFilter(game.filters.Upheld(wrong.id), from)).length;
    await eventually('both challenges are upheld', async () => (await upheld()) === 2, 240_000).catch((error: Error) =>
      expect.fail(`${error.message}\n${running.map((one) => one.tail(20)).join('\n')}`),
    );
    const claimed = async () => game.queryFilter(game.filters.PotClaimed(wrong.id), from);
    await network.turnTo((await network.now()) + CLOCKS.challengeWindowSeconds + 17 * CLOCKS.responseSeconds + 30);
    await eventually('the pot is claimed', async () => (await claimed()).length > 0, 240_000);
    const posted = await game.queryFilter(game.filters.Challenged(wrong.id), from);
    expect(new Set(posted.map(({ args }) => args.challenger)).size).to.equal(2);
    const [first] = posted;
    const pots = await claimed();
    expect(pots.map(({ args }) => args.challenger)).to.deep.equal([first?.args.challenger]);
    await auditChain(deployed, [], { from });
    const moves = [await sent(accounts.verifier.address, from), await sent(accounts.liar.address, from)];
    saw(
      `two challenges upheld, one slice, one pot; ${moves.map(({ count }) => count).join(' and ')} transactions, ${moves.reduce((sum, { refused }) => sum + refused, 0)} refused`,
    );
  });
});
