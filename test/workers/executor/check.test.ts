import { expect } from 'chai';
import { decodeItems } from '#core/commitment/canonical.ts';
import { ProtocolError } from '#core/errors.ts';
import { fromHex, toHex } from '#core/hex.ts';
import { buildModel, node } from '#core/onnx/build.ts';
import { CAUTIOUS_BUDGET, type CheckBudget } from '#core/protocol/checkBudget.ts';
import { AskFlags } from '#core/protocol/terms.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { programRoot } from '#core/semantics/record.ts';
import { type Tensor, tensorFrom } from '#core/tensor.ts';
import type { Hex } from '#ports/chain.ts';
import type { Reference } from '#ports/reference.ts';
import type { Runtime } from '#ports/runtime.ts';
import type { ServedVersion } from '#ports/work.ts';
import { createExecutor } from '../../../workers/executor/execute.ts';
import { executing } from '../../support/executing.ts';
import { rejectsLater } from '../../support/rejects.ts';

const never = new AbortController().signal;
/** y = x + x, of rows of two. */
const doubling = buildModel({
  inputs: { x: ['float32', ['n', 2]] },
  outputs: { y: ['float32', ['n', 2]] },
  nodes: [node('Add', ['x', 'x'], ['y'])],
});
const spec = (name: string) => [{ name, dtype: 'float32', shape: [-1, 2] }] as const;
const HALF = 0x3f000000;

