/** Another key than before, and a signer that is away: no transaction is stranded, none is sent by two keys, no nonce is left out. */
import { expect } from 'chai';
import type { BlockRef, Hex } from '#ports/chain.ts';
import type { Intent, Outbox } from '#ports/outbox.ts';
import type { Signer } from '#ports/signer.ts';
import { type NodeRegistry, NodeRegistry__factory } from '#types';
import { latest, refOf } from '../../../workers/adapters/ethers/blocks.ts';
import { Rpc } from '../../../workers/adapters/ethers/rpc.ts';
import { EthersSender } from '../../../workers/adapters/ethers/sender.ts';
import { outboxMigrations } from '../../../workers/adapters/outbox/migrations.ts';
import { sqlOutbox } from '../../../workers/adapters/outbox/outbox.ts';
import { KeySigner } from '../../../workers/adapters/signer/localKey.ts';
import { RemoteSigner } from '../../../workers/adapters/signer/remote.ts';
import { type Database, openDatabase } from '../../../workers/adapters/sql/open.ts';
import { type Keys, openDispatcher } from '../../../workers/submitter/keyRing.ts';
import { Anvil, CHAIN_ID, KEYS } from '../../support/anvil.ts';
import { rejectsLater } from '../../support/rejects.ts';
import { startSigner } from '../../support/signerProcess.ts';
import { recordedLog, recordedMetrics } from '../../support/telemetry.ts';

const POLICY = { maxFeePerGas: 500n * 10n ** 9n, replaceAfterBlocks: 3, urgentSeconds: 0 };
const first = new KeySigner(KEYS[1]);
const second = new KeySigner(KEYS[2]);

