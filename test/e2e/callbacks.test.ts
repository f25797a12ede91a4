import { expect } from 'chai';
import { encodeItems } from '#core/commitment/canonical.ts';
import { toAddress, toHex } from '#core/hex.ts';
import { buildModel } from '#core/onnx/build.ts';
import type { RequestId } from '#core/protocol/ids.ts';
import { tensorFrom } from '#core/tensor.ts';
import { HostileRequester__factory } from '#types';
import { askTerms } from '../../sdk/ask.ts';
import { eventsNamed } from '../../sdk/events.ts';
import { balanceOf, deposit, describeVersion } from '../../sdk/index.ts';
import { transact } from '../../sdk/transact.ts';
import { identity } from '../support/graphs.ts';
import { type E2e, e2e, OPG, type Served, serve, sumsAddUp, until } from './network.ts';

/** The enum HostileRequester.Behaviour, and the Callback that comes of it: 1 succeeded, 2 failed. */
const BEHAVIOURS = [
  ['stores the result', 0, 1],
  ['reverts', 1, 2],
  ['burns all its gas', 2, 2],
  ['returns 900,000 bytes', 3, 1],
  ['enters again', 5, 1],
] as const;

const CARD = {
  inputs: [{ name: 'x', dtype: 'int32', shape: [1, 3] }],
  outputs: [{ name: 'y', dtype: 'int32', shape: [1, 3] }],
};

describe('a callback that', function () {
  this.timeout(120_000);
  let net: E2e;
  let served: Served;
  before(async () => {
    net = await e2e();
    served = await serve(net, buildModel(identity('int32', [1, 3])), CARD);
  });

  for (const [what, behaviour, outcome] of BEHAVIOURS)
    it(`${what}: the node is paid all the same`, async () => {
      const { id, fee, requester } = await ask(net, served, behaviour);
      const { events } = await until(net, 'Finalised', [id]);
      expect(events).to.have.length(1);
      const [finalised] = events;
      const { callback, toNode = 0n, royalty = 0n, protocol = 0n, tip = 0n } = finalised ?? {};
      expect(callback).to.equal(outcome);
      expect(toNode + royalty + protocol + tip).to.equal(fee);
      expect((await balanceOf(net.net, requester)).available).to.equal(5n * OPG - fee);
      await sumsAddUp(net);
    });
});

/** A contract asks, and will behave as told when it is called back. */
async function ask({ net, accounts }: E2e, { version }: Served, behaviour: number) {
  const { requester: patron, node } = accounts;
  const contract = await new HostileRequester__factory(patron.signer).deploy();
  await contract.waitForDeployment();
  const requester = toAddress(await contract.getAddress());
  await deposit(patron, 5n * OPG, requester);
  const finalise = net.requests.interface.encodeFunctionData('currentSet');
  await (await contract.behave(behaviour, net.requests, finalise)).wait();

  const { schema, hashes, content } = await describeVersion(net, version);
  const input = encodeItems(schema.inputs, [[tensorFrom('int32', [1, 3], [1, 2, 3])]]);
  const options = { version, node: node.address, callbackGas: 1_000_000, pay: 'balance' } as const;
  const { terms } = await askTerms(net, requester, options, 1, 1);
  const call = net.requests.interface.encodeFunctionData('request', [
    { ...terms, lane: 0, outputSchema: content.outputSchema },
    [...hashes.inputHeaders],
    toHex(input),
    '0x',
  ]);
  const done = await transact(patron, await contract.execute.populateTransaction(net.requests, call));
  const [asked] = eventsNamed(done.events, 'Requested');
  return { id: asked?.id as RequestId, fee: terms.fee, requester };
}
