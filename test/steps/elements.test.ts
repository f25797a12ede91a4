/** The elementwise step contracts against the reference semantics, bit by bit. STEP_FUZZ multiplies the number of cases. */
import { expect } from 'chai';
import { KINDS } from '#core/semantics/kinds.ts';
import type { ElementHarness } from '#types';
import { applyMany, ELEMENT_STEPS, elementHarness, packedDtypes } from '../support/contracts/elements.ts';
import { expectedBits, type Family, familiesOf, patterns, related } from '../support/elements.ts';
import { type Seeded, seeded } from '../support/seeded.ts';

const { STEP_FUZZ = '1' } = process.env;
/** Of each combination of a kind and dtypes. */
const CASES = 500 * Number(STEP_FUZZ);
/** Of one call: the simulated node allows some 30 million gas. */
const PER_CALL = 2_000;

for (const [name, kinds] of Object.entries(ELEMENT_STEPS))
  describe(`${name}Step, elements`, function () {
    this.timeout(120_000 + 100 * CASES);
    let harness: ElementHarness;
    before(async () => {
      harness = await elementHarness(name);
    });

    for (const kind of kinds)
      it(`${kind} gives the bits of the definition, ${CASES} times for each combination of dtypes`, async () => {
        for (const [i, family] of familiesOf(kind).entries()) {
          const random = seeded(Math.imul(KINDS[kind].code * 64 + i + 1, 0x9e3779b1));
          for (let left = CASES; left > 0; left -= PER_CALL)
            await compare(harness, family, random, Math.min(left, PER_CALL));
        }
      });

    it('nothing else has a definition: no other kind, no other combination of dtypes', async () => {
      const random = seeded(5);
      const wanted = new Map<number, bigint>();
      for (const family of Object.values(ELEMENT_STEPS).flat().flatMap(familiesOf)) {
        const code = packedDtypes([family.to, ...family.from]);
        const ours = kinds.includes(family.kind) ? 1n << BigInt(KINDS[family.kind].code) : 0n;
        wanted.set(code, (wanted.get(code) ?? 0n) | ours);
      }
      // With one byte more, less or changed.
      for (const code of [...wanted.keys()])
        for (const byte of [256 ** random.int(4), 256 ** random.int(5)]) {
          const other = code - (Math.floor(code / byte) % 256) * byte + random.int(11) * byte;
          if (!wanted.has(other)) wanted.set(other, 0n);
        }
      const combinations = [...wanted.keys()];
      for (let i = 0; i < combinations.length; i += 40) {
        const some = combinations.slice(i, i + 40);
        const got = await harness.kindsOf(some);
        expect(got.map(String), some.join()).to.deep.equal(some.map((code) => String(wanted.get(code))));
      }
    });
  });

async function compare(harness: ElementHarness, family: Family, random: Seeded, count: number): Promise<void> {
  const draws = family.from.map((dtype) => patterns(dtype, random));
  const cases = Array.from({ length: count }, () => {
    const operands = draws.map((next) => next());
    for (let i = 1; i < operands.length; i++)
      if (family.from[i] === family.from[i - 1] && random.int(2) === 0)
        operands[i] = related(operands[i - 1] as bigint, family.from[i] as (typeof family.from)[number], random);
    return operands;
  });
  const got = await applyMany(harness, family, cases);
  for (const [i, operands] of cases.entries()) {
    const wanted = expectedBits(family, operands);
    if (got[i] === wanted) continue;
    const { kind, from, to } = family;
    const shown = operands.map((bits) => bits.toString(16)).join(', ');
    expect.fail(
      `${kind}(${from}: ${shown}) to ${to} is ${wanted.toString(16)}, the chain says ${got[i]?.toString(16)}`,
    );
  }
}
