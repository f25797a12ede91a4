/** The part "Disputes" of docs/benchmarks.md. */
import { number, table } from '../text.ts';
import { aimsTable, LEAST_PER_TERM } from './aims.ts';
import { benchDisputes, type DisputesReport } from './bench.ts';
import type { CheckRate } from './checks.ts';
import type { Detection } from './detection.ts';
import type { DisputeGas, ModelBill } from './gasRows.ts';
import type { Bill } from './ledger.ts';
import { peersTable } from './peers.ts';

const largest = ({ largest: { name, gas } }: Bill) => `${number(gas)} (${name})`;
const sums = (bill: Bill) => [
  String(bill.transactions),
  number(bill.challenger),
  number(bill.node),
  number(bill.total),
];
const SUMS = ['transactions', 'challenger', 'node', 'total'];

/** Estimates of the design, before there was a contract: a proof of so many taps. */
const ESTIMATED: Readonly<Record<string, number>> = {
  '64': 175_000,
  '256': 240_000,
  '1024': 480_000,
  '4096': 1_460_000,
  '8192': 2_800_000,
  '8192 wide': 5_300_000,
};

const dotsTable = ({ dots }: DisputeGas) =>
  table(
    [
      'taps',
      'sum',
      ...SUMS,
      'trace published: 2 transactions',
      'its proof',
      `per tap, times ${LEAST_PER_TERM}`,
      'proof, as estimated',
    ],
    dots.map(({ terms, wide, led, published }) => {
      const proof = published.largest.gas;
      const estimated = ESTIMATED[wide ? `${terms} wide` : String(terms)];
      return [
        number(terms),
        wide ? 'exact' : 'fast',
        ...sums(led),
        number(published.total),
        number(proof),
        (proof / terms / LEAST_PER_TERM).toFixed(2),
        estimated === undefined ? '' : number(estimated),
      ];
    }),
  );

const lieOf = ({ lie: { operator, what, element } }: ModelBill) =>
  `element ${element} of operator ${operator}: ${what}`;

const falseTable = ({ models }: DisputeGas) =>
  table(
    [
      'model',
      'multiply-adds',
      'operators',
      'levels',
      ...SUMS,
      'largest transaction',
      'trace published: 2',
      'silent: 3',
    ],
    models.map((row) => [
      row.name,
      number(row.multiplyAdds),
      number(row.operators),
      String(row.levels),
      ...sums(row.led),
      largest(row.led),
      number(row.published.total),
      number(row.silent.total),
    ]),
  );

const trueTable = ({ models }: DisputeGas) =>
  table(
    [
      'model',
      'nobody demands: 3 transactions',
      ...SUMS.map((name) => `the node demands: ${name}`),
      'largest transaction',
    ],
    models.map(({ name, undisputed, resisted }) => [
      name,
      number(undisputed.total),
      ...sums(resisted),
      largest(resisted),
    ]),
  );

const movesTable = ({ moves }: DisputeGas) =>
  table(
    ['move', 'least', 'most', 'where it cost most'],
    moves.map(({ name, least, most, where }) => [name, number(least), number(most), where]),
  );

const detectionTable = (rows: readonly Detection[]) =>
  table(
    ['blocks', 'the verifier looks every', 'results', 'p50, s', 'max, s', 'first of a version, s'],
    rows.map(({ blocks, pollMs, results, p50, most, first }) => [
      blocks,
      `${number(pollMs)} ms`,
      String(results),
      p50.toFixed(2),
      most.toFixed(2),
      first.toFixed(2),
    ]),
  );

const rate = (value: number | undefined) =>
  value === undefined ? '-' : value < 100 ? value.toFixed(1) : number(value);

const checksTable = (rows: readonly CheckRate[]) =>
  table(
    ['model', 'first look, ONNX Runtime', 'held against the reference', 'executing the reference alone'],
    rows.map(({ model, quick, reference, executed }) => [model, rate(quick), rate(reference), rate(executed)]),
  );

export function disputesSection({ gas, detection, checks }: DisputesReport): string {
  const sorts = gas.models.reduce((sum, row) => sum + row.sorts, 0);
  const tried = gas.models.reduce((sum, row) => sum + row.tried, 0);
  return `Whole transactions (intrinsic gas and calldata included) on the deployed contracts of the production build: solc 0.8.37 via IR with 100,000
optimizer runs, ChallengeGame with 1 (24 kB limit); osaka rules, so calldata has the floor price of EIP-7623; steady state (accounts exist, lanes
were used before; a fresh lane costs 17,100 more for a challenge or a demand). Both sides play as workers/verifier does, out of their own traces, over
one item. Results are judged to the last bit. Inputs above 65,536 bytes (pyramid's) are named by their root, outputs above 16,384 (char-lm's) submitted as
their hash. Request, submission and finalisation are not counted. Gas does not depend on the machine; the seconds and rates further down do.

### Aims

${aimsTable(gas)}

### One Dot

A row of n terms times a matrix of n x 64, all values without zero bytes, one element of the result a lie; the challenge is led to it by demands
(challenge, demand, answer, proof), or its trace is published (challenge, proof). Fast: all factors of like size. Exact: two products near 1 that
cancel, all others between 2^-160 and 2^-80, so that only the exact sum decides. "As estimated": by the design, before there were contracts.

${dotsTable(gas)}

### Models: a false challenge against a right result

The challenger's trace has one lie and is led to it: challenge, then a demand of the node and an answer of the challenger per level, then the node's
proof. Levels: demands in a row at most in that program. "Trace published": challenge and proof. "Silent": challenge, one demand, lapse.
"pyramid": the residual network of the reference's part.

${falseTable(gas)}

**How the lies were chosen.** The dearest is not known for certain: the cost depends on the values. Of each sort of operator of a model (equal but for the
tensor it reads; ${number(sorts)} in all), up to 48 elements evenly spread over its output are opened, and the step contracts decide the three with the dearest
calldata, each as a transaction. The dearest of each number of demands and of each primitive is then played to its end (${number(tried)} disputes), and the
one with the greatest total is in the table. The lies:

${gas.models.map((row) => `- ${row.name}: ${lieOf(row)}.`).join('\n')}

### Models: a wrong result

Challenge, uphold, claimPot if nobody opposes. "The node demands": it demands whatever leads to the element where its own trace differs, and
is answered every time; its proof would revert.

${trueTable(gas)}

### Every move

Over all disputes of this part. A proof is named by the primitive it is about; finalise by the node, after a challenge that fell.

${movesTable(gas)}

### Elsewhere

Other things are disputed there: these are orders of magnitude.

${peersTable(gas.models)}

### From a wrong result to its challenge

A verifier process that checks everything, a storage node and a Hardhat chain on one machine; wrong results of digits-cnn, one after the other, in
one probability. From the block with the result to the block with the challenge, as an observer sees them (every 5 ms): watcher, journal (embedded
PGlite), first look, reference, trace, bond, transaction. Disputes that are open meanwhile are played as well. The first result of a version: loading,
verifying and compiling the model too, and in the first row fetching it.

${detectionTable(detection)}

### Results checked per second

By one core: one check at a time, in the verifier's own processes and threads (messages between them included). A first look clears a result that is
within a quarter of the tolerance of what ONNX Runtime gives here; what it does not clear, and every result of an exact version ("-"), is held against
the reference, whose trace is hashed on the way, so that a challenge can follow.

${checksTable(checks)}`;
}

if (import.meta.main) console.log(disputesSection(await benchDisputes()));
