import { createHash } from 'node:crypto';
import { assert, expect } from 'chai';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { perfModels } from '../../scripts/generate/perfModels.ts';
import { assertNear } from '../support/near.ts';

const SHA256: Readonly<Record<string, string>> = {
  mlp: '6373d7891f008783948c1af47398a8b81060c1d9c86b059c6474742d23b22380',
  'resnet-1ms': '2d46e9490dbb906ab34399556dca18e1d5897974d6c7b7af48227b5f2ad3bfb6',
  'resnet-5ms': '5f07d4edecee245f9399a252416cf32b5893ab24b95395df1525a1639a78405d',
  'resnet-50ms': 'e89e6c9a5eb995f40c4ba14590c7b1924f01dcd7dbf6929f206765e1c250e012',
};

describe('the timing models', () => {
  for (const { name, bytes, input, output, cost } of perfModels())
    it(`${name} should be the same file everywhere and compute probabilities`, async () => {
      expect(createHash('sha256').update(bytes).digest('hex')).to.equal(SHA256[name]);
      expect(cost).to.be.greaterThan(0);
      const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1 });
      const [inputName, shape] = input;
      const data = new Float32Array(shape.reduce((count, dim) => count * dim, 1)).fill(0.5);
      const got = (await session.run({ [inputName]: new Tensor('float32', data, shape) }))[output[0]];
      expect(got?.dims).to.deep.equal(output[1]);
      const values = Array.from((got as Tensor).data as Float32Array);
      assertNear(
        values.reduce((sum, p) => sum + p, 0),
        1,
        1e-5,
      );
      assert(Math.max(...values) < 1); // weights are scaled: nothing saturates or overflows
      await session.release();
    });
});
