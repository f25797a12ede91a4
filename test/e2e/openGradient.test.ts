// OpenGradient's call, by their ABI, to a real node: the same numbers as our own client gets.
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { toAddress } from '#core/hex.ts';
import type { RequestId } from '#core/protocol/ids.ts';
import { tensorFrom } from '#core/tensor.ts';
import { ModelDirectory__factory, OpenGradientFacade__factory } from '#types';
import { deposit, describeVersion, request, waitForResult } from '../../sdk/index.ts';
import { transact } from '../../sdk/transact.ts';
import { HUB } from '../support/openGradient.ts';
import { type E2e, e2e, OPG, type Served, serve, sumsAddUp, until } from './network.ts';

/** Sixteenths: float32 and decimals hold them alike. */
const PIXELS = Array.from({ length: 64 }, (_, i) => (i * 7) % 17);

describe("OpenGradient's run", function () {
  this.timeout(120_000);
  let net: E2e;
  let served: Served;
  before(async () => {
    net = await e2e();
    const card = JSON.parse(readFileSync('models/digits-cnn/card.json', 'utf8'));
    served = await serve(net, readFileSync('models/digits-cnn/model.onnx'), card);
  });

  it('is answered by a node, with the numbers that the model gives', async () => {
    const { accounts, net: network } = net;
    const { owner, requester, node } = accounts;
    const { openGradientFacade = '', modelDirectory = '' } = network.deployment.addresses;
    const facade = OpenGradientFacade__factory.connect(openGradientFacade, network.provider);
    const directory = ModelDirectory__factory.connect(modelDirectory, network.provider);
    const { schema, hashes } = await describeVersion(network, served.version);
    const [inputs, outputs] = [schema.inputs, schema.outputs].map((side) => side.map(({ name }) => name));
    const [inputHeaders, outputHeaders] = [[...hashes.inputHeaders], [...hashes.outputHeaders]];
    const describing = directory.describe;
    await transact(
      owner,
      await describing.populateTransaction(served.version, inputHeaders, inputs ?? [], outputHeaders, outputs ?? []),
    );
    await transact(owner, await directory.setLabel.populateTransaction(served.version, '1.00'));
    const { namespace, name } = await network.models.nameOf(served.model);

    const settings = { node: node.address, fee: 3n * OPG, duration: 3_600, callbackGas: 0, nearest: true };
    await transact(requester, await facade.configure.populateTransaction(settings));
    await deposit(requester, 3n * OPG, toAddress(await facade.accountOf(requester.address)));
    const numbers = [[inputs?.[0], PIXELS.map((sixteenths) => [sixteenths * 625, 4]), [1, 1, 8, 8]]];
    const data = HUB.encodeFunctionData('run', [`${namespace}/${name}@1.00`, 0, [numbers, []]]);
    const { receipt } = await transact(requester, { to: openGradientFacade, data });
    const [asked] = receipt.logs
      .flatMap((log) => facade.interface.parseLog(log) ?? [])
      .filter((log) => log.name === 'InferenceAsked');
    const id = asked?.args['id'] as RequestId;

    const direct = await request(
      requester,
      { version: served.version, node: node.address },
      {
        [inputs?.[0] ?? '']: tensorFrom(
          'float32',
          [1, 1, 8, 8],
          PIXELS.map((sixteenths) => sixteenths / 16),
        ),
      },
    );
    const { items } = await waitForResult(requester, direct);
    await until(net, 'Finalised', [id]);
    const topic = HUB.getEvent('InferenceResult')?.topicHash ?? '';
    const [log] = await network.provider.getLogs({ address: openGradientFacade, topics: [topic], fromBlock: 0 });
    const [[tensor]] = HUB.decodeEventLog('InferenceResult', log?.data ?? '0x')[0].toArray(true);
    const [label, values, shape] = tensor as [string, [bigint, bigint][], bigint[]];
    expect([label, shape]).to.deep.equal([outputs?.[0], [1n, 10n]]);
    const probabilities = values.map(([value, decimals]) => Math.fround(Number(`${value}e-${decimals}`)));
    expect(probabilities).to.deep.equal([...(items?.[0]?.[outputs?.[0] ?? '']?.data ?? [])]);
    await sumsAddUp(net);
  });
});
