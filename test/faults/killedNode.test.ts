import { expect } from 'chai';
import type { AskedOne } from '../../sdk/index.ts';
import { type E2e, e2e, reaches, type Served, sumsAddUp, until } from '../e2e/network.ts';
import { askForSine, serveSine } from '../e2e/slow.ts';

const A_SECOND = 1_000_000n;

describe('a node killed between receipt and submission', function () {
  this.timeout(120_000);
  let net: E2e;
  let sine: Served;
  before(async () => {
    net = await e2e();
    sine = await serveSine(net);
  });
  afterEach(async () => {
    if (!net.node.running) await net.node.start();
  });

  it('while it computes, computes again and submits once', async () => {
    const asked = await askForSine(net, sine, 3n * A_SECOND, 0.5);
    await reaches(net, asked.id, 'admitted');
    await net.node.kill();
    expect(await submissions(net, asked)).to.equal(0);
    await net.node.start();
    await endsOnce(net, asked);
  });

  it('with the result recorded and the chain out of reach, submits that very result once', async () => {
    const asked = await askForSine(net, sine, A_SECOND, 0.25);
    await reaches(net, asked.id, 'admitted');
    await net.door.shut();
    await reaches(net, asked.id, 'executed', 'submitting');
    await net.node.kill();
    expect(await submissions(net, asked)).to.equal(0);
    await net.door.open();
    await net.node.start();
    await endsOnce(net, asked);
  });

  it('with its transaction on the way, does not send a second', async () => {
    const asked = await askForSine(net, sine, 1n, 0.125);
    await until(net, 'Submitted', [asked.id]);
    await net.node.kill(); // most likely before it has seen its own event
    await net.node.start();
    await endsOnce(net, asked);
  });
});

async function submissions({ net }: E2e, { id, block }: AskedOne): Promise<number> {
  return (await net.requests.queryFilter(net.requests.filters.Submitted(id), block)).length;
}

async function endsOnce(net: E2e, asked: AskedOne): Promise<void> {
  const { events } = await until(net, 'Finalised', [asked.id]);
  expect(events).to.have.length(1);
  expect(await submissions(net, asked)).to.equal(1);
  await sumsAddUp(net);
}
