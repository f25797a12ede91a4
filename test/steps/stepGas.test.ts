/**
 * Core's bound on the gas of a proof (docs/spec/step-gas.md) against `prove` transactions: never below one, and not far above.
 * STEP_GAS_SEEDS=40 proves so many programs of some 60 operators and prints how near the bound comes. It holds in both builds: the production
 * one is measured by `node scripts/stepGas.ts`.
 */
import { expect } from 'chai';
import { PRICED_GAS } from '#core/challenges/costs.ts';
import { MAX_PROOF_BYTES, MAX_STEP_GAS } from '#core/semantics/cost.ts';
import type { Kind } from '#core/semantics/kinds.ts';
import { type StepCost, stepCost } from '#core/semantics/stepGas.ts';
import { loadFixture } from '../support/contracts/chain.ts';
import { disputeSystem } from '../support/contracts/disputes.ts';
import { type Proved, type Specimen, WrongEverywhere } from '../support/contracts/wrongEverywhere.ts';
import { dearSteps } from '../support/dearSteps.ts';
import { seeded } from '../support/seeded.ts';
import { EVERY_KIND, randomSpecimens } from '../support/specimens.ts';

const SEEDS = Number(process.env['STEP_GAS_SEEDS'] ?? 1);
const FIRST = Number(process.env['STEP_GAS_FIRST'] ?? 1);
/** What the chain of this test lets a transaction have: EIP-7825. */
const MOST_GAS = 2 ** 24;

interface Row {
  readonly name: string;
  readonly kind: Kind;
  readonly bound: StepCost;
  readonly proved: Proved;
}

const ratio = ({ bound, proved }: Row) => bound.gas / proved.gas;
const median = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] as number;

/** Proves what fits a transaction, one after the other from the same state. */
async function measured(named: readonly (readonly [string, Specimen])[], fillers: number): Promise<Row[]> {
  const s = await loadFixture(disputeSystem);
  const specimens = named.map(([, specimen]) => specimen);
  const lies = await WrongEverywhere.of(s, specimens, fillers);
  const rows: Row[] = [];
  for (const [i, [name, { elements }]] of named.entries()) {
    const operator = lies.operatorOf(i);
    const bound = stepCost(operator, lies.program);
    if (bound.gas > MOST_GAS) continue;
    for (const element of elements) {
      const row = { name, kind: operator.kind, bound, proved: await lies.prove(i, element) };
      expect(row.bound.gas, `${name}: gas`).to.be.at.least(row.proved.gas);
      expect(row.bound.bytes, `${name}: bytes`).to.be.at.least(row.proved.calldata.length);
      rows.push(row);
    }
  }
  return rows;
}

function print(rows: readonly Row[]): void {
  for (const kind of new Set(rows.map((row) => row.kind))) {
    const ratios = rows
      .filter((row) => row.kind === kind)
      .map(ratio)
      .sort((a, b) => a - b);
    const at = (share: number) => (ratios[Math.floor(share * (ratios.length - 1))] as number).toFixed(3);
    console.log(`${kind.padEnd(12)} ${ratios.length} proofs, bound/gas ${at(0)} to ${at(1)}, median ${at(0.5)}`);
  }
  for (const row of rows.toSorted((a, b) => ratio(a) - ratio(b)).slice(0, 10))
    console.log(`${ratio(row).toFixed(3)} ${row.name} ${row.proved.gas} gas, ${row.proved.calldata.length} bytes`);
}

describe('the gas of a step', function () {
  this.timeout(0);

  it('should be below the bound for random operators of every kind', async () => {
    const all: Row[] = [];
    for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
      const r = seeded(seed);
      const { specimenOf } = randomSpecimens(r);
      const kinds: Kind[] = [...EVERY_KIND, ...EVERY_KIND.slice(0, 7)];
      for (let i = 0; i < 8; i++) kinds.push(i % 3 === 0 ? 'IntegerDot' : 'Dot');
      const named = kinds.map((kind, i) => [`seed ${seed}, ${i}: ${kind}`, specimenOf(kind)] as const);
      const rows = await measured(named, r.pick([0, 5, 300, 3_000]));
      for (const kind of EVERY_KIND)
        expect(
          rows.some((row) => row.kind === kind),
          kind,
        ).to.equal(true);
      all.push(...rows);
    }
    if (process.env['STEP_GAS_SEEDS']) print(all);
    // What the bound does not know: which terms are there, and whether the fast sum decides.
    for (const row of all.filter(({ kind }) => kind !== 'Dot' && kind !== 'IntegerDot' && kind !== 'TopK'))
      expect(ratio(row), row.name).to.be.below(2.5);
    expect(median(all.map(ratio))).to.be.below(1.25);
  });

  it('should be below the bound for what is dearest', async () => {
    const named = Object.entries(dearSteps());
    const rows = await measured(named, 0);
    expect(rows.length).to.equal(named.length);
    if (process.env['STEP_GAS_SEEDS']) print(rows);
    expect(Math.max(...rows.map(({ proved }) => proved.gas))).to.be.above(7_000_000);
  });

  it('should be near the bound for products and convolutions as they are compiled, where the wide sum is needed', async () => {
    const r = seeded(11);
    const { compiledDot } = randomSpecimens(r);
    const named = Array.from({ length: 16 }, (_, i) => [`Dot ${i}`, compiledDot()] as const);
    const rows = await measured(named, 20);
    // The bound is that of the dearest element.
    const dearest = named.map(([name]) =>
      rows.filter((row) => row.name === name).reduce((most, row) => (row.proved.gas > most.proved.gas ? row : most)),
    );
    if (process.env['STEP_GAS_SEEDS']) print(dearest);
    for (const { name, bound } of dearest) {
      expect(bound.gas, name).to.be.at.most(MAX_STEP_GAS);
      expect(bound.bytes, name).to.be.at.most(MAX_PROOF_BYTES);
    }
    expect(median(dearest.map(ratio))).to.be.below(1.5);
  });

  it('should leave what the demands on the path add to the price of a proof', async () => {
    const s = await loadFixture(disputeSystem);
    const { specimenOf } = randomSpecimens(seeded(5));
    const specimen = specimenOf('Relu');
    const lies = await WrongEverywhere.of(s, [specimen], 4_100);
    const [element] = specimen.elements as [number];
    const before = await lies.prove(0, element);
    const demands = await lies.demandAll(0, element);
    const after = await lies.prove(0, element);
    expect(demands).to.be.at.least(3);
    const each = (after.gas - before.gas) / demands;
    expect(each).to.be.above(5_000);
    expect(BigInt(Math.ceil(8 * each))).to.be.below(PRICED_GAS.prove);
  });
});
