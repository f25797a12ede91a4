import { expect } from 'chai';
import { ProtocolError } from '#core/errors.ts';
import { neededFor, Purse } from '../../../workers/verifier/purse.ts';
import { node } from '../../support/story.ts';
import { recordedLog, recordedMetrics } from '../../support/telemetry.ts';

/** 0.00000001 OPG for one gas, as shipped. */
const PRICE = 10n ** 10n;
const MILLI = 10n ** 15n;

/** A purse over balances that the test sets. */
function purse(maxBonds: bigint) {
  const has = { opg: 0n, gas: 0n, down: false };
  const [log, metrics] = [recordedLog(), recordedMetrics()];
  const views = {
    freeBalance: async () => {
      if (has.down) throw new ProtocolError('rpc.unavailable', { method: 'eth_call', url: 'test', reason: 'test' });
      return has.opg;
    },
    gasPrice: async () => PRICE,
  };
  const sender = {
    balance: async () => has.gas,
    fees: async () => ({ maxFeePerGas: 2n, maxPriorityFeePerGas: 1n, price: 2n }),
  };
  return { has, log, metrics, purse: new Purse({ views, sender, account: node, maxBonds, log, metrics }) };
}

describe('what a key needs for a dispute', () => {
  it('is a demand at each of eight levels, and a bond where it posts challenges', () => {
    // 8 * 1.5 * 500,000 gas of answers; bond: 2 * (16 answers of 750,000 + 1.5 * (8 * 240,000 + 300,000 + 12,000,000)).
    expect(neededFor(0n, PRICE, 2n).opg).to.equal(60n * MILLI);
    expect(neededFor(10n ** 20n, PRICE, 2n).opg).to.equal((60n + 667n) * MILLI);
    expect(neededFor(MILLI, PRICE, 2n).opg, 'no more than may be locked').to.equal(61n * MILLI);
    expect(neededFor(0n, PRICE, 2n).gas).to.equal(2n * 3_220_000n);
  });

  it('is said once when it is missing, with what to do, and once when it is there again', async () => {
    const { has, log, metrics, purse: mine } = purse(0n);
    const said = () => log.lines.map(({ level, message }) => `${level} ${message}`);
    has.gas = 10n ** 18n;
    await mine.look(1_000);
    await mine.look(1_059); // not asked again within a minute
    await mine.look(1_060);
    const short = 'error the key has too little OPG in Escrow for a dispute';
    expect(said()).to.deep.equal([short]);
    expect(log.lines[0]).to.include({ account: node, has: 0n, needs: 60n * MILLI });
    expect(String(log.lines[0]?.['remedy'])).to.contain('depositFor');
    has.opg = 60n * MILLI;
    await mine.look(1_120);
    has.opg -= 1n;
    await mine.look(1_180);
    expect(said()).to.deep.equal([short, 'info the key has enough OPG in Escrow again', short]);
    expect(metrics.values.get('worker_purse_wei{kind="opg"}')).to.equal(Number(60n * MILLI - 1n));
    expect(metrics.values.get('worker_purse_needed_wei{kind="opg"}')).to.equal(Number(60n * MILLI));
  });

  it('is asked for again when the chain could not be asked', async () => {
    const { has, log, purse: mine } = purse(0n);
    has.down = true;
    await mine.look(1_000);
    expect(log.lines.filter(({ level }) => level === 'error')).to.deep.equal([]);
    has.down = false;
    await mine.look(1_060);
    expect(log.lines.filter(({ level }) => level === 'error')).to.have.length(2);
  });
});