describe('a result before it is signed', () => {
  const { start, admit, publish, stage, reason, runs, journal, runtime, cachedModels } = executing();

  const version = (
    program: Partial<ServedVersion['program']> = {},
    change: Partial<ServedVersion> = {},
  ): ServedVersion =>
    publish(doubling, {
      rows: true,
      schema: { inputs: spec('x'), outputs: spec('y') },
      program: { root: programRoot(compile(doubling)), atol: 0, rtol: 0, multiplyAdds: 2, ...program },
      ...change,
    });
  const rows = (...values: number[]) => values.map((value) => [tensorFrom('float32', [1, 2], [value, -value])]);
  /** A runtime that is off by so much in the first element of each row. */
  const off = (by: number): Runtime => ({
    ...runtime(),
    async run(...args) {
      const { y } = await runtime().run(...args);
      const data = Float32Array.from(y?.data as Float32Array, (value, i) => (i % 2 === 0 ? value + by : value));
      return { y: { ...(y as Tensor), data } };
    },
  });

  function executor(parts: { runtime?: Runtime; reference?: Reference; check?: CheckBudget } = {}) {
    const { log, metrics, clock, reference } = start();
    const models = cachedModels();
    const ports = { journal: journal(), runtime: runtime(), reference, models, log, metrics, clock, ...parts };
    const checks = (outcome: string) => metrics.values.get(`worker_execute_checks_total{outcome="${outcome}"}`);
    return { ...createExecutor(ports, { check: parts.check ?? CAUTIOUS_BUDGET }), checks, log, reference };
  }
  const outputOf = async (id: Hex) => {
    const result = await journal().result(id);
    return result && decodeItems(spec('y'), result.output).map(([y]) => [...(y as Tensor).data]);
  };
  /** The store of the first executor has fetched the model for all. */
  before(async () => {
    await start().executor.execute(await admit(version(), rows(1)), never);
  });

  it('should be sent as it is if the reference accepts it, row by row', async () => {
    const { execute, checks } = executor({ runtime: off(0.5) });
    const id = await admit(version({ atol: HALF }), rows(1, 2, 3));
    await execute(id, never);
    expect(await outputOf(id)).to.deep.equal([
      [2.5, -2],
      [4.5, -4],
      [6.5, -6],
    ]);
    expect(checks('within')).to.equal(1);
  });

  it('should be replaced by the reference if one element is beyond the tolerance', async () => {
    const { execute, checks, log } = executor({ runtime: off(0.5 + 2 ** -20) });
    const id = await admit(version({ atol: HALF }), rows(1, 2));
    await execute(id, never);
    expect(await outputOf(id)).to.deep.equal([
      [2, -2],
      [4, -4],
    ]);
    expect(checks('outside')).to.equal(1);
    expect(log.lines.map(({ message }) => message)).to.include(
      'reference submitted instead of a result outside the tolerance',
    );
  });

  it('should be replaced if ONNX Runtime answers another type', async () => {
    const flat: Runtime = { ...runtime(), run: async () => ({ y: tensorFrom('float32', [1, 1], [2]) }) };
    const { execute, checks } = executor({ runtime: flat });
    const id = await admit(version(), rows(1));
    await execute(id, never);
    expect(await outputOf(id)).to.deep.equal([[2, -2]]);
    expect(checks('outside')).to.equal(1);
  });

  it('should be the reference alone in exact mode, and ONNX Runtime is not asked', async () => {
    const { execute, checks } = executor({ runtime: off(1) });
    const before = runs();
    const id = await admit(version({}, { exact: true }), rows(4), { flags: AskFlags.EXACT_OUTPUT });
    await execute(id, never);
    expect(await outputOf(id)).to.deep.equal([[8, -8]]);
    const result = await journal().result(id);
    expect(toHex(result?.submission as Uint8Array)).to.equal(result?.outputHash);
    expect(runs()).to.equal(before);
    expect(checks('exact')).to.equal(1);
  });

  it('should be the reference for an input that ONNX Runtime refuses', async () => {
    const refusing: Runtime = {
      ...runtime(),
      run: async ({ sha256 }) => {
        throw new ProtocolError('runtime.input_rejected', { sha256, reason: 'indices element out of data bounds' });
      },
    };
    const { execute, checks } = executor({ runtime: refusing });
    const id = await admit(version(), rows(1));
    await execute(id, never);
    expect(await outputOf(id)).to.deep.equal([[2, -2]]);
    expect(checks('rejected')).to.equal(1);
  });

  it('should not come about for a version whose program is not that of its model', async () => {
    const { execute } = executor();
    const root: Hex = `0x${'ab'.repeat(32)}`;
    for (const exact of [false, true]) {
      const before = runs();
      const id = await admit(version({ root }, { exact }), rows(1));
      await execute(id, never);
      expect(await stage(id)).to.equal('quarantined');
      expect(await reason(id))
        .to.match(/^executor\.root_mismatch: /)
        .and.contain(root);
      expect(runs()).to.equal(before);
    }
  });

  it('should mark such a version, so that no request of it is taken again', async () => {
    const { execute } = executor();
    const id: Hex = `0x${'9'.repeat(64)}`;
    const facts = { sha256: 'kept' };
    await journal().open({ track: 'version', id, stage: 'published', facts, dueAt: undefined });
    await execute(await admit(version({ root: `0x${'ab'.repeat(32)}` }), rows(1), { version: id }), never);
    const marked = (await journal().row('version', id))?.facts;
    expect(marked?.['sha256']).to.equal('kept');
    expect(marked?.['refused']).to.match(/^executor\.root_mismatch: /);
  });

  it('should not come about for a model without a program', async () => {
    const bytes = buildModel({
      inputs: { x: ['float32', ['n', 2]] },
      outputs: { y: ['float32', ['n', 2]] },
      nodes: [node('NonZero', ['x'], ['y'])],
    });
    const { program } = version();
    const unknown = publish(bytes, {
      rows: true,
      schema: { inputs: spec('x'), outputs: spec('y') },
      ...(program ? { program } : {}),
    });
    const id = await admit(unknown, rows(1));
    await start().executor.execute(id, never);
    expect(await reason(id)).to.match(/^compile\.unsupported_operator: /);
  });

  describe('when the reference takes too long', () => {
    /** 100 s per multiply-add, 2 of them for one row. 594 s are left (600 without the margin of 6). */
    const check: CheckBudget = { multiplyAddsPerSecond: 1 / 100, share: 0.5, unchecked: new Set() };
    const admitted = `0x${'7'.repeat(64)}`;

    it('should be given up if there is no time at all', async () => {
      const { execute } = executor({ check });
      const before = runs();
      const id = await admit(version(), rows(1, 2, 3));
      await execute(id, never);
      expect(await stage(id)).to.equal('quarantined');
      expect(await reason(id))
        .to.match(/^executor\.unchecked: /)
        .and.contain('about 600 s, 594 s are left');
      expect(runs()).to.equal(before);
    });

    it('should be checked as long as it can be', async () => {
      const { execute, checks } = executor({ check });
      await execute(await admit(version(), rows(1, 2)), never);
      expect(checks('within')).to.equal(1);
    });

    it('should be sent unchecked if the operator admitted the version', async () => {
      const unchecked = new Set([admitted]);
      const { execute, checks } = executor({ runtime: off(1), check: { ...check, unchecked } });
      const id = await admit(version(), rows(1, 2), { version: admitted.toUpperCase().replace('0X', '0x') });
      await execute(id, never);
      expect(await outputOf(id)).to.deep.equal([
        [3, -2],
        [5, -4],
      ]);
      expect(checks('skipped')).to.equal(1);
    });

    it('should be checked also then if that takes no more than its share', async () => {
      const unchecked = new Set([admitted]);
      const { execute, checks } = executor({ runtime: off(1), check: { ...check, unchecked } });
      const id = await admit(version(), rows(1), { version: admitted });
      await execute(id, never);
      expect(await outputOf(id)).to.deep.equal([[2, -2]]);
      expect(checks('outside')).to.equal(1);
    });

    it('should be exact in exact mode whatever was admitted', async () => {
      const { execute } = executor({ check: { ...check, unchecked: new Set([admitted]) } });
      const id = await admit(version({}, { exact: true }), rows(1, 2, 3), { version: admitted });
      await execute(id, never);
      expect(await reason(id)).to.match(/^executor\.unchecked: /);
    });
  });

  it('should wait for another try if the reference breaks, and never go out unchecked', async () => {
    const { reference } = start();
    const broken: Reference = {
      ...reference,
      run: async ({ sha256 }) => {
        throw new ProtocolError('reference.crashed', { sha256, reason: 'out of memory' });
      },
    };
    const { execute } = executor({ reference: broken });
    const id = await admit(version(), rows(1));
    await rejectsLater('reference.crashed', execute(id, never));
    expect(await stage(id)).to.equal('admitted');
    expect(await journal().result(id)).to.equal(undefined);
  });

  it('should be sent as it is for a version that names no program', async () => {
    const asked: Reference = {
      ...start().reference,
      describe: async () => expect.fail('nobody needs the reference'),
    };
    const { execute } = executor({ runtime: off(1), reference: asked });
    const { program: _, ...plain } = version();
    const id = await admit(plain, rows(1));
    await execute(id, never);
    expect(await outputOf(id)).to.deep.equal([[3, -2]]);
    expect(fromHex('0x40400000c0000000')).to.deep.equal((await journal().result(id))?.output);
  });
});