describe('a process whose key is another one than before', () => {
  let anvil: Anvil;
  let rpc: Rpc;
  let database: Database;
  let outbox: Outbox;
  let registry: NodeRegistry;
  let metrics = recordedMetrics();

  before(async () => {
    database = await openDatabase('pglite:memory', [outboxMigrations]);
    outbox = sqlOutbox(database.sql);
  });
  after(() => database.close());
  beforeEach(async () => {
    await database.sql.query('truncate outbox_attempt, outbox_intent, outbox_nonce');
    metrics = recordedMetrics();
    anvil = await Anvil.start('--no-mining');
    registry = await new NodeRegistry__factory(anvil.wallet(0)).deploy();
    await anvil.mine();
    rpc = await Rpc.connect({ url: anvil.url, chainId: CHAIN_ID });
  });
  afterEach(async () => {
    rpc.close();
    await anvil.stop();
  });

  /** As a new process has it: nothing but what is stored. */
  const start = (signer: Signer, { retired = [], lost = [] }: Partial<Keys> = {}, sender = new EthersSender(rpc)) =>
    openDispatcher(
      {
        chainId: CHAIN_ID,
        outbox,
        sender,
        clock: { now: () => 1_700_000_000_000, sleep: async () => {} },
        policy: POLICY,
        log: recordedLog(),
        metrics,
      },
      { signer, retired, lost },
    );
  const announce = (endpoint: string): Omit<Intent, 'from'> => ({
    purpose: `announce:${endpoint}`,
    to: String(registry.target) as Hex,
    data: registry.interface.encodeFunctionData('setNode', [1, endpoint]) as Hex,
    expiresAt: undefined,
  });
  const head = async (): Promise<BlockRef> => refOf(await latest(rpc));
  const follow = async (ours: { follow(head: BlockRef, final?: BlockRef): Promise<unknown> }, blocks = 1) => {
    for (let i = 0; i < blocks; i++) {
      await anvil.mine();
      await ours.follow(await head(), await head());
    }
  };
  const endpointOf = async ({ address }: Signer) => (await registry.nodeOf(address)).endpoint;
  const mined = ({ address }: Signer) => anvil.send<string>('eth_getTransactionCount', address, 'latest').then(Number);
  const open = () => outbox.openBySender().then((found) => Object.fromEntries(found));
  const deaf = () => {
    const sender = new EthersSender(rpc);
    sender.broadcast = async () => 'accepted';
    return sender;
  };

  it('does not start while transactions of another key are open and nobody would follow them', async () => {
    const before = await start(first);
    await before.send(announce('a'));
    const error = await rejectsLater('signer.former_key', start(second));
    expect(error.message).to.contain(`1 transactions of the key ${first.address}`);
    await start(first);
    await follow(before, 2);
    await start(second);
  });

  it('follows what the former key had signed, and sends the new under the present one', async () => {
    await (await start(first, {}, deaf())).send(announce('a'));
    const ours = await start(second, { retired: [first] });
    await ours.send(announce('b'));
    await follow(ours);
    expect(metrics.values.get('worker_submit_open_intents')).to.equal(1);
    expect(metrics.values.get('worker_submit_former_intents')).to.equal(1);
    await follow(ours, 3);
    expect([await endpointOf(first), await endpointOf(second)]).to.deep.equal(['a', 'b']);
    expect([await mined(first), await mined(second)]).to.deep.equal([1, 1]);
    expect(await open()).to.deep.equal({});
    expect(metrics.values.get('worker_submit_former_intents')).to.equal(0);
  });

  it('replaces what the former key offered too little for', async () => {
    await (await start(first)).send(announce('a'));
    await anvil.send('anvil_dropAllTransactions');
    const ours = await start(second, { retired: [first] });
    for (let i = 0; i < 6; i++) {
      await anvil.send('anvil_setNextBlockBaseFeePerGas', '0x174876e800');
      await follow(ours);
    }
    expect((await outbox.get('announce:a'))?.attempts.length).to.be.greaterThan(1);
    expect((await outbox.get('announce:a'))?.from).to.equal(first.address);
  });

  it('signs what the former key had not begun', async () => {
    await outbox.plan({ ...announce('a'), from: first.address });
    const ours = await start(second, { retired: [first] });
    await follow(ours, 3);
    expect([await endpointOf(first), await endpointOf(second)]).to.deep.equal(['', 'a']);
  });

  it('uses up a nonce that the former key was given, so that what comes after it is not stuck', async () => {
    await outbox.plan({ ...announce('a'), from: first.address });
    await outbox.allocateNonce('announce:a', 0);
    await outbox.plan({ ...announce('b'), from: first.address });
    await outbox.allocateNonce('announce:b', 0);
    const ours = await start(second, { retired: [first] });
    // Asked for again meanwhile: it stays with the key that has it.
    expect((await ours.send(announce('a'))).from).to.equal(first.address);
    await follow(ours, 4);
    expect([await mined(first), await mined(second)]).to.deep.equal([2, 0]);
    expect(await open()).to.deep.equal({});
  });

  it('sends again what a lost key had signed, and signs the rest itself', async () => {
    await (await start(first, {}, deaf())).send(announce('a'));
    await outbox.plan({ ...announce('b'), from: first.address });
    await outbox.allocateNonce('announce:b', 0);
    const ours = await start(second, { lost: [first.address] });
    await follow(ours, 4);
    expect([await endpointOf(first), await endpointOf(second)]).to.deep.equal(['a', 'b']);
    expect(await open()).to.deep.equal({});
  });

  it('sends what a lost key had signed even after its deadline: nobody can sign the cancel, and what is behind waits', async () => {
    const before = await start(first, {}, deaf());
    const { timestamp } = await head();
    await before.send({ ...announce('late'), expiresAt: timestamp + 5 });
    await before.send(announce('behind'));
    await anvil.send('evm_increaseTime', 100);
    const ours = await start(second, { lost: [first.address] });
    await follow(ours, 6);
    expect([await mined(first), await endpointOf(first)]).to.deep.equal([2, 'behind']);
    expect(await open()).to.deep.equal({});
  });

  it('follows one key, and tells what became of its transactions, when the other cannot be followed', async () => {
    await (await start(first)).send(announce('a'));
    const sender = new EthersSender(rpc);
    const ours = await start(second, { retired: [first] }, sender);
    await ours.send(announce('b'));
    await anvil.mine();
    for (const [broken, told] of [
      [first, 'announce:b'],
      [second, 'announce:a'],
    ] as const) {
      sender.minedNonce = async (address) => {
        if (address === broken.address) throw new Error('broken');
        return 1;
      };
      expect((await ours.follow(await head(), undefined)).map(({ purpose }) => purpose)).to.deep.equal([told]);
    }
  });

  it('waits for a signer that is away, keeps nothing that it did not ask for, and leaves no nonce out', async () => {
    const away = await startSigner(KEYS[1]);
    const connect = (path: string) =>
      RemoteSigner.connect({ url: `${away.url}${path}`, address: first.address, api: 'eth', timeoutMs: 2_000 });
    const [lying, remote] = [await connect('/nonce'), await connect('/')];
    const fooled = await start(lying);
    expect((await fooled.send(announce('a'))).status).to.equal('planned');
    expect((await outbox.get('announce:a'))?.attempts).to.deep.equal([]);
    expect(metrics.values.get('worker_submit_deferred_total{code="signer.wrong_answer"}')).to.equal(1);
    await away.stop();
    const ours = await start(remote);
    expect((await ours.send(announce('b'))).status).to.equal('planned');
    await follow(ours, 2);
    expect(await mined(first)).to.equal(0);
    const back = await startSigner(KEYS[1], '', away.port);
    await follow(ours, 3);
    await back.stop();
    expect([await mined(first), await endpointOf(first)]).to.deep.equal([2, 'b']);
    expect(await open()).to.deep.equal({});
    // Only what was mined went out: a lie in the pool would be waiting there.
    const pool = await anvil.send<{ pending: string; queued: string }>('txpool_status');
    expect(pool).to.deep.equal({ pending: '0x0', queued: '0x0' });
  });
});
