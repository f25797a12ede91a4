/** Records and roots of programs against docs/spec/program.md, read as it is written there. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { Bytes32 } from '#core/hex.ts';
import { fromHex, toHex } from '#core/hex.ts';
import { buildModel, node } from '#core/onnx/build.ts';
import { readModel } from '#core/onnx/read.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { largestStep } from '#core/semantics/cost.ts';
import type { Access, Guard, Operator, Program } from '#core/semantics/program.ts';
import { commitProgram, recordWords } from '#core/semantics/record.ts';
import { tensor } from '#core/tensor.ts';
import { loadCases } from '../../../sdk/conformance/cases.ts';
import { prepare } from '../../../sdk/conformance/judge.ts';
import {
  dtypeCode,
  fields,
  pageCommitment,
  pageHash,
  pageHeader,
  pageTree,
  pageWord,
} from '../../support/commitmentPage.ts';
import { exampleModels } from '../../support/models.ts';
import { random } from '../../support/semantics.ts';

const SUITE = fileURLToPath(new URL('../../vectors/onnx-node-tests', import.meta.url));

/** `Dot (1)` and the like, from the page of the primitives. */
const CODES = new Map(
  [
    ...readFileSync(new URL('../../../docs/spec/primitives.md', import.meta.url), 'utf8').matchAll(/(\w+) \((\d+)\)/g),
  ].map(([, kind, code]) => [kind as string, Number(code)]),
);

const TAGS = { HEADERS: 0x05, RECORD: 0x0b, PROGRAM: 0x0c, PROGRAM_OUTPUTS: 0x0d } as const;
const SOURCES = { operator: 0, constant: 1, input: 2 } as const;
const product = (list: readonly number[]) => list.reduce((all, one) => all * one, 1);

function listed(values: readonly number[]): Uint8Array[] {
  const words = [];
  for (let i = 0; i < values.length; i += 8)
    words.push(fields(...values.slice(i, i + 8).map((value): [number, number] => [value, 32])));
  return words;
}

function operandOf(access: Access | undefined, program: Program): Uint8Array[] {
  if (access === undefined) return [pageWord(0)];
  const { source, elements, base, outer, inner, guards } = access;
  const constant = source.from === 'constant' ? program.constants[source.index] : undefined;
  return [
    fields(
      [1, 8],
      [SOURCES[source.from], 8],
      [dtypeCode(access), 8],
      [guards.length, 8],
      [inner.length, 8],
      [constant ? 0 : source.index, 32],
      [elements, 32],
      [base, 64],
    ),
    ...(constant ? [pageCommitment(constant)] : []),
    ...listed(outer),
    ...listed(inner),
    ...guards.map((guard) =>
      fields(
        [guard.outer, 8],
        [guard.inner, 8],
        [guard.outerStep, 32],
        [guard.innerStep, 32],
        [guard.offset, 32],
        [guard.divisor, 32],
        [guard.extent, 32],
        [guard.stride, 32],
      ),
    ),
  ];
}

function recordOf(operator: Operator, program: Program): Uint8Array[] {
  const { kind, space, inner, operands, attribute } = operator;
  return [
    fields(
      [CODES.get(kind) as number, 8],
      [dtypeCode(operator), 8],
      [space.length, 8],
      [inner.length, 8],
      [operands.length, 16],
      [attribute, 32],
    ),
    pageHeader(operator),
    ...listed(space),
    ...listed(inner),
    ...operands.flatMap((access) => operandOf(access, program)),
  ];
}

const log64 = (n: number): number => (n <= 1 ? 0 : 1 + log64(Math.ceil(n / 64)));

function levelsOf({ operators }: Program): number {
  const tensors = operators.map(({ shape }) => {
    const leaves = Math.ceil(product(shape) / 64);
    return leaves <= 16 ? 1 : 1 + log64(leaves);
  });
  return Math.max(0, log64(operators.length) - 1) + Math.max(0, ...tensors);
}

function costOf({ operators }: Program): bigint {
  const costs = operators.map(({ kind, attribute, space, inner }) => {
    if (kind === 'Gather') return product(space);
    const outputs = kind === 'Dot' && attribute === 1 ? space.slice(0, -1) : space;
    return product(outputs) * product(inner);
  });
  const total = costs.reduce((all, one) => all + BigInt(one), 0n);
  return total === 0n ? 1n : total;
}

function rootOf(program: Program): Uint8Array {
  const { inputs, outputs, operators } = program;
  const records = operators.map((operator) => pageHash(TAGS.RECORD, ...recordOf(operator, program)));
  const named = outputs.flatMap((output) =>
    output.operator === undefined ? [] : [pageWord(output.operator), pageHeader(output)],
  );
  return pageHash(
    TAGS.PROGRAM,
    pageWord(1),
    pageWord(operators.length),
    pageWord(levelsOf(program)),
    pageWord(costOf(program)),
    pageWord(largestStep(program)),
    pageHash(TAGS.HEADERS, pageWord(inputs.length), ...inputs.map(pageHeader)),
    pageHash(TAGS.PROGRAM_OUTPUTS, ...named),
    records.length === 0 ? pageWord(0) : pageTree(records),
  );
}

