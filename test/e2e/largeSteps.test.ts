/**
 * The largest steps there are (challenge-game.md, scenarios 27 and 28) between processes: a liar challenges a right result with a trace that lies in such a
 * step, and a verifier that nobody tells anything proves it wrong.
 */
import { expect } from 'chai';
import type { RequestId } from '#core/protocol/ids.ts';
import { tensorFrom } from '#core/tensor.ts';
import type { Process } from '../../scripts/demo/processes.ts';
import { eventually } from '../support/eventually.ts';
import { largeChoice, largeSum, VOCABULARY } from '../support/largeModels.ts';
import { DisputedNetwork } from './disputed.ts';

const CLOCKS = { challengeBaseSeconds: 2_000, challengeWindowSeconds: 600, responseSeconds: 300, checkRateLog2: 50 };
/** What one step may cost, its proofs included. */
const LIMIT = 12_000_000n;

const SUM = {
  inputs: [{ name: 'x', dtype: 'float32', shape: [1, 1] }],
  outputs: [{ name: 'y', dtype: 'float32', shape: [1, 1] }],
};
const CHOICE = {
  inputs: [{ name: 'x', dtype: 'float32', shape: [1] }],
  outputs: [{ name: 'token', dtype: 'int64', shape: [] }],
};

describe('a lie in one of the largest steps', function () {
  this.timeout(240_000);
  const network = new DisputedNetwork();
  const { local } = network;
  let liar: Process;
  let verifier: Process;

  before(async () => {
    await network.start(CLOCKS);
    verifier = local.verifier(network.deployed);
    await verifier.start();
  });
  after(() => network.stop());

  /** The right result is submitted, and challenged by a trace that lies in `operator`; returns what the proof against that cost. */
  async function refuted(onnx: Uint8Array, card: object, shape: number[], operator: number): Promise<bigint> {
    const { game, net, accounts } = network.deployed;
    const model = await network.publish(onnx, card as typeof SUM, 'exact');
    liar = local.liar(network.deployed, { operator });
    await liar.start();
    const inputs = { x: tensorFrom('float32', shape, [1.5]) };
    const asked = await network.ask(model, inputs);
    await network.submit(model, asked, network.right(model, inputs));
    const proof = async (id: RequestId) => (await game.queryFilter(game.filters.Refuted(id)))[0];
    const found = await eventually('it is refuted', () => proof(asked.id), 90_000).catch((error: Error) =>
      expect.fail(`${error.message}\n${verifier.tail()}\n${liar.tail()}`),
    );
    expect([found.args.operator, found.args.element]).to.deep.equal([BigInt(operator), 0n]);
    const receipt = await found.getTransactionReceipt();
    expect(receipt.from.toLowerCase()).to.equal(accounts.verifier.address.toLowerCase());
    expect(receipt.gasUsed <= LIMIT, `${receipt.gasUsed} gas`).to.equal(true);
    const condemned = await net.requests.queryFilter(net.requests.filters.Condemned(asked.id));
    expect(condemned).to.deep.equal([]);
    await liar.stop();
    return receipt.gasUsed;
  }

  for (const terms of [8_192, 8_193])
    it(`dispute 27: a Dot over ${terms} terms of the widest exponents is refuted within 12M gas`, async () => {
      const gas = await refuted(largeSum(terms), SUM, [1, 1], 0);
      // The dearest path was taken: more than the side by side sum of a million.
      expect(gas > 2_000_000n, `${gas} gas`).to.equal(true);
    });

  it(`dispute 28: an ArgMax over ${VOCABULARY} is refuted by one counter-example`, async () => {
    const gas = await refuted(largeChoice(), CHOICE, [1], 1);
    expect(gas <= 500_000n, `${gas} gas`).to.equal(true);
  });
});
