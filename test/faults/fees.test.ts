import { expect } from 'chai';
import type { TrackedIntent } from '#ports/outbox.ts';
import { faultStory } from '../support/faultStory.ts';
import { GWEI, type PayingKey, PricedChain } from '../support/payingKey.ts';
import { Proxies } from '../support/rpc/proxies.ts';
import { seeded } from '../support/seeded.ts';

const CAP = 60n * GWEI;
const POLICY = { maxFeePerGas: CAP, replaceAfterBlocks: 3, urgentSeconds: 20 };
const BLOCKS = Number(process.env['FEE_BLOCKS'] ?? 60);

describe('on a chain whose base fee moves', function () {
  this.timeout(600_000 + BLOCKS * 2_000);
  let chain: PricedChain;
  before(async () => {
    chain = await PricedChain.start();
  });
  after(() => chain?.stop());

  const now = async () => (await chain.head()).timestamp;
  /** Blocks at this base fee, each followed by the keys. */
  async function blocks(count: number, baseFee: bigint, ...keys: readonly PayingKey[]): Promise<void> {
    for (let i = 0; i < count; i++) {
      await chain.mine(baseFee);
      for (const key of keys) await key.follow();
    }
  }

  /** What every transaction must be like, however it ended. */
  function sound({ purpose, attempts }: TrackedIntent): void {
    attempts.forEach((attempt, i) => {
      expect(attempt.maxFeePerGas <= CAP, `${purpose} stays below the cap`).to.equal(true);
      const before = attempts[i - 1];
      if (!before) return;
      expect(attempt.maxFeePerGas * 10n >= before.maxFeePerGas * 11n, `${purpose} is a tenth higher`).to.equal(true);
      expect(attempt.maxPriorityFeePerGas * 10n >= before.maxPriorityFeePerGas * 11n).to.equal(true);
    });
  }

  faultStory('fees-storm', async ({ seed, saw }) => {
    const random = seeded(seed);
    const key = await chain.key(POLICY);
    const sent: string[] = [];
    let base = 2n * GWEI;
    for (let block = 0; block < BLOCKS; block++) {
      // A walk with leaps, now and then far above the cap.
      const factor = random.int(8) === 0 ? BigInt(20 + random.int(280)) : BigInt(7 + random.int(8));
      base = (base * factor) / 10n;
      if (base > 150n * GWEI || base < GWEI / 100n) base = 2n * GWEI;
      if (random.int(3) === 0) {
        const name = `storm-${block}`;
        const deadline = random.int(2) === 0 ? {} : { expiresAt: (await now()) + 5 + random.int(60) };
        await key.send(name, deadline);
        sent.push(name);
      }
      if (random.int(9) === 0) await chain.anvil.send('anvil_dropAllTransactions');
      if (random.int(11) === 0) await chain.anvil.send('anvil_reorg', 1 + random.int(3), []);
      await chain.mine(base);
      await key.follow();
    }
    for (let left = 40; left > 0 && (await key.outbox.open(key.address)).length > 0; left--) await blocks(1, GWEI, key);
    const ended = await Promise.all(sent.map((name) => key.intent(name)));
    for (const intent of ended) sound(intent);
    const settled = ended.filter(({ status }) => status === 'settled').map(({ purpose }) => purpose);
    const abandoned = ended.filter(({ status, expiresAt }) => status === 'abandoned' && expiresAt !== undefined);
    expect(settled.length + abandoned.length, 'each ended').to.equal(sent.length);
    expect((await key.effects()).sort(), 'what was settled, and nothing else, happened once').to.deep.equal(
      [...settled].sort(),
    );
    const used = ended.flatMap(({ nonce }) => (nonce === undefined ? [] : [nonce])).sort((a, b) => a - b);
    expect(used, 'nonces without a gap').to.deep.equal(used.map((_, i) => i));
    expect(await key.mined()).to.equal(used.length);
    const replaced = ended.reduce((sum, { attempts }) => sum + Math.max(0, attempts.length - 1), 0);
    saw(`${sent.length} sent in ${BLOCKS} blocks, ${replaced} replacements, ${abandoned.length} given up in time`);
  });

  faultStory('fees-spike', async ({ saw }) => {
    const key = await chain.key(POLICY);
    await blocks(1, 2n * CAP, key);
    expect(await key.send('during')).to.deep.include({ status: 'planned', nonce: undefined });
    await blocks(6, 2n * CAP, key);
    expect(await key.intent('during')).to.deep.include({ status: 'planned', nonce: undefined });
    const said = key.log.lines.filter(({ code }) => code === 'fees.above_cap' && code).map(({ level }) => level);
    expect(
      said.filter((level) => level === 'warn'),
      'it is said once',
    ).to.have.length(1);
    await blocks(3, GWEI, key);
    expect(await key.effects()).to.deep.equal(['during']);
    const [only] = await key.attempts('during');
    saw(`waited 7 blocks, sent at ${Number((only?.maxFeePerGas ?? 0n) / 10_000_000n) / 100} gwei`);
  });

  faultStory('fees-first-in-line', async ({ saw }) => {
    const key = await chain.key(POLICY);
    await blocks(1, GWEI / 10n, key);
    await key.send('line-0');
    await blocks(1, 8n * GWEI, key); // above what the first offers; the others are sent at what is asked for now
    for (let i = 1; i < 5; i++) await key.send(`line-${i}`);
    await blocks(5, 8n * GWEI, key);
    expect(await key.effects()).to.deep.equal([0, 1, 2, 3, 4].map((i) => `line-${i}`));
    const counts = await Promise.all([0, 1, 2, 3, 4].map(async (i) => (await key.attempts(`line-${i}`)).length));
    expect(counts[0]).to.be.greaterThan(1);
    expect(counts.slice(1)).to.deep.equal([1, 1, 1, 1]);
    saw(`${counts[0]} attempts of the first, one of each other`);
  });

  faultStory('fees-urgent', async ({ saw }) => {
    const [patient, urgent, behind] = await Promise.all([chain.key(POLICY), chain.key(POLICY), chain.key(POLICY)]);
    await blocks(1, GWEI / 10n);
    const deadline = { expiresAt: (await now()) + 60 };
    await patient.send('patient');
    await urgent.send('urgent', deadline);
    await behind.send('before');
    await behind.send('behind', deadline);
    const keys = [patient, urgent, behind];
    // What is asked for stays at what they offer: only their own rises count. They are kept out of blocks by dropping them.
    const count = async (key: PayingKey, name: string) => (await key.attempts(name)).length;
    const pass = async (seconds: number) => {
      await chain.anvil.send('anvil_dropAllTransactions');
      await chain.mine(GWEI / 10n, seconds);
      for (const key of keys) await key.follow();
    };
    for (let i = 0; i < 6; i++) await pass(6);
    const calm = [await count(patient, 'patient'), await count(urgent, 'urgent'), await count(behind, 'before')];
    expect(calm[1], 'not urgent yet').to.equal(calm[0]);
    for (let i = 0; i < 6; i++) await pass(3);
    const late = [await count(patient, 'patient'), await count(urgent, 'urgent'), await count(behind, 'before')];
    const rises = late.map((n, i) => n - (calm[i] as number));
    expect(rises[1], 'at every block').to.be.at.least(5);
    expect(rises[2], 'and what it waits for').to.be.at.least(5);
    expect(rises[0]).to.be.at.most(3);
    const [fast, slow] = [await urgent.attempts('urgent'), await patient.attempts('patient')];
    const rise = (attempts: typeof fast) =>
      Number(attempts.at(-1)?.maxFeePerGas) / Number(attempts.at(-2)?.maxFeePerGas);
    expect(rise(fast)).to.be.greaterThan(rise(slow));
    for (const key of keys) for (const one of await key.outbox.open(key.address)) sound(one);
    await blocks(2, GWEI / 10n, ...keys);
    expect(await behind.effects()).to.deep.equal(['before', 'behind']);
    saw(`raised ${rises[1]} times in 6 blocks, without a deadline ${rises[0]} times`);
  });

  faultStory('fees-late', async ({ saw }) => {
    const key = await chain.key(POLICY);
    await blocks(1, GWEI);
    await key.send('late', { expiresAt: (await now()) + 30 });
    await key.send('after');
    await blocks(34, 3n * CAP, key);
    expect(await key.mined()).to.equal(0);
    await blocks(8, GWEI, key);
    expect(await key.intent('late')).to.include({ status: 'abandoned' });
    expect((await key.attempts('late')).at(-1)?.kind).to.equal('cancel');
    expect(await key.effects()).to.deep.equal(['after']);
    expect(await key.mined()).to.equal(2);
    sound(await key.intent('late'));
    saw(`${(await key.attempts('late')).length} attempts, the last an empty transfer`);
  });

  faultStory('fees-missing-nonce', async ({ seed, saw }) => {
    const proxies = await Proxies.start(chain.anvil.url, 1, seed);
    try {
      const key = await chain.key(POLICY, proxies.urls[0]);
      await blocks(1, GWEI);
      await proxies.order(0, { kind: 'nonce', by: 3 });
      await key.send('ahead');
      await proxies.order(0);
      await key.send('next');
      await blocks(4, GWEI, key);
      expect(await key.mined()).to.equal(0);
      await blocks(8, GWEI, key);
      expect(await key.effects()).to.deep.equal(['ahead', 'next']);
      expect(await key.mined()).to.equal(5);
      expect(key.metrics.values.get('worker_submit_gaps_filled_total')).to.equal(3);
      saw('3 nonces filled');
    } finally {
      await proxies.stop();
    }
  });

  faultStory('fees-worthless', async ({ saw }) => {
    // A coin is worth 1,000 OPG; the call takes some 100,000 gas: at 1 gwei 0.1 OPG, at 30 gwei 3 OPG.
    const OPG = 10n ** 18n;
    const key = await chain.key({ ...POLICY, opgPerCoin: 1_000n * OPG });
    await blocks(1, 30n * GWEI);
    const unworthy = await key.send('unworthy', { gain: OPG, expiresAt: (await now()) + 10 });
    const waiting = await key.send('waiting', { gain: OPG });
    for (const one of [unworthy, waiting]) expect(one).to.deep.include({ status: 'planned', nonce: undefined });
    await key.send('worthy', { gain: 20n * OPG });
    await key.send('owed');
    await blocks(14, 30n * GWEI, key);
    expect(await key.effects()).to.deep.equal(['worthy', 'owed']);
    expect(await key.intent('unworthy')).to.deep.include({ status: 'abandoned', nonce: undefined });
    await blocks(3, GWEI, key);
    expect(await key.effects()).to.deep.equal(['worthy', 'owed', 'waiting']);
    expect(await key.mined()).to.equal(3);
    saw('one waited for cheaper gas, one was given up, two went on');
  });
});
