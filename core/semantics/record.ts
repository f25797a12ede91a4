/**
 * Canonical bytes of a program and its root (docs/spec/program.md). Each operator is one record of 32-byte words, which the chain parses
 * when an element is disputed; the root is over a header and the Merkle tree of the records.
 */

import { DTYPES } from '../commitment/dtype.ts';
import { encodeHeader } from '../commitment/header.ts';
import { headersHash } from '../commitment/schema.ts';
import { commitTensor } from '../commitment/tensor.ts';
import { treeRoot } from '../commitment/tree.ts';
import { ProtocolError } from '../errors.ts';
import { taggedHash } from '../hash.ts';
import type { Bytes32 } from '../hex.ts';
import { fromHex, toHex, wordOf } from '../hex.ts';
import { Tags } from '../protocol/tags.ts';
import { largestStep, multiplyAdds, treeLevels } from './cost.ts';
import { KINDS } from './kinds.ts';
import type { Access, Guard, Operator, Program } from './program.ts';

/** Of the meaning of every record below: another meaning gets another number. */
export const SEMANTICS = 1n;

const SOURCES = { operator: 0n, constant: 1n, input: 2n } as const;

/** A number of so many bits: from 0 on, or in two's complement. */
type Field = readonly [value: number | bigint, bits: number, sign?: 'signed'];

/**
 * Packs fields from the most significant bit down. The rest of the word is zero. Throws `compile.too_large` for a number that its field
 * does not hold: the chain would read another one.
 */
function pack(...fields: readonly Field[]): Bytes32 {
  let word = 0n;
  let used = 0n;
  for (const [value, bits, sign] of fields) {
    const number = BigInt(value);
    if (number !== (sign ? BigInt.asIntN(bits, number) : BigInt.asUintN(bits, number))) {
      const limit = 2n ** BigInt(sign ? bits - 1 : bits) - 1n;
      throw new ProtocolError('compile.too_large', { what: 'a number in a record', got: number, limit });
    }
    word = (word << BigInt(bits)) | BigInt.asUintN(bits, number);
    used += BigInt(bits);
  }
  return wordOf(word << (256n - used));
}

/** 32-bit numbers, eight to a word; no word for none. */
function packMany(values: readonly number[], sign?: 'signed'): Bytes32[] {
  const words: Bytes32[] = [];
  for (let i = 0; i < values.length; i += 8)
    words.push(pack(...values.slice(i, i + 8).map((value): Field => (sign ? [value, 32, sign] : [value, 32]))));
  return words;
}

const packGuard = ({ outer, outerStep, inner, innerStep, offset, divisor, extent, stride }: Guard): Bytes32 =>
  pack(
    [outer, 8, 'signed'],
    [inner, 8, 'signed'],
    [outerStep, 32, 'signed'],
    [innerStep, 32, 'signed'],
    [offset, 32, 'signed'],
    [divisor, 32],
    [extent, 32],
    [stride, 32, 'signed'],
  );

/** One operand. `roots` are the commitments of the program's constants. */
function operandWords(access: Access | undefined, roots: readonly Bytes32[]): Bytes32[] {
  if (access === undefined) return [pack([0, 8])];
  const { source, dtype, elements, base, outer, inner, guards } = access;
  const constant = source.from === 'constant';
  return [
    pack(
      [1, 8],
      [SOURCES[source.from], 8],
      [DTYPES[dtype].code, 8],
      [guards.length, 8],
      [inner.length, 8],
      [constant ? 0 : source.index, 32],
      [elements, 32],
      [base, 64, 'signed'],
    ),
    ...(constant ? [roots[source.index] as Bytes32] : []),
    ...packMany(outer, 'signed'),
    ...packMany(inner, 'signed'),
    ...guards.map(packGuard),
  ];
}

/** The words of an operator's record. */
export function recordWords(operator: Operator, roots: readonly Bytes32[]): Bytes32[] {
  const { kind, dtype, shape, space, inner, attribute, operands } = operator;
  return [
    pack(
      [KINDS[kind].code, 8],
      [DTYPES[dtype].code, 8],
      [space.length, 8],
      [inner.length, 8],
      [operands.length, 16],
      [attribute, 32],
    ),
    encodeHeader({ dtype, shape }),
    ...packMany(space),
    ...packMany(inner),
    ...operands.flatMap((access) => operandWords(access, roots)),
  ];
}

/** Throws `compile.too_large` if an operator has a number that its record does not hold. */
export function checkRecords({ operators, constants }: Program): void {
  const roots = constants.map(() => wordOf(0n));
  for (const operator of operators) recordWords(operator, roots);
}

export interface ProgramCommitment {
  readonly root: Bytes32;
  readonly constantRoots: readonly Bytes32[];
  /** H(RECORD, words) of each operator: the leaves of the tree. */
  readonly recordHashes: readonly Bytes32[];
}

/** Hashes all constants, then all records. */
export function commitProgram(program: Program): ProgramCommitment {
  const constantRoots = program.constants.map(commitTensor);
  const recordHashes = program.operators.map((operator) =>
    taggedHash(Tags.RECORD, recordWords(operator, constantRoots)),
  );
  const records = recordHashes.length === 0 ? wordOf(0n) : (toHex(treeRoot(recordHashes.map(fromHex))) as Bytes32);
  const inputs = headersHash(program.inputs.map((input) => encodeHeader(input)));
  const outputs = program.outputs.filter(({ operator }) => operator !== undefined);
  const outputsHash = taggedHash(
    Tags.PROGRAM_OUTPUTS,
    outputs.flatMap(({ operator, dtype, shape }) => [
      wordOf(BigInt(operator as number)),
      encodeHeader({ dtype, shape }),
    ]),
  );
  const root = taggedHash(Tags.PROGRAM, [
    wordOf(SEMANTICS),
    wordOf(BigInt(program.operators.length)),
    wordOf(BigInt(treeLevels(program))),
    wordOf(multiplyAdds(program)),
    wordOf(BigInt(largestStep(program))),
    inputs,
    outputsHash,
    records,
  ]);
  return { root, constantRoots, recordHashes };
}

/** The hash that stands for the model's meaning in its version: anyone recomputes it from the published bytes. */
export function programRoot(program: Program): Bytes32 {
  return commitProgram(program).root;
}
