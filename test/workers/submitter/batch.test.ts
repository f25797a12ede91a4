import { expect } from 'chai';
import { Interface } from 'ethers';
import type { RequestId } from '#core/protocol/ids.ts';
import type { Tensor } from '#core/tensor.ts';
import { IInferenceRequests__factory } from '#types';
import { request, requestMany } from '../../../sdk/index.ts';
import { type Devnet, startDevnet, vectors } from '../../support/devnet.ts';
import { eventually } from '../../support/eventually.ts';
import { startNode, type TestNode } from '../../support/inferenceNode.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const OPG = 10n ** 18n;
const contract = new Interface(IInferenceRequests__factory.abi);

describe('results that wait together, on a chain', () => {
  const models = temporaryFolder('opg-batch');
  let devnet: Devnet;
  let node: TestNode | undefined;
  before(async function () {
    this.timeout(120_000);
    devnet = await startDevnet(models);
  });
  afterEach(async () => {
    await node?.stop();
    node = undefined;
  });
  after(() => devnet?.anvil.stop());

  const inputs = vectors.vectors[0]?.inputs as Record<string, Tensor>;
  const offer = () => ({ version: devnet.version, node: devnet.node.address });

  /** Executes all of them before it sends the first, and returns how many results went by which call, transaction by transaction. */
  async function sent(
    ask: () => Promise<readonly RequestId[]>,
    batchAbove: number,
  ): Promise<[method: string, results: number][]> {
    let open = () => {};
    const held = new Promise<void>((resolve) => {
      open = resolve;
    });
    const { journal, ...started } = await startNode(devnet, { models, batchAbove, held });
    node = { journal, ...started };
    const ids = await ask();
    const all =
      (...stages: readonly string[]) =>
      async () => {
        const rows = await Promise.all(ids.map((id) => journal.row('serve', id)));
        return rows.every((row) => stages.includes(row?.stage ?? ''));
      };
    await eventually('all are executed', all('executed'));
    open();
    await eventually('all are submitted', all('submitted', 'settled'));

    const found = new Map<string, number>();
    for (const id of ids) {
      const submissions = (await journal.eventsOf(id)).filter(({ event }) => event.type === 'Submitted');
      expect(submissions).to.have.length(1);
      const [{ transactionHash }] = submissions as [(typeof submissions)[number]];
      found.set(transactionHash, (found.get(transactionHash) ?? 0) + 1);
    }
    return Promise.all(
      [...found].map(async ([hash, results]) => {
        const transaction = await devnet.anvil.provider.getTransaction(hash);
        return [contract.getFunction(transaction?.data.slice(0, 10) ?? '')?.name ?? '', results] as [string, number];
      }),
    );
  }

  // The first is on its way before the others are seen to wait.
  it('go in one submitBatch if they share payer and terms', async () => {
    const many = async () =>
      (await requestMany(devnet.requester, offer(), Array(8).fill(inputs))).asked.map(({ id }) => id);
    expect(await sent(many, 1)).to.have.deep.members([
      ['submit', 1],
      ['submitBatch', 7],
    ]);
  }).timeout(120_000);

  it('go in one submitEach if they do not', async () => {
    const mixed = async () => {
      const ids: RequestId[] = [];
      for (const fee of [10n, 11n, 12n, 13n])
        ids.push((await request(devnet.requester, { ...offer(), fee: fee * OPG }, inputs)).id);
      return ids;
    };
    expect(await sent(mixed, 1)).to.have.deep.members([
      ['submit', 1],
      ['submitEach', 3],
    ]);
  }).timeout(120_000);

  it('go alone while there are not more of them than batchAbove', async () => {
    const many = async () =>
      (await requestMany(devnet.requester, offer(), Array(4).fill(inputs))).asked.map(({ id }) => id);
    expect(await sent(many, 4)).to.deep.equal(Array(4).fill(['submit', 1]));
  }).timeout(120_000);
});
