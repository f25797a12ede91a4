import { expect } from 'chai';
import fc from 'fast-check';
import type { Dtype } from '#core/tensor.ts';
import { tensorFrom } from '#core/tensor.ts';
import {
  encodeFrame,
  type Frame,
  frameReader,
  headsOf,
  type Reply,
  tensorsOf,
} from '../../../workers/adapters/onnx/frames.ts';

const dtypes: Dtype[] = ['float32', 'int32', 'int64', 'uint8', 'int8', 'bool'];
const anyTensor = fc
  .tuple(fc.constantFrom(...dtypes), fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 1, maxLength: 20 }))
  .map(([dtype, values]) => tensorFrom(dtype, [values.length], values));

describe('frames', () => {
  it('should come out as they went in, however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(anyTensor, { maxLength: 4 }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 60 }),
        (frames, cut) => {
          const bytes = Buffer.concat(
            frames.flatMap((tensors) => {
              const named = Object.fromEntries(tensors.map((one, i) => [`t${i}`, one]));
              return encodeFrame({ op: 'ran', rss: tensors.length, tensors: headsOf(named) }, tensors);
            }),
          );
          const got: Frame<Reply>[] = [];
          const read = frameReader<Reply>((frame) => got.push(frame));
          for (let i = 0; i < bytes.length; i += cut) read(bytes.subarray(i, i + cut));
          expect(got).to.have.length(frames.length);
          got.forEach(({ header, payload }, n) => {
            if (header.op !== 'ran') throw new Error(header.op);
            expect(Object.values(tensorsOf(header.tensors, payload))).to.deep.equal(frames[n]);
          });
        },
      ),
    );
  });
});
