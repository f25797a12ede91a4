/** A model that takes as long as the test needs. */
import { buildModel } from '#core/onnx/build.ts';
import { tensorFrom } from '#core/tensor.ts';
import { type AskedOne, request } from '../../sdk/index.ts';
import { iteratedSine } from '../support/graphs.ts';
import { type E2e, type Served, serve } from './network.ts';

const CARD = {
  inputs: [
    { name: 'steps', dtype: 'int64', shape: [] },
    { name: 'x', dtype: 'float32', shape: [1] },
  ],
  outputs: [{ name: 'y', dtype: 'float32', shape: [1] }],
  tolerance: { abs: 1e-6, rel: 1e-6 },
};

export async function serveSine(net: E2e): Promise<Served> {
  return await serve(net, buildModel(iteratedSine), CARD);
}

/** Asks for sin applied `steps` times to `x`. A million steps take about a second. */
export async function askForSine(net: E2e, { version }: Served, steps: bigint, x: number): Promise<AskedOne> {
  const input = { steps: tensorFrom('int64', [], [steps]), x: tensorFrom('float32', [1], [x]) };
  return await request(net.accounts.requester, { version, node: net.accounts.node.address }, input);
}
