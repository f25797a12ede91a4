import { expect } from 'chai';
import { Transaction } from 'ethers';
import { ProtocolError } from '#core/errors.ts';
import type { BlockRef, ChainSender, Hex } from '#ports/chain.ts';
import type { Intent, Outbox } from '#ports/outbox.ts';
import { type NodeRegistry, NodeRegistry__factory } from '#types';
import { latest, refOf } from '../../../workers/adapters/ethers/blocks.ts';
import { Rpc } from '../../../workers/adapters/ethers/rpc.ts';
import { EthersSender } from '../../../workers/adapters/ethers/sender.ts';
import { outboxMigrations } from '../../../workers/adapters/outbox/migrations.ts';
import { sqlOutbox } from '../../../workers/adapters/outbox/outbox.ts';
import { KeySigner } from '../../../workers/adapters/signer/localKey.ts';
import { type Database, openDatabase } from '../../../workers/adapters/sql/open.ts';
import { OutboxDispatcher } from '../../../workers/submitter/dispatcher.ts';
import type { FeePolicy } from '../../../workers/submitter/fees.ts';
import { Anvil, CHAIN_ID, KEYS } from '../../support/anvil.ts';
import { faultStory } from '../../support/faultStory.ts';
import { recordedLog, recordedMetrics } from '../../support/telemetry.ts';

const POLICY: FeePolicy = { maxFeePerGas: 500n * 10n ** 9n, replaceAfterBlocks: 3, urgentSeconds: 0 };