function expectPage(program: Program, what: string): void {
  const { root, constantRoots, recordHashes } = commitProgram(program);
  program.constants.forEach((constant, i) => {
    expect(constantRoots[i], `${what}, constant ${i}`).to.equal(toHex(pageCommitment(constant)));
  });
  program.operators.forEach((operator, k) => {
    const words = recordOf(operator, program);
    expect(recordWords(operator, constantRoots), `${what}, ${operator.kind} ${k}`).to.deep.equal(words.map(toHex));
    expect(recordHashes[k]).to.equal(toHex(pageHash(TAGS.RECORD, ...words)));
  });
  expect(root, what).to.equal(toHex(rootOf(program)));
}

/** A padded convolution, a bias, a concatenation, a top 2, a row that is too long for one Dot, an integer product. */
function mixed(): Program {
  const r = random(5);
  return compile(
    buildModel({
      inputs: { x: ['float32', [1, 2, 5, 4]], long: ['float32', [1, 9000]], bytes: ['uint8', [2, 3]] },
      outputs: {
        y: ['float32', [1, 3, 5, 4]],
        top: ['float32', [1, 2]],
        sum: ['float32', [1, 1]],
        product: ['int32', [2, 2]],
      },
      constants: {
        w: r.normals([3, 2, 3, 3]),
        b: r.normals([3]),
        k: tensor('int64', [1], BigInt64Array.of(2n)),
        v: tensor('int8', [3, 2], Int8Array.of(1, -2, 3, -4, 5, -6)),
        zero: tensor('uint8', [], Uint8Array.of(7)),
      },
      nodes: [
        node('Conv', ['x', 'w', 'b'], ['c'], { pads: [1, 1, 1, 1] }),
        node('Relu', ['c'], ['y']),
        node('MaxPool', ['x'], ['p'], { kernel_shape: [5, 4], pads: [1, 1, 1, 1] }),
        node('Flatten', ['p'], ['f']),
        node('Softmax', ['f'], ['top']),
        node('ReduceMean', ['long'], ['sum'], { axes: [1] }),
        node('MatMulInteger', ['bytes', 'v', 'zero'], ['product']),
      ],
    }),
  );
}

describe('the canonical bytes of a program', () => {
  it('should know every kind of the page', () => {
    expect(CODES.size).to.be.greaterThan(40);
    expect(CODES.get('Dequantize')).to.equal(81);
  });

  it('should be those of the page for every example model', () => {
    for (const { name, file } of exampleModels()) expectPage(compile(readFileSync(file)), name);
  });

  it('should be those of the page for every case of the ONNX project', () => {
    for (const { name, model, dataSets } of loadCases(SUITE))
      expectPage(prepare(readModel(model), dataSets[0]?.inputs ?? [], new Set()).program, name);
  });

  it('should be those of the page for a program with guards, ranges and absent operands', () => {
    const program = mixed();
    const operands = program.operators.flatMap((operator) => operator.operands);
    expect(
      operands.some((access) => access === undefined),
      'absent operand',
    ).to.equal(true);
    expect(
      operands.some((access) => access && access.guards.length > 0),
      'guard',
    ).to.equal(true);
    expect(
      program.operators.some(({ kind, attribute }) => kind === 'Dot' && attribute === 1),
      'ranges',
    ).to.equal(true);
    expectPage(program, 'mixed');
  });
});

/** Each way to change one field of an operand. */
function changedAccesses(access: Access): [string, Access][] {
  const { source, dtype, elements, base, outer, inner, guards } = access;
  const other = source.from === 'input' ? 'operator' : 'input';
  const guardKeys = ['outer', 'outerStep', 'inner', 'innerStep', 'offset', 'divisor', 'extent', 'stride'] as const;
  return [
    ['source', { ...access, source: { ...source, from: other } }],
    ['dtype', { ...access, dtype: dtype === 'int32' ? 'float32' : 'int32' }],
    ['elements', { ...access, elements: elements + 1 }],
    ['base', { ...access, base: base + 1 }],
    ...(source.from === 'constant'
      ? []
      : [['index', { ...access, source: { ...source, index: source.index + 1 } }] as [string, Access]]),
    ...outer.map((stride, i): [string, Access] => [`outer ${i}`, { ...access, outer: outer.with(i, -stride - 1) }]),
    ...inner.map((stride, i): [string, Access] => [`inner ${i}`, { ...access, inner: inner.with(i, -stride - 1) }]),
    ['inner length', { ...access, inner: [...inner, 0] }],
    [
      'guards',
      {
        ...access,
        guards: [
          ...guards,
          { outer: -1, outerStep: 0, inner: -1, innerStep: 0, offset: 0, divisor: 1, extent: 1, stride: 0 },
        ],
      },
    ],
    ...guards.flatMap((guard, i) =>
      guardKeys.map((key): [string, Access] => [
        `guard ${i}, ${key}`,
        { ...access, guards: guards.with(i, { ...guard, [key]: guard[key] + 1 } satisfies Guard) },
      ]),
    ),
    ...(guards.length > 0 ? [['a guard less', { ...access, guards: guards.slice(1) }] as [string, Access]] : []),
  ];
}

