/** What the chain evaluates from a record (step.ts) is what the executor makes, bit for bit: sampled elements of every operator. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { readModel } from '#core/onnx/read.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { execute } from '#core/semantics/execute/execute.ts';
import type { Kind } from '#core/semantics/kinds.ts';
import type { Operator, Program } from '#core/semantics/program.ts';
import { stepElement } from '#core/semantics/step.ts';
import type { Tensor } from '#core/tensor.ts';
import { loadCases } from '../../../sdk/conformance/cases.ts';
import { prepare } from '../../../sdk/conformance/judge.ts';
import { exampleModels } from '../../support/models.ts';
import { type Seeded, seeded } from '../../support/seeded.ts';

const SUITE = fileURLToPath(new URL('../../vectors/onnx-node-tests', import.meta.url));

/** Elements of one operator: the first, the last, and some between. */
function sample(count: number, many: number, r: Seeded): readonly number[] {
  if (count <= many) return Array.from({ length: count }, (_, e) => e);
  return [...new Set([0, count - 1, ...Array.from({ length: many - 2 }, () => r.int(count))])];
}

/** Gives the kinds that were compared. */
function expectSteps(program: Program, inputs: readonly Tensor[], many: number, r: Seeded, what: string): Set<Kind> {
  const made: Tensor['data'][] = [];
  const kinds = new Set<Kind>();
  execute(program, inputs, {
    observe: (index, { dtype, data }) => {
      made[index] = data;
      const operator = program.operators[index] as Operator;
      kinds.add(operator.kind);
      const sources = operator.operands.map((access) => {
        if (access === undefined) return undefined;
        const { from, index: at } = access.source;
        return from === 'operator' ? made[at] : from === 'input' ? inputs[at]?.data : program.constants[at]?.data;
      });
      const stored = data.slice(0, 1);
      for (const e of sample(data.length, many, r)) {
        stored[0] = stepElement(operator, e, (operand, address) => {
          const value = sources[operand]?.[address];
          if (value === undefined) throw new Error(`address ${address} of operand ${operand} is outside its source`);
          return value;
        }) as number;
        if (!Object.is(stored[0], data[e]))
          expect.fail(
            `${what}, ${operator.kind} ${index} (${dtype}): element ${e} is ${data[e]}, its step gives ${stored[0]}`,
          );
      }
    },
  });
  return kinds;
}

/** The first row of inputs whose rows are items. */
function firstItem(program: Program, inputs: Readonly<Record<string, Tensor>>): Tensor[] {
  return program.inputs.map(({ name, shape, rows }) => {
    const given = inputs[name] as Tensor;
    return rows
      ? { ...given, shape, data: given.data.slice(0, given.data.length / (given.shape[0] as number)) }
      : given;
  });
}

describe('one element of an operator from its record alone', () => {
  for (const [m, { name, file, vectors }] of exampleModels().entries())
    it(`should be what the executor makes of ${name}`, () => {
      const r = seeded(100 + m);
      const program = compile(readFileSync(file));
      for (const { id, inputs } of vectors.slice(0, 2))
        expectSteps(program, firstItem(program, inputs), 12, r, `${name}, vector ${id}`);
    });

  it('should be what the executor makes of every case of the ONNX project', () => {
    const r = seeded(7);
    const kinds = new Set<Kind>();
    for (const { name, model, dataSets } of loadCases(SUITE)) {
      const { program, feeds } = prepare(readModel(model), dataSets[0]?.inputs ?? [], new Set());
      for (const kind of expectSteps(program, firstItem(program, feeds), 8, r, name)) kinds.add(kind);
    }
    expect(kinds.size, [...kinds].join()).to.be.greaterThan(40);
  });
});
