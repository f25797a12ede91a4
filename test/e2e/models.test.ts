import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { namedFrom, splitRows } from '#core/protocol/rows.ts';
import type { Tensor } from '#core/tensor.ts';
import { judge } from '../../scripts/demo/judge.ts';
import type { ExampleModel, Vector } from '../../scripts/demo/models.ts';
import { exampleModels } from '../../scripts/demo/models.ts';
import { assessed } from '../../scripts/demo/publishing.ts';
import type { Asked } from '../../sdk/index.ts';
import { decodeResult, findRequest, requestBundle, requestMany, waitForResult } from '../../sdk/index.ts';
import { eventually } from '../support/eventually.ts';
import { type E2e, e2e, serve, sumsAddUp, until } from './network.ts';

type Item = Readonly<Record<string, Tensor>>;

/** A request with the vector it is made of. */
interface Sent {
  readonly asked: Asked;
  readonly vector: Vector;
}

/** Its outputs are too large for calldata and come from the node, against the hash on chain. */
const BY_HASH = 'char-lm';

describe('every vector of every model, through storage, chain and node', function () {
  this.timeout(120_000);
  let net: E2e;
  const sent = new Map<string, Promise<readonly Sent[]>>();

  before(async () => {
    net = await e2e();
    // One account asks, so its transactions follow each other; the node works meanwhile.
    let previous: Promise<unknown> = Promise.resolve();
    for (const model of exampleModels()) {
      const sending = previous.then(() => send(net, model));
      sending.catch(() => {});
      sent.set(model.name, sending);
      previous = sending;
    }
  });

  for (const model of exampleModels())
    it(`${model.name}: ${model.vectors.length} vectors within the tolerance of the card`, async () => {
      const requests = (await sent.get(model.name)) ?? [];
      await until(
        net,
        'Submitted',
        requests.map(({ asked }) => asked.id),
      );
      const verdicts = await Promise.all(
        requests.map(async ({ asked, vector }) => {
          const items = itemsOf(model.schema.outputs, vector.outputs, model.rows);
          const got =
            model.name === BY_HASH ? await delivered(net, asked) : (await waitForResult(net.net, asked)).items;
          return items.map((want, index) => judge(model, got?.[index] ?? {}, want).within);
        }),
      );
      expect(verdicts.flat()).to.not.include(false);
      expect(requests).to.have.length(model.card.vectors.count);
    });

  it('are all paid for, and the sums add up', async () => {
    const all = (await Promise.all(sent.values())).flat();
    const { events } = await until(
      net,
      'Finalised',
      all.map(({ asked }) => asked.id),
    );
    expect(events).to.have.length(all.length);
    await sumsAddUp(net);
  });
});

/** Single items go many to a transaction; a vector of several rows is one bundle. */
async function send(net: E2e, model: ExampleModel): Promise<readonly Sent[]> {
  const byHash = model.name === BY_HASH;
  const onnx = readFileSync(model.file);
  const assessment = await assessed(model, onnx);
  const exact = byHash || assessment.tolerance === undefined;
  const { version } = await serve(net, onnx, model.card, { assessment, exact });
  const { requester, node } = net.accounts;
  const options = { version, node: node.address, exactOutput: byHash };
  const inputs = model.vectors.map((vector) => ({
    vector,
    items: itemsOf(model.schema.inputs, vector.inputs, model.rows),
  }));
  const single = inputs.filter(({ items }) => items.length === 1);
  const many = await requestMany(
    requester,
    options,
    single.map(({ items }) => items[0] as Item),
  );
  const sent: Sent[] = many.asked.map((asked, index) => ({
    asked,
    vector: (single[index] as (typeof single)[number]).vector,
  }));
  for (const { vector, items } of inputs.filter(({ items }) => items.length > 1))
    sent.push({ vector, asked: await requestBundle(requester, options, items) });
  return sent;
}

function itemsOf(side: ExampleModel['schema']['inputs'], tensors: Item, rows: boolean): Item[] {
  if (!rows) return [tensors];
  const named = side.map((spec) => ({ ...spec, name: spec.name ?? '' }));
  const cut = splitRows(
    named,
    named.map(({ name }) => tensors[name] as Tensor),
  );
  return cut.map((item) => namedFrom(named, item));
}

/** The bytes from the node's HTTP route; `decodeResult` throws unless they are what the chain has the hash of. */
async function delivered({ net, node }: E2e, asked: Asked): Promise<readonly Item[]> {
  const { row } = await findRequest(net, asked);
  const bytes = await eventually('the node gives out what it saw itself submit', async () => {
    const answer = await fetch(`${node.url}/v1/outputs/${asked.id}`);
    return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : undefined;
  });
  return await decodeResult(net, row, bytes);
}
