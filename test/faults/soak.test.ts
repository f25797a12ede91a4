/**
 * A network of real processes under steady load while a seeded schedule of faults goes on (docs/soak.md): every request is answered and paid once,
 * every wrong result condemned, and memory, handles and disk stay bounded. SOAK_SECONDS and SOAK_PAGE are for the long form.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { isProtocolError } from '#core/errors.ts';
import { replay } from '../../scripts/demo/balances.ts';
import { exampleModel } from '../../scripts/demo/models.ts';
import type { Process } from '../../scripts/demo/processes.ts';
import {
  type AskedOne,
  balanceOf,
  balances,
  deposit,
  request,
  setKey,
  setNode,
  setOffer,
  stake,
  totals,
} from '../../sdk/index.ts';
import { transact } from '../../sdk/transact.ts';
import { DisputedNetwork } from '../e2e/disputed.ts';
import { eventually } from '../support/eventually.ts';
import { faultStory } from '../support/faultStory.ts';
import { Proxies } from '../support/rpc/proxies.ts';
import { growthOf, growthTable, writeSoakPage } from './soak/page.ts';
import { blockOf, diskMiB, type Sample, used } from './soak/samples.ts';
import { type Blow, label, type Struck, weather } from './soak/weather.ts';

const SECONDS = Number(process.env['SOAK_SECONDS'] ?? 25);
const PAGE = process.env['SOAK_PAGE'];
const PER_SECOND = 2;
const LONG = SECONDS > 300;
/** Milliseconds between faults, and between samples. */
const [EVERY_MS, SAMPLE_MS] = LONG ? [12_000, 5_000] : [2_000, 1_000];
const OPG = 10n ** 18n;
const STAKE = 20_000n * OPG;
const [PRICE, FUNDS] = [OPG / 100n, 5_000n * OPG];
/** A result can be challenged for a minute: longer than a verifier is away. */
const CLOCKS = {
  challengeBaseSeconds: LONG ? 60 : 20,
  challengeWindowSeconds: LONG ? 30 : 12,
  responseSeconds: LONG ? 20 : 8,
  checkRateLog2: 50,
  sliceFloorOpg: '1',
};
const FOR_EVER = 2 ** 40 - 1;
/** A process that asks to be started again. */
const AGAIN = 75;