/** Each way to change one field of an operator. */
function changedOperators(operator: Operator): [string, Operator][] {
  const { kind, dtype, shape, space, inner, attribute, operands } = operator;
  return [
    ['kind', { ...operator, kind: kind === 'Sub' ? 'Add' : 'Sub' }],
    ['dtype', { ...operator, dtype: dtype === 'int32' ? 'float32' : 'int32' }],
    ['attribute', { ...operator, attribute: attribute + 2 }],
    ['rank', { ...operator, shape: [1, ...shape] }],
    ...shape.map((dim, i): [string, Operator] => [`shape ${i}`, { ...operator, shape: shape.with(i, dim + 1) }]),
    ...space.map((dim, i): [string, Operator] => [`space ${i}`, { ...operator, space: space.with(i, dim + 1) }]),
    ...inner.map((dim, i): [string, Operator] => [`inner ${i}`, { ...operator, inner: inner.with(i, dim + 1) }]),
    ['an operand more', { ...operator, operands: [...operands, undefined] }],
    ...operands.flatMap((access, i): [string, Operator][] =>
      access === undefined
        ? []
        : [
            [`operand ${i} absent`, { ...operator, operands: operands.with(i, undefined) }],
            ...changedAccesses(access).map(([what, changed]): [string, Operator] => [
              `operand ${i}, ${what}`,
              { ...operator, operands: operands.with(i, changed) },
            ]),
          ],
    ),
  ];
}

describe('the root of a program', () => {
  const program = mixed();
  const root = commitProgram(program).root;
  const rootWith = (change: Partial<Program>): Bytes32 => commitProgram({ ...program, ...change }).root;

  it('should change with every field of every operator, and never to the same root twice', () => {
    const roots = new Map<Bytes32, string>([[root, 'the program itself']]);
    program.operators.forEach((operator, k) => {
      for (const [what, changed] of changedOperators(operator)) {
        const made = rootWith({ operators: program.operators.with(k, changed) });
        const name = `${operator.kind} ${k}: ${what}`;
        expect(roots.get(made), name).to.equal(undefined);
        roots.set(made, name);
      }
    });
    expect(roots.size).to.be.greaterThan(400);
  });

  it('should change with every element, dtype and shape of a constant', () => {
    const { constants } = program;
    constants.forEach((constant, c) => {
      const data = constant.data.slice();
      const last = data.length - 1;
      if (data instanceof BigInt64Array) data[last] = (data[last] as bigint) + 1n;
      else data[last] = (data[last] as number) + 1;
      expect(rootWith({ constants: constants.with(c, { ...constant, data }) }), `constant ${c}`).not.to.equal(root);
      const shape = [1, ...constant.shape];
      expect(rootWith({ constants: constants.with(c, { ...constant, shape }) }), `shape ${c}`).not.to.equal(root);
    });
  });

  it('should change with inputs, outputs and the order of operators', () => {
    const { inputs, outputs, operators } = program;
    const [first, second] = inputs;
    const [y, top] = outputs;
    if (!first || !second || !y || !top) throw new Error('the program has two inputs and outputs');
    const changes: [string, Partial<Program>][] = [
      ['input shape', { inputs: inputs.with(0, { ...first, shape: [2, 1, 5, 4] }) }],
      ['input dtype', { inputs: inputs.with(0, { ...first, dtype: 'int32' }) }],
      ['an input less', { inputs: inputs.slice(1) }],
      ['inputs swapped', { inputs: [second, first, ...inputs.slice(2)] }],
      ['output operator', { outputs: outputs.with(0, { ...y, operator: (y.operator as number) + 1 }) }],
      ['output shape', { outputs: outputs.with(0, { ...y, shape: [60] }) }],
      ['an output less', { outputs: outputs.slice(1) }],
      ['outputs swapped', { outputs: [top, y, ...outputs.slice(2)] }],
      ['an operator more', { operators: [...operators, operators[0] as Operator] }],
      ['operators swapped', { operators: [operators[1] as Operator, operators[0] as Operator, ...operators.slice(2)] }],
    ];
    for (const [what, change] of changes) expect(rootWith(change), what).not.to.equal(root);
  });

  it('should not change with names', () => {
    const renamed = <T extends { readonly name: string }>(list: readonly T[]) =>
      list.map((one) => ({ ...one, name: `${one.name} once more` }));
    expect(rootWith({ inputs: renamed(program.inputs), outputs: renamed(program.outputs) })).to.equal(root);
    expect(fromHex(root)).to.have.length(32);
  });
});
