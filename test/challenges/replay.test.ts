/** Disputes on the real contracts, replayed from chain data: the same verdict by another road, and no changed bundle passes. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { type Json, readBundle, sealed } from '#core/challenges/bundle.ts';
import { ReferenceTrace } from '#core/challenges/reference.ts';
import { type Executable, replay } from '#core/challenges/replay.ts';
import type { Replay, ReplayedMove } from '#core/challenges/replayTypes.ts';
import { packToleranceUp } from '#core/protocol/publishedTolerance.ts';
import type { Tensor } from '#core/tensor.ts';
import { executable } from '../../sdk/dispute/model.ts';
import { lieAt } from '../../workers/liar/lie.ts';
import { bundleOf } from '../support/bundles.ts';
import { networkHelpers } from '../support/contracts/chain.ts';
import {
  Dispute,
  type DisputeSystem,
  disputeSystem,
  type Published,
  publishProgram,
} from '../support/contracts/disputes.ts';
import { lyingTrace } from '../support/lies.ts';

const failures = ({ checks }: Replay) =>
  checks.filter(({ holds }) => !holds).map(({ what, reason }) => `${what}: ${reason}`);

describe('a replay', function () {
  this.timeout(300_000);
  const onnx = readFileSync('models/digits-cnn/model.onnx');
  let s: DisputeSystem;
  let published: Published;
  let model: Executable;
  let input: Tensor[];
  let right: readonly Tensor[];

  before(async () => {
    s = await networkHelpers.loadFixture(disputeSystem);
    published = await publishProgram(s, onnx, packToleranceUp({ abs: 1e-4, rel: 0 }));
    model = executable(onnx);
    const data = Float32Array.from({ length: 64 }, (_, i) => (i * 7) % 17);
    input = published.program.inputs.map(({ dtype, shape }) => ({ dtype, shape, data }));
    right = new Dispute(s, published, undefined as never, [input], []).trace().outputs;
  });

  const wrong = () =>
    right.map((tensor) => ({ ...tensor, data: (tensor.data as Float32Array).map((v, i) => (i === 3 ? v + 0.25 : v)) }));
  const kinds = (moves: readonly ReplayedMove[]) => moves.map(({ kind }) => kind);
  let lane = 0;

  /** A right result, challenged with a lie about operator 3 and refuted. */
  async function refuted(): Promise<Json> {
    const d = await Dispute.of(s, published, [input], [right], lane++);
    const lie = lyingTrace(published.program, published.commitment, input, 3, 0);
    const challenge = await d.challenge(s.attacker, lie, 0, 10 + lane);
    const end = await d.playOut(challenge, s.other, d.trace(), s.attacker, lie);
    expect(end.refuted).to.deep.equal({ operator: 3, element: 0 });
    return bundleOf(d, model);
  }

  it('tells a refuted challenge move by move', async () => {
    const { dossier, intact } = readBundle(await refuted());
    const found = replay(dossier, model);
    expect(failures(found)).to.deep.equal([]);
    expect(intact).to.equal(true);
    const [challenge] = found.challenges;
    expect(challenge?.verdict).to.deep.include({ loser: 'challenger', chain: 'challenger', agrees: true });
    expect(found).to.include({ result: 'right', state: 'Submitted' });
    expect(kinds(challenge?.moves ?? [])).to.deep.equal(['demand', 'answer', 'demand', 'answer', 'proof']);
  });

  it('executes no model that gives other tensors than the version lists', async () => {
    const { dossier } = readBundle(await refuted());
    const { program } = model;
    for (const other of [
      { ...program, outputs: [] },
      { ...program, inputs: [] },
    ]) {
      const found = replay(dossier, { ...model, program: other });
      expect(found).to.include({ executed: false, result: undefined });
      expect(failures(found).join()).to.contain('lists tensors of the types that the model takes and gives');
    }
  });

  /** A wrong result, challenged by who has the reference. */
  async function upheld(): Promise<Json> {
    const d = await Dispute.of(s, published, [input], [wrong()], lane++);
    const challenge = await d.challenge(s.other, d.trace(), 0, 10 + lane);
    await d.uphold(s.other, challenge);
    return bundleOf(d, model);
  }

  it('tells a challenge that was upheld', async () => {
    const { dossier } = readBundle(await upheld());
    const found = replay(dossier, model);
    expect(failures(found)).to.deep.equal([]);
    expect(found).to.include({ result: 'wrong', state: 'Faulty' });
    expect(found.verdict).to.deep.include({ loser: 'node', chain: 'node', agrees: true });
    expect(found.challenges[0]?.verdict).to.deep.include({ loser: 'node', chain: 'node', agrees: true });
    const without = replay(dossier, undefined);
    expect(failures(without)).to.deep.equal([]);
    expect(without.challenges[0]?.verdict.loser).to.equal('unknown');
  });

  /** Of an operator that reads input and weights, from a network of processes. */
  const recorded = async (): Promise<Json> => JSON.parse(readFileSync('test/vectors/disputes/refuted.json', 'utf8'));

  /** A challenge of a right result that answers nothing. */
  async function lapsed(): Promise<Json> {
    const d = await Dispute.of(s, published, [input], [right], lane++);
    const lie = lyingTrace(published.program, published.commitment, input, 3, 0);
    const challenge = await d.challenge(s.attacker, lie, 0, 10 + lane);
    expect((await d.playOut(challenge, s.other, d.trace(), s.attacker, lie, 0)).state).to.equal('fallen');
    return bundleOf(d, model);
  }

  it('tells a challenge that fell silent', async () => {
    const { dossier } = readBundle(await lapsed());
    const found = replay(dossier, model);
    expect(failures(found)).to.deep.equal([]);
    expect(kinds(found.challenges[0]?.moves ?? [])).to.deep.equal(['demand', 'lapse']);
    expect(found.challenges[0]?.verdict).to.deep.include({ loser: 'challenger', chain: 'challenger', agrees: true });
  });

  it('tells a challenge of one item of several, in exact mode', async () => {
    const exact = await publishProgram(s, onnx, 'exact');
    const other = input.map((tensor) => ({ ...tensor, data: (tensor.data as Float32Array).map((v) => v / 2) }));
    const items = [input, other, input];
    const outputs = [0, 1, 2].map((i) => new Dispute(s, exact, undefined as never, items, []).trace(i).outputs);
    const d = await Dispute.of(s, exact, items, [outputs[0], wrong(), outputs[2]] as never, lane++);
    const lie = new ReferenceTrace(exact.program, exact.commitment, other, {
      after: lieAt(exact.program, [0, 5]),
    });
    const mistaken = await d.challenge(s.attacker, lie, 1, 10 + lane);
    const meant = await d.challenge(s.other, d.trace(1), 1, 10 + lane);
    await d.playOut(mistaken, s.rival, d.trace(1), s.attacker, lie);
    await d.uphold(s.other, meant);
    for (const given of [model, undefined]) {
      const found = replay(readBundle(await bundleOf(d, given)).dossier, given);
      expect(failures(found)).to.deep.equal([]);
      const verdicts = found.challenges.map(({ verdict, claim }) => [verdict.loser, verdict.agrees, claim?.item]);
      expect(verdicts).to.deep.equal([['challenger', true, 1], given ? ['node', true, 1] : ['unknown', undefined, 1]]);
      expect(found.tolerance).to.equal('exact');
    }
  });

  it('contradicts a chain that let a false challenge stand', async () => {
    const d = await Dispute.of(s, published, [input], [right], lane++);
    const challenge = await d.challenge(
      s.attacker,
      lyingTrace(published.program, published.commitment, input, 3, 0),
      0,
      10 + lane,
    );
    await d.uphold(s.other, challenge);
    const found = replay(readBundle(await bundleOf(d, model)).dossier, model);
    expect(failures(found)).to.deep.equal([]);
    expect(found.verdict).to.deep.include({ loser: 'nobody', chain: 'node', agrees: false });
    expect(found.challenges[0]?.verdict).to.deep.include({ loser: 'challenger', chain: 'node', agrees: false });
  });

  for (const [name, play, also] of [
    ['refuted', refuted, []],
    ['upheld', upheld, []],
    ['silent', lapsed, []],
    // Other elements are outside the tolerance as well, and evidence may name any.
    ['recorded', recorded, ['evidence.id.element']],
  ] as const)
    it(`finds every change of the bundle of a ${name} challenge, but for what only the chain knows if the digest is made anew`, async () => {
      const whole = await play();
      const { digest: _, ...body } = whole as { readonly [key: string]: Json };
      expect(holds(whole)).to.equal(true);
      const passed = new Set<string>();
      for (const path of leavesOf(body)) {
        const tampered = changed(body, path);
        const field = path
          .map((part) => (typeof part === 'number' ? '#' : part.startsWith('0x') ? 'id' : part))
          .join('.');
        expect(intactOf({ ...(tampered as object), digest: digestIn(whole) }), field).to.equal(false);
        if (holds(sealed(tampered as never))) passed.add(field);
      }
      expect([...passed].filter((field) => ![...TOLD, ...also].includes(field))).to.deep.equal([]);
    });

  it('misses what a bundle leaves out', async () => {
    const { digest: _, ...body } = (await refuted()) as { readonly [key: string]: Json };
    for (const openings of ['evidence', 'demands', 'proofs'])
      expect(holds(sealed({ ...body, [openings]: {} } as never)), openings).to.equal(false);
    expect(holds(sealed(body as never))).to.equal(true);
  });
});