describe('a soak', function () {
  this.timeout((SECONDS + 600) * 1_000);
  const network = new DisputedNetwork();
  const { local } = network;
  const roles = new Map<Struck, Process>();
  /** Those that are struck at this moment: not running is as it should be. */
  const down = new Set<Struck>();
  const ways = ['node', 'keeper', 'verifier'] as const;
  let proxies: Proxies;
  let cheat: Process;

  async function start(seed: number) {
    await network.start(CLOCKS);
    const { deployed } = network;
    const { accounts, faucet } = deployed;
    proxies = await Proxies.start(local.chain.url, ways.length, seed);
    const rpc = (role: (typeof ways)[number]) => ({ network: { rpcUrl: proxies.urls[ways.indexOf(role)] } });
    roles.set('storage', local.storage);
    roles.set('node', local.node(deployed, rpc('node')));
    roles.set('keeper', local.keeper(deployed, rpc('keeper')));
    roles.set('verifier', local.verifier(deployed, rpc('verifier')));
    roles.set('indexer', local.indexer(deployed));
    cheat = local.cheat(deployed, { results: ['weight'] });
    const mlp = exampleModel('breast-cancer-mlp');
    const samples = mlp.vectors.slice(0, 2).map(({ inputs }) => inputs);
    const second = await network.publish(readFileSync(mlp.file), mlp.card, samples);
    for (const [account, amount] of [
      [accounts.node, STAKE],
      [accounts.cheat, STAKE],
      [accounts.requester, FUNDS],
    ] as const) {
      await transact(faucet, await faucet.token.transfer.populateTransaction(account.address, amount));
      await deposit(account, amount);
    }
    for (const account of [accounts.node, accounts.cheat]) await stake(account, STAKE);
    await setKey(accounts.node, { key: accounts.hotKey.address, until: FOR_EVER });
    const node = roles.get('node') as Process;
    await Promise.all([...roles.values(), cheat].map((one) => (one.running ? undefined : one.start())));
    await setNode(accounts.node, 1, node.url);
    const asked = [
      { version: network.tolerant.version, inputs: [0, 1, 2, 3].map((index) => network.picture(index)) },
      { version: network.exact.version, inputs: [4, 5, 6].map((index) => network.picture(index)) },
      { version: second.version, inputs: mlp.vectors.slice(0, 9).map(({ inputs }) => inputs) },
    ];
    for (const { version } of asked)
      await setOffer(accounts.node, version, { price: PRICE, minReserved: 0, until: FOR_EVER });
    return { deployed, asked };
  }
  after(async () => {
    for (const role of roles.values()) if (role.pid) resume(role.pid);
    await proxies?.stop();
    await network.stop();
  });

  faultStory('soak', async ({ seed, saw }) => {
    const { deployed, asked } = await start(seed);
    const { accounts, net } = deployed;
    const blows = weather(seed, SECONDS * 1_000, EVERY_MS);
    const began = Date.now();
    const right: AskedOne[] = [];
    const wrong: AskedOne[] = [];
    const samples: Sample[] = [];
    let restarts = 0;
    let crowded = 0;
    let over = false;

    /** While the node is away requests stay open, and a requester has only so many lanes: it waits, as any would. */
    async function unlessCrowded(asking: Promise<AskedOne>): Promise<AskedOne | undefined> {
      return await asking.catch((error: unknown) => {
        if (!isProtocolError(error, 'request.lanes_busy')) throw error;
        crowded++;
        return undefined;
      });
    }

    async function load(): Promise<void> {
      for (let i = 0; !over; i++) {
        const { version, inputs } = asked[i % asked.length] as (typeof asked)[number];
        const options = { version, node: accounts.node.address, pay: 'balance' } as const;
        const one = await unlessCrowded(request(accounts.requester, options, inputs[i % inputs.length] ?? {}));
        if (one) right.push(one);
        await sleep(Math.max(0, began + ((i + 1) * 1_000) / PER_SECOND - Date.now()));
      }
    }

    async function strike(blow: Blow): Promise<void> {
      if (blow.kind === 'cheat') {
        const one = await unlessCrowded(network.asked(wrong.length % 4));
        if (one) wrong.push(one);
        return;
      }
      if (blow.kind === 'rpc') {
        await proxies.order(ways.indexOf(blow.role), blow.fault);
        await sleep(blow.ms);
        await proxies.order(ways.indexOf(blow.role));
        return;
      }
      const role = roles.get(blow.role) as Process;
      down.add(blow.role);
      if (blow.kind === 'freeze') {
        process.kill(role.pid as number, 'SIGSTOP');
        await sleep(blow.ms);
        resume(role.pid as number);
      } else {
        await (blow.kind === 'kill' ? role.kill() : role.stop());
        await sleep(blow.ms);
        await role.start();
      }
      down.delete(blow.role);
    }

    async function storm(): Promise<void> {
      for (const { atMs, blow } of blows) {
        await sleep(Math.max(0, began + atMs - Date.now()));
        if (over) return;
        await strike(blow);
      }
    }

    /** What a supervisor does: a process that ends with 75 is started again, one that ends otherwise needs a person. */
    async function supervise(): Promise<void> {
      for (const [name, role] of roles) {
        if (role.running || down.has(name)) continue;
        expect(role.exitCode, `the ${name} ended by itself:\n${role.tail()}`).to.equal(AGAIN);
        restarts++;
        await role.start();
      }
    }

    async function measure(): Promise<void> {
      for (let told = 0; !over; ) {
        await supervise();
        const head = await net.provider.getBlockNumber();
        const at = (Date.now() - began) / 1_000;
        if (LONG && at >= 60 * (told + 1)) {
          told = Math.floor(at / 60);
          console.log(
            `      ${told} of ${SECONDS / 60} min: ${right.length} requests, ${restarts} exits for a restart`,
          );
        }
        for (const [role, { pid, url, running }] of roles) {
          const found = running && !down.has(role) ? used(pid as number) : undefined;
          if (!found) continue;
          const block = role === 'storage' ? undefined : await blockOf(url);
          const lagBlocks = block === undefined ? undefined : Math.max(0, head - block);
          samples.push({ at, role, ...found, diskMiB: diskMiB(path.join(local.directory, role)), lagBlocks });
        }
        await sleep(SAMPLE_MS);
      }
    }

    const working = [load(), storm(), measure()];
    const never = new Promise<never>(() => {});
    // Only a failure ends the time early.
    await Promise.race([sleep(SECONDS * 1_000), ...working.map((one) => one.then(() => never))]);
    over = true;
    await Promise.all(working);

    const ended = Date.now();
    const counted = async (name: 'Submitted' | 'Finalised' | 'Condemned', ids: readonly AskedOne[]) => {
      const wanted = new Set<string>(ids.map(({ id }) => id));
      const { topicHash } = net.requests.interface.getEvent(name);
      const address = net.deployment.addresses.requests;
      const logs = await net.provider.getLogs({ address, topics: [topicHash], fromBlock: net.deployment.block });
      return logs.map(({ topics }) => topics[1] ?? '').filter((id) => wanted.has(id));
    };
    const finished = async () => {
      await supervise();
      const [paid, condemned] = [await counted('Finalised', right), await counted('Condemned', wrong)];
      return paid.length >= right.length && condemned.length >= wrong.length;
    };
    await eventually('every request has ended', finished, 300_000).catch(async (error: Error) => {
      const paid = new Set(await counted('Finalised', right));
      const open = right.filter(({ id }) => !paid.has(id)).map(({ id }) => id);
      expect.fail(`${error.message} Open: ${open.slice(0, 5)} (${open.length})\n${local.complaints().join('\n')}`);
    });
    const drainSeconds = (Date.now() - ended) / 1_000;

    const ids = (some: readonly AskedOne[]) => some.map(({ id }) => id as string).sort();
    for (const name of ['Submitted', 'Finalised'] as const)
      expect((await counted(name, right)).sort(), name).to.deep.equal(ids(right));
    expect((await counted('Condemned', wrong)).sort()).to.deep.equal(ids(wrong));
    for (const account of [accounts.hotKey, accounts.keeper, accounts.verifier]) {
      const { address } = account;
      const mined = await net.provider.getTransactionCount(address, 'latest');
      expect(await net.provider.getTransactionCount(address, 'pending'), address).to.equal(mined);
    }
    await sameBalances();
    const soaked = { seed, seconds: SECONDS, perSecond: PER_SECOND, samples, blows, drainSeconds };
    if (PAGE) writeSoakPage(PAGE, { ...soaked, answered: right.length, condemned: wrong.length });
    console.log(growthTable(samples));
    saw(
      `${SECONDS} s, ${right.length} requests, ${blows.length} faults, ${wrong.length} wrong results, ${restarts} exits for a restart, ${crowded} requests that found no lane`,
    );
    for (const { role, early, late } of growthOf(samples, 'residentMiB'))
      if (LONG) expect(late, `memory of the ${role}, MiB`).to.be.lessThan(early * 1.5 + 100);
    for (const { role, early, late } of growthOf(samples, 'handles'))
      if (LONG) expect(late, `handles of the ${role}`).to.be.lessThan(early * 1.5 + 20);
    if (!LONG) console.log(`      faults: ${blows.map(({ blow }) => label(blow)).join(', ')}`);

    /** Chain, events and index agree to the wei. */
    async function sameBalances(): Promise<void> {
      const url = (roles.get('indexer') as Process).url;
      const head = await net.provider.getBlockNumber();
      await eventually('the index has caught up', async () => (await totals(url)).asOf.block >= head, 60_000);
      for (const account of (await replay(net)).accounts()) {
        const { available, stake: staked, unbonding } = await balanceOf(net, account);
        const told = await balances(url, account);
        expect([told.available, told.stake, told.unbonding], account).to.deep.equal([available, staked, unbonding]);
      }
    }
  });
});

function resume(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // It is gone.
  }
}
