import { expect } from 'chai';
import { checkTensor, tensor, tensorFrom } from '#core/tensor.ts';
import { compareTensors } from '#core/tolerance.ts';
import { rejects } from '../support/rejects.ts';

const floats = (...values: number[]) => tensorFrom('float32', [values.length], values);

describe('tensor', () => {
  it('should hold scalars and every dtype', () => {
    expect(tensorFrom('float32', [], [1.5]).data).to.deep.equal(Float32Array.of(1.5));
    expect(tensorFrom('int64', [2], [1, 2n]).data).to.deep.equal(BigInt64Array.of(1n, 2n));
    expect(tensorFrom('bool', [2], [true, false]).data).to.deep.equal(Uint8Array.of(1, 0));
    expect(tensorFrom('int8', [1], [-128]).data).to.deep.equal(Int8Array.of(-128));
  });

  it('should refuse values the dtype cannot hold', () => {
    rejects('tensor.value', () => tensorFrom('int8', [1], [128]));
    rejects('tensor.value', () => tensorFrom('uint8', [1], [-1]));
    rejects('tensor.value', () => tensorFrom('int32', [1], [1.5]));
    rejects('tensor.value', () => tensorFrom('int64', [1], [2n ** 63n]));
    rejects('tensor.value', () => tensorFrom('bool', [1], [2]));
    rejects('tensor.value', () => tensorFrom('int32', [1], [Number.NaN]));
    expect(rejects('tensor.value', () => tensor('bool', [3], Uint8Array.of(0, 1, 7))).payload.index).to.equal(2);
  });

  it('should refuse numbers that may have been others when they were written', () => {
    expect(tensorFrom('int64', [2], [2 ** 53 - 1, 2n ** 53n + 1n]).data[1]).to.equal(2n ** 53n + 1n);
    for (const value of [2 ** 53, -(2 ** 53), 1e18]) rejects('tensor.value', () => tensorFrom('int64', [1], [value]));
  });

  it('should round to float32, but nothing to an infinity', () => {
    const asked = [0.1, 3.4028235e38, 2n ** 100n, Infinity, -Infinity, Number.NaN];
    expect(tensorFrom('float32', [6], asked).data).to.deep.equal(Float32Array.from(asked, Number));
    for (const value of [1e300, -1e39, 3.4028236e38, 10n ** 39n, 10n ** 400n])
      rejects('tensor.value', () => tensorFrom('float32', [1], [value]));
  });

  it('should refuse a dtype, class, shape or count that does not fit', () => {
    rejects('tensor.dtype', () =>
      checkTensor({ dtype: 'float16' as 'float32', shape: [1], data: new Float32Array(1) }),
    );
    rejects('tensor.dtype', () => tensor('int32', [1], new Float32Array(1)));
    rejects('tensor.length', () => tensor('int32', [2, 2], new Int32Array(3)));
    rejects('tensor.length', () => tensor('int32', [], new Int32Array(0)));
    for (const shape of [[0], [1.5], [-1], [2 ** 32], [1, 1, 1, 1, 1, 1, 1, 1], [2 ** 31, 2 ** 31]])
      rejects('tensor.shape', () => tensor('int32', shape, new Int32Array(0)));
  });
});

describe('comparison within a tolerance', () => {
  const exact = { abs: 0, rel: 0 };

  it('should hold |got - want| <= abs + rel * |want| with the bound included', () => {
    expect(compareTensors(floats(1.5), floats(1), { abs: 0.5, rel: 0 }).within).to.equal(true);
    expect(compareTensors(floats(5), floats(4), { abs: 0, rel: 0.25 }).within).to.equal(true);
    expect(compareTensors(floats(5), floats(4), { abs: 0.5, rel: 0.125 }).within).to.equal(true);
    expect(compareTensors(floats(5), floats(4), { abs: 0.5, rel: 0.1249 }).within).to.equal(false);
  });

  it('should report the worst errors and where the worst is', () => {
    const result = compareTensors(floats(1, 12, 100), floats(1, 8, 101), { abs: 2, rel: 0 });
    expect(result).to.deep.equal({ within: false, outside: 1, worstAbs: 4, worstRel: 0.5, worstIndex: 1 });
    expect(compareTensors(floats(1), floats(1), exact).worstIndex).to.equal(-1);
  });

  it('should let -0 equal +0 and every NaN equal every NaN', () => {
    const payload = tensor('float32', [1], new Float32Array(Uint32Array.of(0xffc00001).buffer));
    expect(compareTensors(floats(-0), floats(0), exact).within).to.equal(true);
    expect(compareTensors(payload, floats(Number.NaN), exact).within).to.equal(true);
  });

  it('should let an infinity equal only itself, whatever the tolerance', () => {
    const loose = { abs: Number.MAX_VALUE, rel: 1 };
    const [inf, nan] = [Number.POSITIVE_INFINITY, Number.NaN];
    expect(compareTensors(floats(inf, -inf), floats(inf, -inf), exact).within).to.equal(true);
    for (const [got, want] of [
      [inf, -inf],
      [1, inf],
      [inf, 1],
      [nan, inf],
      [1, nan],
      [nan, 1],
    ] as const)
      expect(compareTensors(floats(got), floats(want), loose).within, `${got} for ${want}`).to.equal(false);
  });

  it('should compare int64 exactly where float64 cannot', () => {
    const [a, b] = [tensorFrom('int64', [1], [2n ** 53n + 1n]), tensorFrom('int64', [1], [2n ** 53n])];
    expect(compareTensors(a, b, exact).within).to.equal(false);
  });

  it('should refuse tensors of different types', () => {
    rejects('tensor.dtype', () => compareTensors(floats(1), tensorFrom('int32', [1], [1]), exact));
    rejects('tensor.shape', () => compareTensors(floats(1), floats(1, 1), exact));
  });
});