/** Covered by no hash that a bundle has: times, money, and who sent what. The digest covers them, and the chain knows them. */
const TOLD = [
  'events.#.block',
  'events.#.time',
  'events.#.transaction',
  'events.#.args.end',
  'events.#.args.paid',
  'events.#.args.prover',
  'events.#.args.challengeEnd',
  'events.#.args.state.end',
  'events.#.args.state.rank',
  'events.#.args.state.bondUnits',
  ...['demander', 'due', 'fee', 'lane', 'late', 'nonce'].map((field) => `events.#.args.demand.${field}`),
  ...['toRequester', 'toPot', 'burned'].map((field) => `events.#.args.${field}`),
  ...['toNode', 'royalty', 'protocol', 'tip', 'keeper', 'callback'].map((field) => `events.#.args.${field}`),
  // Of a Dot, which needs none.
  'proofs.id.step.hint',
];

const digestIn = (bundle: Json): Json => (bundle as { readonly digest: Json }).digest;

/** Whether the digest is right; a bundle that cannot be read at all is not intact. */
function intactOf(bundle: Json): boolean {
  try {
    return readBundle(bundle).intact;
  } catch {
    return false;
  }
}

function holds(bundle: Json): boolean {
  try {
    const found = replay(readBundle(bundle).dossier, undefined);
    return failures(found).length === 0 && found.challenges.every(({ verdict }) => verdict.agrees !== false);
  } catch {
    return false;
  }
}

