import { expect } from 'chai';
import { toHex } from '#core/hex.ts';
import { buildModel, type GraphParts, node } from '#core/onnx/build.ts';
import { toVersionId, type VersionId } from '#core/protocol/ids.ts';
import { tensorFrom } from '#core/tensor.ts';
import { askTerms } from '../../sdk/ask.ts';
import { balanceOf, describeVersion, named, quote, request, retire } from '../../sdk/index.ts';
import { identity } from '../support/graphs.ts';
import { rejectsLater } from '../support/rejects.ts';
import { type E2e, e2e, OPG, type Served, serve, sumsAddUp } from './network.ts';

/** float32 elements that are more than a call may carry: 64 KiB. */
const TOO_MANY = 16_385;

/** Takes much and gives little: an output has a limit of its own. */
const SUM: GraphParts = {
  inputs: { x: ['float32', [1, TOO_MANY]] },
  outputs: { y: ['float32', [1, 1]] },
  nodes: [node('ReduceSum', ['x'], ['y'])],
};

const card = (elements: number) => ({
  inputs: [{ name: 'x', dtype: 'float32', shape: [1, elements] }],
  outputs: [{ name: 'y', dtype: 'float32', shape: [1, elements] }],
});
const ones = (elements: number) => tensorFrom('float32', [1, elements], Array<number>(elements).fill(1));

describe('what cannot be asked', function () {
  this.timeout(120_000);
  let net: E2e;
  let small: Served;
  let large: Served;
  let had: Awaited<ReturnType<typeof balanceOf>>;

  const mine = () => balanceOf(net.net, net.accounts.requester.address);
  const ask = (version: VersionId, input: Parameters<typeof request>[2], change = {}) =>
    request(net.accounts.requester, { version, node: net.accounts.node.address, ...change }, input);
  /** Past the SDK's own checks, to the contract. */
  const askChain = async (version: VersionId, headers: readonly string[], input: Uint8Array) => {
    const { requester, node } = net.accounts;
    const { content } = await describeVersion(net.net, version);
    const { terms } = await askTerms(net.net, requester.address, { version, node: node.address }, 1, 1);
    const struct = { ...terms, lane: 0, outputSchema: content.outputSchema };
    const requests = net.net.requests.connect(requester.signer);
    return await named(requester.address, () => requests.request.estimateGas(struct, [...headers], toHex(input), '0x'));
  };
  const headersOf = async (version: VersionId) => (await describeVersion(net.net, version)).hashes.inputHeaders;

  before(async () => {
    net = await e2e();
    small = await serve(net, buildModel(identity('float32', [1, 4])), card(4));
    large = await serve(net, buildModel(SUM), { ...card(1), inputs: card(TOO_MANY).inputs });
  });
  beforeEach(async () => {
    had = await mine();
  });
  afterEach('nothing was paid', async () => {
    expect(await mine()).to.deep.equal(had);
  });
  after(() => sumsAddUp(net));

  it('an input of another shape', async () => {
    await rejectsLater('tensor.shape', ask(small.version, { x: ones(5) }));
    await rejectsLater(
      'Requests_InputLength',
      askChain(small.version, await headersOf(small.version), new Uint8Array(20)),
    );
  });

  it('an input of another dtype', async () => {
    await rejectsLater('tensor.dtype', ask(small.version, { x: tensorFrom('int32', [1, 4], [1, 2, 3, 4]) }));
    const headers = (await headersOf(small.version)).map((header) => header.replace(/^0x01/, '0x06'));
    await rejectsLater('Requests_SchemaMismatch', askChain(small.version, headers, new Uint8Array(16)));
  });

  it('tensors by other names', async () => {
    await rejectsLater('schema.tensor_unknown', ask(small.version, { x: ones(4), z: ones(4) }));
    await rejectsLater('schema.tensor_missing', ask(small.version, {}));
  });

  it('an input larger than a call may carry', async () => {
    const error = await rejectsLater('Requests_InputTooLarge', ask(large.version, { x: ones(TOO_MANY) }));
    expect(error.payload).to.include({ got: 4 * TOO_MANY });
    const bytes = new Uint8Array(4 * TOO_MANY);
    await rejectsLater('Requests_InputTooLarge', askChain(large.version, await headersOf(large.version), bytes));
  });

  it('a model nobody published', async () => {
    await rejectsLater('Models_Unknown', ask(toVersionId(`0x${'11'.repeat(32)}`), { x: ones(4) }));
  });

  it('a version that was retired', async () => {
    const { version } = await serve(net, buildModel(identity('float32', [1, 2])), card(2));
    await retire(net.accounts.owner, version);
    await rejectsLater('Models_Retired', ask(version, { x: ones(2) }));
  });

  it('for a fee below the quote', async () => {
    await rejectsLater('Requests_FeeBelowQuote', ask(small.version, { x: ones(4) }, { fee: OPG, checkQuote: true }));
  });

  it('for a fee that does not even pay the shares', async () => {
    await rejectsLater('Requests_FeeBelowShares', ask(small.version, { x: ones(4) }, { fee: OPG / 100n }));
  });

  it('for more than the requester has', async () => {
    await rejectsLater('Escrow_Overdraw', ask(small.version, { x: ones(4) }, { fee: 1_000_000n * OPG }));
  });

  it('by a deadline in the past', async () => {
    await rejectsLater('Requests_DeadlineInvalid', ask(small.version, { x: ones(4) }, { deadlineSeconds: -1 }));
  });

  it('of an account that offers nothing', async () => {
    await rejectsLater('Nodes_NoOffer', quote(net.net, small.version, net.accounts.owner.address));
  });
});