describe('the dispatcher on a chain', () => {
  let anvil: Anvil;
  let rpc: Rpc;
  let database: Database;
  let outbox: Outbox;
  let registry: NodeRegistry;
  let address: Hex;

  before(async () => {
    database = await openDatabase('pglite:memory', [outboxMigrations]);
    outbox = sqlOutbox(database.sql);
  });
  after(() => database.close());
  beforeEach(async () => {
    await database.sql.query('truncate outbox_attempt, outbox_intent, outbox_nonce');
    anvil = await Anvil.start('--no-mining');
    registry = await new NodeRegistry__factory(anvil.wallet(0)).deploy();
    await anvil.mine();
    address = (await registry.getAddress()) as Hex;
    rpc = await Rpc.connect({ url: anvil.url, chainId: CHAIN_ID });
  });
  afterEach(async () => {
    rpc.close();
    await anvil.stop();
  });

  const signer = new KeySigner(KEYS[1]);
  /** A dispatcher as a new process has it: nothing but what is stored. */
  const dispatcher = (sender: ChainSender = new EthersSender(rpc), policy = POLICY) =>
    new OutboxDispatcher({
      chainId: CHAIN_ID,
      outbox,
      sender,
      signer,
      clock: { now: () => 1_700_000_000_000, sleep: async () => {} },
      policy,
      log: recordedLog(),
      metrics: recordedMetrics(),
    });

  const announce = (endpoint: string, change: Partial<Intent> = {}): Omit<Intent, 'from'> => ({
    purpose: `announce:${endpoint}`,
    to: address,
    data: registry.interface.encodeFunctionData('setNode', [1, endpoint]) as Hex,
    expiresAt: undefined,
    ...change,
  });
  const head = async (): Promise<BlockRef> => refOf(await latest(rpc));
  const finalAt = async (depth: number) => {
    const { number, ...rest } = await head();
    return { ...rest, number: number - depth };
  };
  const endpointOnChain = async () => (await registry.nodeOf(signer.address)).endpoint;
  const status = async (endpoint: string) => (await outbox.get(`announce:${endpoint}`))?.status;
  const mined = () => anvil.send<string>('eth_getTransactionCount', signer.address, 'latest').then(Number);

  it('sends, sees it mined, and settles it when it is final', async () => {
    const ours = dispatcher();
    expect((await ours.send(announce('a'))).status).to.equal('signed');
    await anvil.mine();
    await ours.follow(await head(), undefined);
    expect(await status('a')).to.equal('mined');
    expect(await endpointOnChain()).to.equal('a');
    await anvil.mine(2);
    const changed = await ours.follow(await head(), await finalAt(1));
    expect(changed.map((intent) => intent.status)).to.deep.equal(['settled']);
  });

  it('sends one purpose once, however often it is asked to', async () => {
    const ours = dispatcher();
    await Promise.all([ours.send(announce('a')), ours.send(announce('a')), ours.send(announce('a'))]);
    await anvil.mine();
    expect(await mined()).to.equal(1);
  });

  it('gives nonces in order to many senders at once', async () => {
    const ours = dispatcher();
    await Promise.all(Array.from({ length: 8 }, (_, i) => ours.send(announce(`n${i}`))));
    await anvil.mine();
    expect(await mined()).to.equal(8);
  });

  it('abandons what the contract refuses, keeps the reason, and leaves no gap', async () => {
    const ours = dispatcher();
    const refused = announce('x', { data: '0xdeadbeef' });
    expect((await ours.send(refused)).status).to.equal('planned');
    for (let i = 0; i < 5; i++) {
      await anvil.mine();
      await ours.follow(await head(), undefined);
    }
    const found = await outbox.get(refused.purpose);
    expect(found).to.deep.include({ status: 'abandoned', nonce: undefined });
    expect(found?.reason).to.match(/^chain\.reverted: /);
    await ours.send(announce('next'));
    await anvil.mine();
    expect(await endpointOnChain()).to.equal('next');
  });

  it('broadcasts the same bytes again after a death between signature and broadcast', async () => {
    const dead = new EthersSender(rpc);
    dead.broadcast = async () => {
      throw new Error('killed');
    };
    await dispatcher(dead)
      .send(announce('a'))
      .catch(() => {});
    const before = await outbox.get('announce:a');
    expect(before?.status).to.equal('signed');
    await dispatcher().follow(await head(), undefined);
    await anvil.mine();
    expect(await endpointOnChain()).to.equal('a');
    expect((await outbox.get('announce:a'))?.attempts).to.deep.equal(before?.attempts);
  });

  it('signs with the nonce it had after a death between nonce and signature', async () => {
    await outbox.plan({ ...announce('a'), from: signer.address });
    await outbox.allocateNonce('announce:a', 0);
    const ours = dispatcher();
    await ours.follow(await head(), undefined);
    await ours.send(announce('b'));
    await anvil.mine();
    expect(await mined()).to.equal(2);
    expect((await outbox.get('announce:a'))?.nonce).to.equal(0);
  });

  it('fills the nonce of an intent that ran out of time before it was signed', async () => {
    await outbox.plan({ ...announce('late', { expiresAt: 1 }), from: signer.address });
    await outbox.allocateNonce('announce:late', 0);
    const ours = dispatcher();
    await ours.send(announce('b'));
    await ours.follow(await head(), undefined);
    await anvil.mine();
    expect(await mined()).to.equal(2);
    expect(await endpointOnChain()).to.equal('b');
    await ours.follow(await head(), undefined);
    await anvil.mine();
    await ours.follow(await head(), await head());
    expect(await status('late')).to.equal('abandoned');
  });

  it('replaces what is not mined, with both fees a tenth higher, within the cap', async () => {
    await anvil.send('anvil_setNextBlockBaseFeePerGas', '0x77359400'); // 2 gwei
    await anvil.mine();
    const ours = dispatcher(undefined, { ...POLICY, maxFeePerGas: 8n * 10n ** 9n });
    await ours.send(announce('slow'));
    for (let i = 0; i < 12; i++) {
      // Far above what was offered: blocks go by without the transaction.
      await anvil.send('anvil_setNextBlockBaseFeePerGas', '0x174876e800');
      await anvil.mine();
      await ours.follow(await head(), undefined);
    }
    const attempts = (await outbox.get('announce:slow'))?.attempts ?? [];
    expect(attempts.length).to.be.greaterThan(1);
    attempts.slice(1).forEach((attempt, i) => {
      const last = attempts[i];
      expect(attempt.maxFeePerGas * 10n >= (last?.maxFeePerGas ?? 0n) * 11n).to.equal(true);
      expect(attempt.maxPriorityFeePerGas * 10n >= (last?.maxPriorityFeePerGas ?? 0n) * 11n).to.equal(true);
      expect(attempt.maxFeePerGas <= 8n * 10n ** 9n).to.equal(true);
    });
    for (let i = 0; i < 3; i++) {
      await anvil.send('anvil_setNextBlockBaseFeePerGas', '0x1');
      await anvil.mine();
      await ours.follow(await head(), undefined);
    }
    expect(await status('slow')).to.equal('mined');
    expect(await mined()).to.equal(1);
  });

  it('cancels what ran out of time while it was waiting to be mined', async () => {
    const ours = dispatcher();
    const { timestamp } = await head();
    await ours.send(announce('late', { expiresAt: timestamp + 100 }));
    await anvil.send('anvil_dropAllTransactions');
    await anvil.send('evm_increaseTime', 1_000);
    await anvil.mine();
    await ours.follow(await head(), undefined);
    await anvil.mine();
    await ours.follow(await head(), await head());
    expect(await status('late')).to.equal('abandoned');
    expect(await endpointOnChain()).to.equal('');
    expect(await mined()).to.equal(1);
  });

  it('does not sign what comes too late, though the contract would take it', async () => {
    const ours = dispatcher();
    const { timestamp } = await head();
    await follow(ours, 1);
    await ours.send(announce('late', { expiresAt: timestamp - 1 }));
    await follow(ours, 1);
    expect(await outbox.get('announce:late')).to.deep.include({ status: 'abandoned', nonce: undefined, attempts: [] });
  });

  it('follows its transaction out of the chain and back in', async () => {
    const ours = dispatcher();
    const mark = await anvil.mark();
    await ours.send(announce('a'));
    await anvil.mine();
    await ours.follow(await head(), undefined);
    expect(await status('a')).to.equal('mined');
    await anvil.fallBack(mark, 20);
    expect(await endpointOnChain()).to.equal('');
    const turned = await head();
    await ours.follow(turned, undefined);
    expect(await status('a')).to.equal('signed');
    // Its fee was enough once, so a block later it is not replaced, however long ago it was sent.
    await ours.follow({ ...turned, number: turned.number + 1 }, undefined);
    await anvil.mine();
    await ours.follow(await head(), undefined);
    expect(await status('a')).to.equal('mined');
    expect(await endpointOnChain()).to.equal('a');
    expect((await outbox.get('announce:a'))?.attempts).to.have.length(1);
  });

  /** Every broadcast of a call is refused for good; `taken`: one of several chain nodes has taken it all the same. */
  const refusing = (taken: boolean) => {
    const sender = new EthersSender(rpc);
    const broadcast = sender.broadcast.bind(sender);
    sender.broadcast = async (raw) => {
      if (Transaction.from(raw).data === '0x') return broadcast(raw);
      if (taken) await broadcast(raw);
      throw new ProtocolError('rpc.refused', { url: 'u', method: 'eth_sendRawTransaction', reason: 'oversized data' });
    };
    return sender;
  };
  const follow = async (ours: OutboxDispatcher, times: number, final?: BlockRef) => {
    for (let i = 0; i < times; i++) await ours.follow(await head(), final);
  };

  it('cancels what no chain node takes, also after a death, and tells why as soon as the cancel is mined', async () => {
    expect((await dispatcher(refusing(false)).send(announce('a'))).status).to.equal('signed');
    const ours = dispatcher(refusing(false));
    await ours.send(announce('behind', { to: signer.address, data: '0x' }));
    await follow(ours, 5);
    await anvil.mine();
    await follow(ours, 1);
    expect(await outbox.get('announce:a')).to.deep.include({ status: 'mined', reason: 'no chain node takes it' });
    await follow(ours, 1, await head());
    expect(await outbox.get('announce:a')).to.deep.include({ status: 'abandoned', reason: 'no chain node takes it' });
    expect(await status('behind')).to.equal('settled');
    expect(await mined()).to.equal(2);
  });

  it('takes a refused transaction for done if it is mined all the same', async () => {
    const ours = dispatcher(refusing(true));
    await ours.send(announce('a'));
    await follow(ours, 2);
    await anvil.mine();
    await follow(ours, 1, await head());
    expect(await status('a')).to.equal('settled');
    expect(await endpointOnChain()).to.equal('a');
  });

  it('gives a refused transaction up by a cancel in its place, so that it has its effect or not, and never both', async () => {
    const ours = dispatcher(refusing(true));
    await ours.send(announce('a'));
    await follow(ours, 4);
    await anvil.mine();
    await follow(ours, 1, await head());
    expect((await outbox.get('announce:a'))?.attempts.map(({ kind }) => kind)).to.deep.equal(['call', 'cancel']);
    expect(await status('a')).to.equal('abandoned');
    expect(await endpointOnChain()).to.equal('');
    expect(await mined()).to.equal(1);
  });

  it('gives a refused transaction up although the cap was lowered since', async () => {
    const dear = await dispatcher(refusing(false)).send(announce('a'));
    const cap = (dear.attempts[0]?.maxFeePerGas ?? 0n) - 1n;
    await follow(dispatcher(refusing(false), { ...POLICY, maxFeePerGas: cap }), 5);
    await anvil.mine();
    expect(await mined()).to.equal(1);
  });

  it('follows the others when one cannot be followed, and tells what became of them', async () => {
    const sender = new EthersSender(rpc);
    const receipt = sender.receipt.bind(sender);
    const ours = dispatcher(sender);
    const first = await ours.send(announce('a'));
    await ours.send(announce('b'));
    sender.receipt = async (hash) => {
      if (hash === first.attempts[0]?.hash) throw new Error('broken');
      return receipt(hash);
    };
    await anvil.mine();
    expect((await ours.follow(await head(), undefined)).map(({ purpose }) => purpose)).to.deep.equal(['announce:b']);
    sender.receipt = receipt;
    expect((await ours.follow(await head(), undefined)).map(({ purpose }) => purpose)).to.deep.equal(['announce:a']);
  });

  faultStory('key-used-elsewhere', async () => {
    const sender = new EthersSender(rpc);
    sender.broadcast = async () => 'accepted';
    await dispatcher(sender).send(announce('a'));
    const wallet = anvil.wallet(1);
    await wallet.sendTransaction({ to: wallet.address, value: 0n });
    await anvil.mine();
    const ours = dispatcher();
    for (let i = 0; i < 7; i++) {
      await ours.follow(await head(), undefined);
      await anvil.mine();
    }
    expect(await endpointOnChain()).to.equal('a');
    expect((await outbox.get('announce:a'))?.nonce).to.equal(1);
  });

  faultStory('key-without-coin', async () => {
    await anvil.send('anvil_setBalance', signer.address, '0x1');
    const ours = dispatcher();
    await ours.send(announce('a'));
    await anvil.mine();
    await ours.follow(await head(), undefined);
    expect(await mined()).to.equal(0);
    await anvil.send('anvil_setBalance', signer.address, '0xde0b6b3a7640000');
    for (let i = 0; i < 2; i++) {
      await ours.follow(await head(), undefined);
      await anvil.mine();
    }
    expect(await endpointOnChain()).to.equal('a');
  });
});
