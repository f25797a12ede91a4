import { expect } from 'chai';
import { CLOSEST, decide, start, suspicious } from '../../../../scripts/exhaustive/outcome.ts';
import { complete, run, type Task } from '../../../../scripts/exhaustive/tasks.ts';

describe('the exhaustive search', () => {
  const parts: Record<string, Task> = {
    'exp above 1': { kind: 'exp', from: 0x3f800000, to: 0x3f840000, sign: 1 },
    'exp with subnormal results': { kind: 'exp', from: 0x42ae0000, to: 0x42b20000, sign: -1 },
    'exp at the hardest input': { kind: 'exp', from: 0x41690000, to: 0x416a0000, sign: -1 },
    'tanh at its first inputs': { kind: 'tanh', from: 0x39800000, to: 0x39840000, sign: 1 },
    'tanh at its last inputs': { kind: 'tanh', from: 0x410e0000, to: 0x41110000, sign: 1 },
    'erf of subnormal numbers': { kind: 'erf', from: 0, to: 0x20000, sign: 1 },
    'erf at its last inputs': { kind: 'erf', from: 0x40790000, to: 0x407c0000, sign: 1 },
    'log of mantissas around 1': { kind: 'log', from: 0x3f7fe000, to: 0x3f802000 },
    'log of mantissas around the border of its table': { kind: 'log', from: 0x3fb2e000, to: 0x3fb32000 },
    'sin and cos of large numbers': { kind: 'sine', exponent: 100, stride: 256 },
    'a root': { kind: 'pow', exponent: Math.fround(1 / 3), stride: 512, sample: 64 },
    'a power with ties': { kind: 'pow', exponent: 3, stride: 256, sample: 1 },
  };
  for (const [name, task] of Object.entries(parts)) {
    it(`should find nothing wrong in ${name}`, () => {
      const outcome = run(task, 2 ** -44);
      expect(outcome.wrong).to.deep.equal([]);
      expect(outcome.inputs).to.be.at.least(16384);
    });
  }

  it('should reach every float32 that is not argued away', () => {
    const covered = (kind: string) =>
      complete().reduce((sum, task) => sum + (task.kind === kind && 'to' in task ? task.to - task.from : 0), 0);
    expect(covered('exp')).to.equal(2 * (0x42d20000 - 0x32800000));
    expect(covered('tanh')).to.equal(0x41110000 - 0x39800000);
    expect(covered('erf')).to.equal(0x01000000 + 0x40800000 - 0x30000000);
    expect(covered('log')).to.equal(2 ** 23);
  });

  it('should notice a result that is off by one unit', () => {
    const results = new Float32Array(8192).fill(1);
    const c = Float64Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0);
    expect(suspicious(results, c, 1, CLOSEST)).to.have.lengthOf(0);
    results[17] = 1 + 2 ** -23;
    results[4000] = 1 - 2 ** -24;
    expect([...suspicious(results, c, 1, CLOSEST)]).to.deep.equal([17, 4000]);
    const outcome = start();
    decide(outcome, 'one', 2, 1 + 2 ** -23, { result: 1, margin: 0.5 });
    expect(outcome.wrong).to.have.lengthOf(1);
  });
});
