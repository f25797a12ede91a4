/**
 * The constants in contracts/lib/functions, from their definitions in integers of 400 bits: prints them, and fails if a source has another.
 *   node scripts/generate/functionConstants.ts
 */
import { readFileSync } from 'node:fs';
import { bitsOf } from '../../core/semantics/functions/bits.ts';
import { ln2, pi, squareRoot, twoOverRootPi } from '../../core/semantics/functions/fixedPoint.ts';

export interface Constant {
  /** In contracts/lib/functions. */
  readonly file: string;
  readonly name: string;
  readonly value: bigint;
}

/** Bits to compute with: what is rounded away is never so near a half that their last ones matter. */
const BITS = 400;

const nearest = (v: bigint, bits: number) => (v + (1n << BigInt(BITS - bits - 1))) >> BigInt(BITS - bits);

/** The exponents of Pow that are no multiples of 1/4. */
const REAL: readonly (readonly [name: string, value: number])[] = [
  ['THIRD', 1 / 3],
  ['TWO_THIRDS', 2 / 3],
  ['GAMMA_2_2', 2.2],
  ['GAMMA_2_2_INVERSE', 1 / 2.2],
  ['GAMMA_2_4', 2.4],
  ['GAMMA_2_4_INVERSE', 1 / 2.4],
];

export function functionConstants(): readonly Constant[] {
  return [
    { file: 'Exponential.sol', name: 'LN2', value: nearest(ln2(BITS), 112) },
    { file: 'ErrorFunction.sol', name: 'TWO_OVER_ROOT_PI', value: nearest(twoOverRootPi(BITS), 112) },
    { file: 'Circular.sol', name: 'HALF_PI', value: nearest(pi(BITS) >> 1n, 112) },
    // Rounded down; below 1, so that all 256 bits of a word are fraction bits.
    { file: 'Circular.sol', name: 'TWO_OVER_PI', value: ((2n << BigInt(2 * BITS)) / pi(BITS)) >> BigInt(BITS - 256) },
    // sqrt(2) as a mantissa of 24 bits, 2^23 for 1; its neighbours would serve as well.
    { file: 'Logarithm.sol', name: 'ROOT2', value: squareRoot(2n << 46n) },
    ...REAL.map(([name, value]) => ({ file: 'Power.sol', name, value: BigInt(bitsOf(value)) })),
  ];
}

/** What the source says, or undefined if there is no such constant. */
export function valueInSource(file: string, name: string): bigint | undefined {
  const source = readFileSync(new URL(`../../contracts/lib/functions/${file}`, import.meta.url), 'utf8');
  const found = new RegExp(`int256 \\w+ constant ${name} = (0x[0-9a-f]+);`).exec(source)?.[1];
  return found === undefined ? undefined : BigInt(found);
}

if (process.argv[1] === new URL(import.meta.url).pathname)
  for (const { file, name, value } of functionConstants()) {
    const right = valueInSource(file, name) === value;
    console.log(`${file} ${name} = 0x${value.toString(16)}${right ? '' : ', another in the source'}`);
    if (!right) process.exitCode = 1;
  }
