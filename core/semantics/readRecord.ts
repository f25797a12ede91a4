/** An operator from the words of its record: the inverse of record.ts, for those who have a record and no program. */
import { dtypeOfCode } from '../commitment/dtype.ts';
import { decodeHeader } from '../commitment/header.ts';
import { isProtocolError, ProtocolError } from '../errors.ts';
import type { Bytes32 } from '../hex.ts';
import { KINDS, type Kind } from './kinds.ts';
import type { Access, Guard, Operator, Source } from './program.ts';
import { recordWords } from './record.ts';

export interface ReadRecord {
  readonly operator: Operator;
  /** Commitments of the constants it reads; a source `constant i` is the i-th of them. */
  readonly constants: readonly Bytes32[];
}

const SOURCES = ['operator', 'constant', 'input'] as const;
const KIND_OF: ReadonlyMap<number, Kind> = new Map(
  Object.entries(KINDS).map(([name, { code }]) => [code, name as Kind]),
);

/** Takes fields off a word from the most significant bit down. */
class Word {
  #word: bigint;
  #left = 256n;

  constructor(word: Bytes32) {
    this.#word = BigInt(word);
  }

  wide(bits: number): bigint {
    this.#left -= BigInt(bits);
    return BigInt.asUintN(bits, this.#word >> this.#left);
  }

  field = (bits: number): number => Number(this.wide(bits));
  signed = (bits: number): number => Number(BigInt.asIntN(bits, this.wide(bits)));
}

/** Throws `execute.opening` for words that are no record: writing the operator again must give the very same words. */
export function readRecord(words: readonly Bytes32[]): ReadRecord {
  let at = 0;
  const refuse = (reason: string) => new ProtocolError('execute.opening', { place: 'a record', reason });
  const next = (): Bytes32 => {
    const word = words[at++];
    if (word === undefined) throw refuse(`it has only ${words.length} words`);
    return word;
  };
  const many = (count: number, one: (word: Word) => number): number[] => {
    const values: number[] = [];
    for (let left = count; left > 0; left -= 8) {
      const word = new Word(next());
      for (let i = 0; i < Math.min(8, left); i++) values.push(one(word));
    }
    return values;
  };
  const constants: Bytes32[] = [];

  const head = new Word(next());
  const kind = KIND_OF.get(head.field(8));
  head.field(8); // the dtype, which the header repeats
  const [axes, innerAxes, operandCount, attribute] = [head.field(8), head.field(8), head.field(16), head.field(32)];
  if (kind === undefined) throw refuse('its kind is unknown');
  const { dtype, shape } = decodeHeader(next());
  const space = many(axes, (word) => word.field(32));
  const inner = many(innerAxes, (word) => word.field(32));

  const access = (): Access | undefined => {
    const word = new Word(next());
    if (word.field(8) === 0) return undefined;
    const from = SOURCES[word.field(8)];
    const type = dtypeOfCode(word.field(8));
    const [guards, depends, index, elements, base] = [
      word.field(8),
      word.field(8),
      word.field(32),
      word.field(32),
      word.signed(64),
    ];
    if (from === undefined || type === undefined) throw refuse('the source of an operand is unknown');
    if (from === 'constant') constants.push(next());
    const source: Source = { from, index: from === 'constant' ? constants.length - 1 : index };
    const strides = { outer: many(axes, (w) => w.signed(32)), inner: many(depends, (w) => w.signed(32)) };
    return {
      source,
      dtype: type,
      elements,
      base,
      ...strides,
      guards: Array.from({ length: guards }, () => guardOf(new Word(next()))),
    };
  };
  const operands = Array.from({ length: operandCount }, access);
  const operator: Operator = { kind, dtype, shape, space, inner, attribute, operands };
  const again = written(operator, constants);
  if (again.length !== words.length || again.some((word, i) => word !== words[i]))
    throw refuse('its words are not those of any operator');
  return { operator, constants };
}

/** No words for an operator with a number that no field holds: those that pass 2^53 are read as another. */
function written(operator: Operator, constants: readonly Bytes32[]): Bytes32[] {
  try {
    return recordWords(operator, constants);
  } catch (error) {
    if (isProtocolError(error, 'compile.too_large')) return [];
    throw error;
  }
}

function guardOf(word: Word): Guard {
  const [outer, inner] = [word.signed(8), word.signed(8)];
  const [outerStep, innerStep, offset] = [word.signed(32), word.signed(32), word.signed(32)];
  const [divisor, extent, stride] = [word.field(32), word.field(32), word.signed(32)];
  return { outer, outerStep, inner, innerStep, offset, divisor, extent, stride };
}
