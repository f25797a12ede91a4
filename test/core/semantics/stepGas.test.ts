/** The bound on the gas of a step by its page (docs/spec/step-gas.md), and programs that it refuses. test/steps/stepGas.test.ts has the chain. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { compile } from '#core/semantics/compile/compile.ts';
import { checkDisputable, dearestProof } from '#core/semantics/cost.ts';
import type { Access, Operator, Program } from '#core/semantics/program.ts';
import { type ProgramSize, stepCost } from '#core/semantics/stepGas.ts';
import { tensor } from '#core/tensor.ts';
import { perfModels } from '../../../scripts/generate/perfModels.ts';
import { exampleModels } from '../../support/models.ts';

const PAGE = readFileSync(new URL('../../../docs/spec/step-gas.md', import.meta.url), 'utf8');
const count = (text: string) => Number(text.replaceAll(',', ''));
/** Largest step and bytes by model. */
const EXAMPLES = new Map(
  [...PAGE.matchAll(/^\| ([a-z\d-]+) \| ([\d,]+) \| ([\d,]+) \|$/gm)].map(([, name, gas, bytes]) => [
    name as string,
    { gas: count(gas as string), bytes: count(bytes as string) },
  ]),
);

const access = (index: number, elements: number, part: Partial<Access> = {}): Access => ({
  source: { from: 'constant', index },
  dtype: 'float32',
  elements,
  base: 0,
  outer: [],
  inner: [],
  guards: [],
  ...part,
});
const operator = (part: Partial<Operator> & Pick<Operator, 'kind' | 'operands'>): Operator => ({
  dtype: 'float32',
  shape: [],
  space: [],
  inner: [],
  attribute: 0,
  ...part,
});
const size = (operators: number, inputs = 1): ProgramSize => ({
  operators: { length: operators },
  inputs: { length: inputs },
});

/** Transaction, calldata and execution as the page adds them up. */
function priced({ dense, sparse, other, execution }: Record<'dense' | 'sparse' | 'other' | 'execution', number>) {
  const bytes = 4 + dense + 32 * sparse;
  const full = 4 + dense + other;
  const zeros = bytes - full;
  const memory = Math.ceil((bytes / 32) ** 2 / 200);
  return {
    bytes,
    gas: 21_000 + Math.max(16 * full + 4 * zeros + 165_000 + execution + memory, 40 * full + 10 * zeros),
  };
}

