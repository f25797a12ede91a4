/** The constants in contracts/lib/functions are what their names say. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { logOf, piOf, rootOf } from '../../scripts/exhaustive/exact.ts';
import { functionConstants, valueInSource } from '../../scripts/generate/functionConstants.ts';

const SOURCES = 'contracts/lib/functions';
const BITS = 448;

/** |a - b| <= 1 for numbers with BITS and `bits` fraction bits. */
function expectNear(exact: bigint, value: bigint | undefined, bits: number) {
  const off = (exact >> BigInt(BITS - bits)) - (value ?? 0n);
  expect(off >= -1n && off <= 1n, `${exact >> BigInt(BITS - bits)}, ${value}`).to.equal(true);
}

describe('constants of the functions on chain', () => {
  it('should be in the sources as they are computed', () => {
    for (const { file, name, value } of functionConstants()) expect(valueInSource(file, name), name).to.equal(value);
  });

  it('should be all that are longer than 24 bits', () => {
    const known = new Set(functionConstants().map(({ value }) => value));
    for (const file of readdirSync(SOURCES))
      for (const [word] of readFileSync(`${SOURCES}/${file}`, 'utf8').matchAll(/0x[0-9a-f]{9,}/g))
        expect(known.has(BigInt(word)), `${file}: ${word}`).to.equal(true);
  });

  it('should be those of other series', () => {
    const pi = piOf(BITS);
    expectNear(logOf(2n, 0, BITS), valueInSource('Exponential.sol', 'LN2'), 112);
    expectNear(pi / 2n, valueInSource('Circular.sol', 'HALF_PI'), 112);
    expectNear((2n << BigInt(2 * BITS)) / pi, valueInSource('Circular.sol', 'TWO_OVER_PI'), 256);
    expectNear(
      (2n << BigInt(2 * BITS)) / rootOf(pi << BigInt(BITS)),
      valueInSource('ErrorFunction.sol', 'TWO_OVER_ROOT_PI'),
      112,
    );
  });
});
