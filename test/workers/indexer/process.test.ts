import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { Address } from '#core/hex.ts';
import type { Hex } from '#ports/chain.ts';
import { placeEmptyJournal } from '../../../scripts/demo/journalTemplate.ts';
import {
  activityOf,
  balanceOf,
  balances,
  findRequest,
  modelByName,
  nodes,
  request,
  requestById,
  requests,
  search,
  stake,
  totals,
} from '../../../sdk/index.ts';
import { systemClock } from '../../../workers/adapters/clock/systemClock.ts';
import { eventDecoder } from '../../../workers/adapters/ethers/decodeEvents.ts';
import { EthersReader } from '../../../workers/adapters/ethers/reader.ts';
import { Rpc } from '../../../workers/adapters/ethers/rpc.ts';
import { ingest } from '../../../workers/indexer/ingest.ts';
import { patiently } from '../../../workers/watcher/patiently.ts';
import { CHAIN_ID } from '../../support/anvil.ts';
import { type Devnet, startDevnet, vectors } from '../../support/devnet.ts';
import { eventually } from '../../support/eventually.ts';
import { differences, Index } from '../../support/indexed.ts';
import { RoleProcess } from '../../support/process.ts';
import { rejectsLater } from '../../support/rejects.ts';
import { recordedLog, recordedMetrics } from '../../support/telemetry.ts';

const OPG = 10n ** 18n;
const NAME = 'examples/breast-cancer-mlp';