type Path = readonly (string | number)[];

/** Every value of a bundle; of long lists the first, the last and one between. */
function* leavesOf(value: Json, path: Path = []): Generator<Path> {
  if (value === null || typeof value !== 'object') return yield path;
  if (!Array.isArray(value)) {
    for (const [key, one] of Object.entries(value)) yield* leavesOf(one, [...path, key]);
    return;
  }
  const sampled = value.length > 4 && typeof value[0] === 'string';
  const places = sampled ? [0, value.length >> 1, value.length - 1] : value.keys();
  for (const i of places) yield* leavesOf(value[i] as Json, [...path, i]);
}

/** The value at a path, changed as little as its type allows. */
function changed(value: Json, [key, ...rest]: Path): Json {
  if (key === undefined) return other(value);
  if (Array.isArray(value)) return value.map((one, i) => (i === key ? changed(one, rest) : one));
  const record = value as { readonly [key: string]: Json };
  return { ...record, [key]: changed(record[key] as Json, rest) };
}

function other(value: Json): Json {
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'boolean') return !value;
  if (typeof value !== 'string') return 1;
  if (/^0x/.test(value)) return value === '0x' ? '0x01' : `${value.slice(0, -1)}${value.endsWith('1') ? '2' : '1'}`;
  return /^\d+$/.test(value) ? (BigInt(value) + 1n).toString() : `${value}x`;
}
