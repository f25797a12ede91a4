/** Decoded ABI values as JSON: numbers up to 53 bits, wider ones as decimal text. */
import type { ParamType, Result } from 'ethers';
import type { Json } from '#core/challenges/bundle.ts';

/** Bits up to which every value is exact as a number. */
const SAFE_BITS = 48;

/** The arguments of an event or call, by name. */
export function plainArguments(params: readonly ParamType[], values: Result): { readonly [name: string]: Json } {
  return Object.fromEntries(params.map((param, i) => [param.name, plain(param, values[i])]));
}

function plain(param: ParamType, value: unknown): Json {
  if (param.isArray()) return [...(value as Iterable<unknown>)].map((one) => plain(param.arrayChildren, one));
  if (param.isTuple()) return plainArguments(param.components, value as Result);
  if (typeof value === 'bigint') {
    const bits = Number(/^u?int(\d+)$/.exec(param.type)?.[1] ?? 256);
    return bits <= SAFE_BITS ? Number(value) : value.toString();
  }
  return typeof value === 'boolean' ? value : String(value).toLowerCase();
}