describe('the bound on the gas of a step', () => {
  it('should be that of the page for every example model', () => {
    expect(EXAMPLES.size).to.equal(9);
    for (const { name, file } of exampleModels())
      expect(dearestProof(compile(readFileSync(file))), name).to.deep.equal(EXAMPLES.get(name));
  });

  it('should add up as the page says for one element', () => {
    // 1,000 elements: 16 leaves, 4 levels. 5 operators: 3 levels.
    const relu = operator({
      kind: 'Relu',
      shape: [1_000],
      space: [1_000],
      operands: [access(0, 1_000, { outer: [1], source: { from: 'operator', index: 0 } })],
    });
    const [siblings, links, record, data] = [4 + 4, 3 + 3 + 3, 2 + 1 + 1 + 1, 2 * 256];
    const execution =
      record * 150 + 3_500 + 2 * 350 + 2 * (9_500 + 2_500) + siblings * 1_200 + (data / 32) * 100 + links * 700;
    const dense = 32 * (siblings + links + record + 1) + data;
    expect(stepCost(relu, size(5))).to.deep.equal(
      priced({ dense, sparse: 47 + 2 * 11 + 2, other: 700 + 2 * 60 + 2 * 8, execution }),
    );
  });

  it('should add up as the page says for a sum over rows that lie apart', () => {
    // 3 rows of 100, 1,000 apart: 3 runs of 3 leaves, of 47 (6 levels); the other side by side: 6 leaves of 8 (3 levels), from anywhere.
    const dot = operator({
      kind: 'Dot',
      shape: [2],
      space: [2],
      inner: [3, 100],
      operands: [
        access(0, 3_000, { outer: [1], inner: [1_000, 1] }),
        access(1, 500, { outer: [7], inner: [100, 1] }),
        undefined,
      ],
    });
    const [runs, data] = [3 + 1 + 1, 256 * (9 + 6 + 1)];
    const siblings = 3 * 2 * (6 - 1) + 2 * (3 - 1) + 0;
    const record = 2 + 1 + 1 + 2 * (1 + 1 + 1 + 1) + 1;
    const links = 0 + 0 + 0 + 0;
    const sum = 300 * 455 + 3 * 45 + 103 * 65 + 2 * 3 * 215 + 3 * (1_400 + 2 * 95);
    const execution =
      record * 150 +
      3 * 3_500 +
      3 * (1 * 350 + 2 * 1_700) +
      3 * 9_500 +
      runs * 2_500 +
      siblings * 1_200 +
      (data / 32) * 100 +
      links * 700 +
      sum;
    const dense = 32 * (siblings + links + record + 1) + data;
    expect(stepCost(dot, size(1))).to.deep.equal(
      priced({ dense, sparse: 47 + 3 * 11 + runs, other: 700 + 3 * 60 + runs * 8, execution }),
    );
  });

  it('should grow with the program', () => {
    const move = (index: number): Operator =>
      operator({
        kind: 'Move',
        shape: [64],
        space: [64],
        operands: [access(index, 64, { outer: [1], source: { from: 'input', index } })],
      });
    const small = stepCost(move(0), size(1));
    expect(stepCost(move(0), size(1, 9)).gas - small.gas).to.be.at.least(8 * (32 * 16 + 700));
    expect(stepCost(move(0), size(1_000)).gas - small.gas).to.be.at.least(2 * 10 * (32 * 16 + 700));
  });

  const programOf = (one: Operator): Program => ({
    inputs: [{ name: 'x', dtype: 'float32', shape: [1], rows: false }],
    constants: [tensor('float32', [1], Float32Array.of(0))],
    operators: [one],
    outputs: [],
  });
  /** `count` terms, each so far from the next. */
  const across = (count: number, stride: number) =>
    programOf(
      operator({
        kind: 'Dot',
        inner: [count],
        operands: [access(0, count * stride, { inner: [stride] }), access(1, count, { inner: [1] })],
      }),
    );
  const refuses = (program: Program, what: string) =>
    expect(() => checkDisputable(program))
      .to.throw(Error)
      .that.deep.includes({ code: 'compile.too_large' })
      .and.nested.property('payload.what', what);

  it('should refuse a program whose proof no node would pass on, and none below', () => {
    // 64 apart: a leaf for each term, all in one run.
    checkDisputable(across(400, 64));
    refuses(across(480, 64), 'bytes in its largest proof');
    // 128 apart: a path for each as well.
    checkDisputable(across(200, 128));
    refuses(across(250, 128), 'bytes in its largest proof');
  });

  it('should refuse a program of so many outputs that no node would pass on a challenge', () => {
    const program = across(1, 1);
    const output = {
      name: 'y',
      dtype: 'float32',
      shape: [1],
      rows: false,
      operator: 0,
    } as unknown as Program['outputs'][0];
    const giving = (outputs: number): Program => ({
      ...program,
      outputs: Array.from({ length: outputs }, () => output),
    });
    checkDisputable(giving(512));
    refuses(giving(513), 'outputs');
  });

  it('should refuse a program that no transaction could decide', () => {
    const jumping = (jumps: number) => {
      const factor = access(0, 50 * 256, { inner: [1, 256] });
      return programOf(operator({ kind: 'Dot', inner: [jumps, 50], operands: [factor, undefined, undefined] }));
    };
    checkDisputable(jumping(40));
    refuses(jumping(100), 'gas in its largest step');
  });

  it('should let the timing networks compile', () => {
    for (const { bytes, name } of perfModels()) expect(dearestProof(compile(bytes)).gas, name).to.be.below(1_000_000);
  });
});
