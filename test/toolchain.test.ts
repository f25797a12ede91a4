import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { network } from 'hardhat';
import { InferenceSession, Tensor } from 'onnxruntime-node';

const json = (path: string) => JSON.parse(readFileSync(new URL(`../${path}`, import.meta.url), 'utf8'));

type Bound = { abs: number; rel: number };

describe('the toolchain', () => {
  it('runs on the pinned Node', () => {
    expect(process.versions.node).to.equal(json('package.json').dependencies.node);
  });

  it('starts a chain in the process', async () => {
    const { ethers } = await network.create('local');
    expect(await ethers.provider.getBlockNumber()).to.equal(0);
  });

  it('computes a model within the tolerance of its card', async () => {
    const { tolerance } = json('models/mlp-int8/card.json');
    const { inputs, outputs } = json('models/mlp-int8/vectors/00.json');
    const model = new URL('../models/mlp-int8/model.onnx', import.meta.url);
    const session = await InferenceSession.create(readFileSync(model));

    const got = await session.run({
      pixels: new Tensor('float32', Float32Array.from(inputs.pixels.data), inputs.pixels.shape),
    });

    for (const name of ['logits', 'probs']) {
      const { abs, rel }: Bound = tolerance.outputs[name] ?? tolerance;
      const tensor = got[name];
      if (!(tensor?.data instanceof Float32Array)) throw new Error(`the model has no output ${name}`);
      const values = [...tensor.data];
      const wanted: number[] = outputs[name].data;
      expect(values, name).to.have.length(wanted.length);
      // Not `closeTo`: with Hardhat's matchers it takes whole numbers only.
      const misses = wanted.filter(
        (want, index) => !(Math.abs((values[index] ?? NaN) - want) <= abs + rel * Math.abs(want)),
      );
      expect(misses, name).to.deep.equal([]);
    }
  });
});