describe('an indexer as a process', () => {
  const home = mkdtempSync(path.join(tmpdir(), 'opg-indexer-'));
  const file = (name: string) => path.join(home, name);
  const running: RoleProcess[] = [];
  let devnet: Devnet;
  let url: string;

  const start = async (name: string) => {
    await placeEmptyJournal(path.join(file(name), 'journal'));
    const started = new RoleProcess('indexer', {
      OPG_RPC_URL: devnet.anvil.url,
      OPG_DEPLOYMENT: file('deployment.json'),
      OPG_FINALITY: '30',
      OPG_POLL_MS: '50',
      OPG_DATA_DIR: file(name),
    });
    running.push(started);
    return { started, url: String((await started.says('indexer started'))['url']) };
  };
  /** Waits until the index has read a block of the chain as it is now. */
  const upToDate = async (at = url) => {
    const head = await devnet.anvil.provider.getBlockNumber();
    await eventually(`the index is at block ${head}`, async () => (await blockAt(at)) >= head);
  };
  const blockAt = (at: string) =>
    totals(at).then(
      ({ asOf }) => asOf.block,
      () => -1,
    );
  /** Puts a request into a block of its own, and gives its id and its transaction. */
  const ask = async () => {
    const { node, version } = devnet;
    const asking = request(
      devnet.requester,
      { version, node: node.address, fee: 10n * OPG },
      vectors.vectors[0]?.inputs ?? {},
    );
    const asked = await asking;
    return { ...asked, hash: asked.receipt.hash as Hex };
  };
  const sameAsChain = async (account: Address) => {
    expect(await balances(url, account)).to.include(await balanceOf(devnet.node, account));
  };

  before(async function () {
    this.timeout(120_000);
    devnet = await startDevnet(home);
    writeFileSync(file('deployment.json'), JSON.stringify(devnet.deployment));
    ({ url } = await start('first'));
  });
  after(async () => {
    for (const role of running) await role.end('SIGKILL');
    await devnet?.anvil.stop();
    rmSync(home, { recursive: true, force: true });
  });

  it('finds a model by words and by task, says what it costs and who offers it', async () => {
    await upToDate();
    for (const query of [
      { text: 'breast cancer' },
      { text: 'nucleus MALIGNANCY' },
      { task: 'tabular' },
      { owner: 'examples' },
    ]) {
      const { models } = await search(url, query);
      expect(
        models.map(({ name }) => name),
        JSON.stringify(query),
      ).to.deep.equal([NAME]);
    }
    expect((await search(url, { text: 'breast digits' })).models).to.deep.equal([]);
    const { model, versions, offers } = await modelByName(url, NAME);
    expect(model).to.include({ version: devnet.version, task: 'tabular classification', offers: 1, verifiable: true });
    expect(model.fee).to.equal(await quoted());
    expect(versions[0]).to.include({ version: devnet.version, card: 'inline', retired: false });
    expect(offers).to.have.length(1);
    expect(offers[0]).to.include({ node: devnet.node.address, price: OPG, fee: model.fee, freeStake: 500_000n * OPG });
    expect((await nodes(url, { model: NAME })).nodes.map(({ node }) => node)).to.deep.equal([devnet.node.address]);
    expect((await rejectsLater('search.unknown', modelByName(url, 'examples/nothing'))).payload.what).to.include(
      'nothing',
    );
    const healthy = await fetch(`${url}/healthz`);
    expect(healthy.status).to.equal(200);
    expect((await fetch(`${url}/readyz`)).status).to.equal(200);
    expect(await (await fetch(`${url}/metrics`)).text()).to.match(/worker_watch_block [1-9]/);
  });
  const quoted = async () => {
    const parameters = await devnet.node.requests.parametersOf(await devnet.node.requests.currentSet());
    const divisor = 10_000n - BigInt(parameters.protocolBps) - BigInt(parameters.tipBps);
    return (OPG * 10_000n + divisor - 1n) / divisor;
  };

  it('forgets what a reorganisation took, and knows it again when it returns', async () => {
    const { anvil, requester } = devnet;
    const first = await ask();
    await upToDate();
    const mark = await anvil.mark();
    const second = await ask();
    await upToDate();
    expect((await requestById(url, second.id)).events.map(({ event }) => event)).to.deep.equal(['Requested']);
    expect((await activityOf(url, { model: NAME })).activity).to.include({ requests: 2, open: 2, repeatRequesters: 1 });
    await sameAsChain(requester.address);
    const raw = await anvil.send<Hex>('eth_getRawTransactionByHash', second.hash);
    await anvil.fallBack(mark, 4);

    await eventually('it is forgotten', () =>
      requestById(url, second.id).then(
        () => false,
        () => true,
      ),
    );
    await upToDate();
    expect((await requests(url, { model: NAME })).requests.map(({ id }) => id)).to.deep.equal([first.id]);
    expect((await activityOf(url, { model: NAME })).activity).to.include({ requests: 1, open: 1, repeatRequesters: 0 });
    await sameAsChain(requester.address);

    await anvil.send('eth_sendRawTransaction', raw);
    await eventually('it is known again', () =>
      requestById(url, second.id).then(
        () => true,
        () => false,
      ),
    );
    await sameAsChain(requester.address);
    expect((await findRequest(requester, second)).row.state).to.equal(
      (await requestById(url, second.id)).request.state,
    );
  });

  it('goes on where it was killed, and comes to what an index comes to that was left alone', async () => {
    const { anvil, node } = devnet;
    // No block but for a transaction, so that both come to the same block.
    await anvil.send('evm_setIntervalMining', 0);
    await anvil.send('evm_setAutomine', true);
    await Promise.all(Array.from({ length: 40 }, (_, i) => stake(node, 1n + BigInt(i))));
    await anvil.mine(30);
    const head = await anvil.provider.getBlockNumber();
    let killedUnderway = 0;
    for (let round = 1; killedUnderway < 2 && round < 10; round++) {
      const { started, url: at } = await start('killed');
      await eventually('it reads on', async () => (await blockAt(at)) > 0);
      const reached = await blockAt(at);
      await started.end('SIGKILL');
      if (reached < head) killedUnderway++;
      else break;
    }
    expect(killedUnderway, 'it was killed before it had read everything').to.be.at.least(1);
    const last = await start('killed');
    await upToDate(last.url);
    await last.started.end('SIGTERM');

    const straight = await Index.open();
    const stop = new AbortController();
    const rpc = await Rpc.connect({ url: anvil.url, chainId: CHAIN_ID });
    const reader = new EthersReader(
      rpc,
      CHAIN_ID,
      eventDecoder({ ...devnet.contracts, game: devnet.deployment.addresses.game as Hex }),
      {
        finality: { kind: 'depth', blocks: 30 },
        pollMs: 20,
      },
    );
    const parts = { reader, store: straight.store, startBlock: devnet.deployment.block };
    const telemetry = { log: recordedLog(), metrics: recordedMetrics() };
    const running = patiently({ clock: systemClock, ...telemetry }, stop.signal, (progress) =>
      ingest({ ...parts, ...telemetry }, stop.signal, progress),
    );
    await eventually('the other one is there too', async () => ((await straight.store.newest())?.number ?? 0) >= head);
    stop.abort();
    await running;
    rpc.close();
    const killed = await Index.open(`pglite:${file('killed/journal')}`);
    expect(differences(await killed.dump(), await straight.dump())).to.deep.equal([]);
    await killed.close();
    await straight.close();
  });
}).timeout(300_000);
