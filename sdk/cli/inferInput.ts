/** The input of `opg infer`: JSON files, `--set`, and pictures. */
import { DTYPES, isDtype } from '#core/commitment/dtype.ts';
import type { IoSchema, NamedSpec } from '#core/protocol/schema.ts';
import { tensorFrom } from '#core/tensor.ts';
import type { Plain, PlainInput } from '../input.ts';
import { type Arguments, text, texts, UsageError } from './command.ts';
import { exactJson, readBytes, readJson } from './files.ts';
import { type PictureRange, tensorOfPicture } from './picture.ts';

export const INPUT = {
  options: {
    input: { type: 'string' },
    set: { type: 'string', multiple: true },
    image: { type: 'string', multiple: true },
    range: { type: 'string' },
  },
  explained: [
    ['--input FILE.json', 'values by input name, {"image": [[...]]}, or a vector file'],
    ['--set NAME=JSON', 'one input: a number or nested lists; may be repeated'],
    ['--image NAME=FILE.png', 'one input from a picture, brought to its size; may be repeated'],
    ['--range LOW,HIGH', 'what black and white are, in pictures in and out; 0,1 without it'],
  ],
} as const;

export function inputFor(schema: IoSchema, args: Arguments): PlainInput {
  const file = text(args, 'input');
  const values = new Map<string, Plain>(file === undefined ? [] : Object.entries(fromFile(file)));
  for (const given of texts(args, 'set')) {
    const [name, json] = pair(given, '--set NAME=JSON');
    values.set(name, parsed(json, `--set ${name}`));
  }
  for (const given of texts(args, 'image')) {
    const [name, picture] = pair(given, '--image NAME=FILE.png');
    values.set(name, tensorOfPicture(specOf(schema, name), readBytes(picture), rangeOf(args), picture));
  }
  if (values.size > 0) return Object.fromEntries(values);
  throw new UsageError(
    `no input is given: it takes ${schema.inputs.map(({ name, dtype, shape }) => `${name} ${dtype} [${shape.map((dim) => (dim === -1 ? 'N' : dim)).join(', ')}]`).join(', ')}`,
  );
}

export function rangeOf(args: Arguments): PictureRange {
  const given = text(args, 'range') ?? '0,1';
  const [low = Number.NaN, high = Number.NaN, ...more] = given.split(',').map(Number);
  if (more.length > 0 || !Number.isFinite(low) || !Number.isFinite(high) || low === high)
    throw new UsageError(`--range takes two different numbers such as 0,255, not "${given}"`);
  return { low, high };
}

function fromFile(file: string): Readonly<Record<string, Plain>> {
  const value = readJson(file, exactJson);
  if (!isRecord(value)) throw new UsageError(`${file} holds no object of inputs by name`);
  const inputs = isRecord(value['inputs']) ? value['inputs'] : value;
  return Object.fromEntries(Object.entries(inputs).map(([name, one]) => [name, plainOf(one, `${name} in ${file}`)]));
}

/** `{dtype, shape, data}` of a vector file, or lists. */
function plainOf(value: unknown, what: string): Plain {
  if (!isRecord(value)) return exactNumbers(value, what);
  const { dtype, shape, data } = value;
  if (!isDtype(dtype) || !Array.isArray(shape) || !Array.isArray(data))
    throw new UsageError(
      `${what} is neither lists of numbers nor {dtype (${Object.keys(DTYPES).join(', ')}), shape, data}`,
    );
  return tensorFrom(dtype, shape as number[], exactNumbers(data, what) as (number | bigint)[], what);
}

const WORDS: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};

/** JSON has no NaN or infinities, and many programs round whole numbers beyond 2^53: they may be text there. */
function exactNumbers(value: unknown, what: string): Plain {
  if (Array.isArray(value)) return value.map((one) => exactNumbers(one, what));
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return value;
  if (typeof value === 'string' && value in WORDS) return WORDS[value] as number;
  if (typeof value === 'string' && /^-?\d+$/.test(value)) return BigInt(value);
  throw new UsageError(`${what} holds ${JSON.stringify(value)}, which is no number`);
}

function parsed(json: string, what: string): Plain {
  try {
    return plainOf(exactJson(json), what);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${what} is no JSON: ${(error as Error).message}`, { cause: error });
  }
}

function pair(given: string, form: string): readonly [string, string] {
  const at = given.indexOf('=');
  if (at < 1) throw new UsageError(`it must be ${form}, not "${given}"`);
  return [given.slice(0, at), given.slice(at + 1)];
}

function specOf({ inputs }: IoSchema, name: string): NamedSpec {
  const found = inputs.find((spec) => spec.name === name);
  if (found) return found;
  throw new UsageError(`there is no input "${name}", but ${inputs.map((spec) => spec.name).join(', ')}`);
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
