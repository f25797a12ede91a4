// Gas of disputes in the production build: one line of JSON, and on stderr how far it is. Run by Hardhat: see disputes/gasRows.ts.
import { describe } from '#core/challenges/describe.ts';
import { multiplyAdds } from '#core/semantics/cost.ts';
import { MAX_TERMS, type Operator } from '#core/semantics/program.ts';
import { elementCount } from '#core/tensor.ts';
import { type Disputable, type Publication, publishDisputable } from './disputes/contest.ts';
import { dot, TERMS } from './disputes/dots.ts';
import type { DisputeGas, DotBill, ModelBill } from './disputes/gasRows.ts';
import { type Bill, billOf, MoveRanges } from './disputes/ledger.ts';
import { dearest, dearestSteps, type Step } from './disputes/lies.ts';
import { type Outcome, play } from './disputes/outcomes.ts';
import { afterDispute, outputDemands, warmUp } from './disputes/rareMoves.ts';
import { startSystem } from './disputes/system.ts';
import { networks } from './reference/networks.ts';

const began = Date.now();
const say = (text: string) =>
  process.stderr.write(`  ${((Date.now() - began) / 1000).toFixed(0).padStart(4)} s  ${text}\n`);

const s = await startSystem();
const ranges = new MoveRanges();
let besideStep = Number.NEGATIVE_INFINITY;
const steps: { readonly step: Step; readonly publication: Publication }[] = [];

async function scanned(disputable: Disputable): Promise<{ publication: Publication; found: Step[] }> {
  const publication = await publishDisputable(s, disputable);
  const found = await dearestSteps(s, publication);
  steps.push(...found.map((step) => ({ step, publication })));
  return { publication, found };
}

async function played(publication: Publication, outcome: Outcome, { operator, element, bound }: Step): Promise<Bill> {
  const done = await play(s, publication, outcome, [operator, element]);
  ranges.add(publication.name, done.moves);
  for (const { name, gas } of done.moves) if (name.startsWith('prove')) besideStep = Math.max(besideStep, gas - bound);
  return billOf(done);
}

async function dotBill(terms: number, wide: boolean): Promise<DotBill> {
  const { publication, found } = await scanned(dot(terms, wide));
  const step = dearest(found);
  const led = await played(publication, 'led', step);
  return { terms, wide, led, published: await played(publication, 'published', step) };
}

const kindOf = ({ program }: Publication, { operator }: Step) => (program.operators[operator] as Operator).kind;

/**
 * The dearest dispute is over the dearest step, or over a cheaper one to which more demands lead: one of each number of demands is played.
 * And one of each primitive, so that every sort of proof is seen.
 */
async function modelBill(disputable: Disputable): Promise<ModelBill> {
  const { publication, found } = await scanned(disputable);
  const { name, program, meaning } = publication;
  const groups = [
    ...Map.groupBy(found, ({ demands }) => demands).values(),
    ...Map.groupBy(found, (step) => kindOf(publication, step)).values(),
  ];
  const tried = [...new Set(groups.map(dearest))];
  let most: { readonly step: Step; readonly led: Bill } | undefined;
  for (const step of tried) {
    const led = await played(publication, 'led', step);
    if (most === undefined || led.total > most.led.total) most = { step, led };
  }
  if (most === undefined) throw new Error(`${name} has no operators.`);
  const { step, led } = most;
  const { operator, element } = step;
  const lied = program.operators[operator] as Operator;
  const bill = (outcome: Outcome) => played(publication, outcome, step);
  const row: ModelBill = {
    name,
    multiplyAdds: Number(multiplyAdds(program)),
    operators: program.operators.length,
    levels: Number(meaning.program.levels),
    lie: { operator, element, terms: Math.min(MAX_TERMS, elementCount(lied.inner)), what: describe(lied) },
    sorts: found.length,
    tried: tried.length,
    led,
    published: await bill('published'),
    silent: await bill('silent'),
    undisputed: await bill('undisputed'),
    resisted: await bill('resisted'),
  };
  if (publication.standard === 'exact') ranges.add(name, await outputDemands(s, publication));
  if (name === 'digits-cnn') ranges.add(name, await afterDispute(s, publication));
  say(`${name}: ${found.length} sorts of operators, ${tried.length + 4} disputes`);
  return row;
}

say('the system is deployed');
await warmUp(s, await publishDisputable(s, dot(16, false)));
const dots: DotBill[] = [];
for (const terms of TERMS) {
  for (const wide of [false, true]) dots.push(await dotBill(terms, wide));
  say(`Dots of ${terms} terms`);
}
const models: ModelBill[] = [];
for (const network of networks()) models.push(await modelBill(network));

const shares = steps.map(({ step, publication }) => ({
  share: step.gas / step.bound,
  where: `a ${kindOf(publication, step)} in ${publication.name}`,
}));
const boundUsed = shares.reduce((most, one) => (one.share > most.share ? one : most));
const report: DisputeGas = { dots, models, moves: ranges.all, boundUsed, besideStep };
console.log(JSON.stringify(report));
