import { LEAF_ELEMENTS } from '../commitment/leaf.ts';
import { rootOf } from '../commitment/opening.ts';
import { commitTensor } from '../commitment/tensor.ts';
import type { Bytes32 } from '../hex.ts';
import { fromHex, toHex } from '../hex.ts';
import type { TraceSalt } from '../semantics/trace.ts';
import type { Tensor } from '../tensor.ts';
import type { Dossier, Told } from './bundle.ts';
import { type Checks, Mismatch, same } from './checks.ts';
import { challengeId, demandId, type ProgramHeader } from './claim.ts';
import { differenceOf, nodeAt } from './compareTrace.ts';
import type { GameEvent } from './events.ts';
import type { Standard } from './evidence.ts';
import { proofFigures, sizesOf } from './figures.ts';
import type { Challenge, Demand, DemandRecord } from './follow.ts';
import { isAbove, orderOf, packPosition } from './position.ts';
import type { ReferenceTrace } from './reference.ts';
import type { Submitted } from './replay.ts';
import type {
  At,
  Loser,
  ReplayedChallenge,
  ReplayedClaim,
  ReplayedMove,
  ReplayedProof,
  Verdict,
} from './replayTypes.ts';
import { type TraceRoots, verifyStep } from './verifyStep.ts';
import { checkAnswer, checkChildren, checkDemand, checkEvidence } from './verifyTrace.ts';

export interface DisputeFacts {
  readonly dossier: Dossier;
  readonly row: Submitted;
  readonly standard: Standard;
  readonly program: ProgramHeader | undefined;
  /** Submitted tensors of every item. */
  readonly outputs: readonly (readonly Tensor[])[] | undefined;
  /** undefined without the model or the input. */
  readonly traceOf: (item: number) => ReferenceTrace | undefined;
}

type OfChallenge = Extract<GameEvent, { challenge: unknown }>;
type Its = Told & { readonly event: OfChallenge };

export function replayChallenge(checks: Checks, facts: DisputeFacts, challenge: Challenge): ReplayedChallenge {
  return new ChallengeReplay(checks, facts, challenge).run();
}

class ChallengeReplay {
  readonly #checks: Checks;
  readonly #facts: DisputeFacts;
  readonly #challenge: Challenge;
  readonly #name: string;
  readonly #salt: TraceSalt;
  readonly #trace: ReferenceTrace | undefined;
  readonly #roots: TraceRoots | undefined;
  readonly #told: readonly Its[];

  constructor(checks: Checks, facts: DisputeFacts, challenge: Challenge) {
    const { row, program, dossier } = facts;
    const { request, item, challenger, trace, id } = challenge;
    this.#checks = checks;
    this.#facts = facts;
    this.#challenge = challenge;
    this.#name = `challenge ${id.slice(0, 10)}: `;
    this.#salt = { request, item, challenger };
    this.#trace = facts.traceOf(item);
    const { items, input } = row.terms;
    this.#roots = program && {
      ...this.#salt,
      items,
      trace,
      input,
      operators: Number(program.operators),
      records: program.records,
    };
    this.#told = dossier.told.filter((one): one is Its => 'challenge' in one.event && one.event.challenge === id);
  }

  run(): ReplayedChallenge {
    const { id, challenger, state, trace, request } = this.#challenge;
    const { node, outputHash, challengeEnd } = this.#facts.row;
    const [posted] = this.#told as [Its];
    this.#equal(
      'its id is the hash of submission, challenger and trace',
      challengeId({ request, node, outputHash, challenger, trace }),
      id,
    );
    this.#that('it was posted in time', () => {
      same(this.#challenge.postedAt, posted.time, 'the time it was posted');
      if (posted.time > (challengeEnd ?? 0))
        throw new Mismatch(`it was posted at ${posted.time}, after ${challengeEnd}`);
    });
    if (this.#roots) {
      const roots = this.#roots;
      this.#that('the nodes it shows make its trace', () => checkChildren(roots, this.#challenge.children));
    }
    const claim = this.#claim();
    const moves = this.#told.flatMap((one) => this.#move(one));
    const own = this.#trace && (toHex(rootOf(this.#trace.slots(this.#salt))) as Bytes32);
    const { block, time, transaction } = posted;
    return {
      id,
      challenger,
      state,
      trace,
      referenceTrace: own,
      posted: { block, time, transaction },
      claim,
      moves,
      verdict: this.#verdict(claim, moves, own),
    };
  }

  #that<T>(what: string, test: () => T): T | undefined {
    return this.#checks.that(`${this.#name}${what}`, test);
  }

  #shown(what: string, openings: unknown): void {
    this.#that(`${what} is shown`, () => {
      if (openings === undefined) throw new Mismatch('no calldata of its transaction was recognised');
    });
  }

  #equal(what: string, got: unknown, expected: unknown): void {
    this.#checks.equal(`${this.#name}${what}`, got, expected);
  }

  #claim(): ReplayedClaim | undefined {
    const { dossier, row, standard, program, outputs } = this.#facts;
    const evidence = dossier.evidence.get(this.#challenge.id);
    const roots = this.#roots;
    this.#shown('its evidence', evidence);
    if (evidence === undefined || roots === undefined || program === undefined) return undefined;
    const found = this.#that(
      'its evidence is part of its trace and of the submission, and outside the tolerance',
      () => {
        const said = checkEvidence(roots, program.outputs, row.outputHash, standard, evidence);
        const bytes = outputs?.[roots.item]?.filter(({ data }) => data.length > 0)[evidence.output];
        if (bytes) same(commitTensor(bytes), said.got, 'the commitment of the submitted bytes');
        return said;
      },
    );
    if (found === undefined) return undefined;
    const { item, output, element } = evidence;
    const reference = this.#trace?.outputs.filter(({ data }) => data.length > 0)[output]?.data[element];
    return {
      item,
      output,
      operator: found.operator,
      element,
      submitted: found.submitted,
      traced: found.traced,
      reference: standard === 'exact' ? undefined : reference,
      ...sizesOf(found.submitted, found.traced, standard, found.float),
    };
  }

  #move({ event, block, time, transaction }: Its): ReplayedMove[] {
    const at = { block, time, transaction };
    switch (event.type) {
      case 'Challenged':
        return [];
      case 'Demanded':
        return [{ ...at, kind: 'demand', ...this.#demanded(event) }];
      case 'Answered': {
        const record = this.#recordOf(event.demandId);
        this.#answered(event, record, time);
        return [
          {
            ...at,
            kind: 'answer',
            id: event.demandId,
            position: record?.demand.position,
            bytes: (event.data.length - 2) / 2,
            paid: event.paid,
            difference:
              record && this.#trace && differenceOf(this.#trace, this.#salt, record.demand, fromHex(event.data)),
          },
        ];
      }
      case 'Refuted':
        return [{ ...at, kind: 'proof', prover: event.prover, proof: this.#proved(event, time) }];
      case 'Lapsed':
        this.#lapsed(event, time);
        return [{ ...at, kind: 'lapse', id: event.demandId, demander: event.demander }];
      case 'Upheld':
        this.#upheld(event, at);
        return [{ ...at, kind: 'uphold', condemned: event.condemned }];
      case 'Reclaimed':
        this.#that('a fee went back to who paid it', () =>
          same(event.demander, this.#recordOf(event.demandId)?.demand.demander),
        );
        return [{ ...at, kind: 'reclaim', id: event.demandId, demander: event.demander }];
    }
  }

  #recordOf(id: Bytes32): DemandRecord | undefined {
    return [...this.#challenge.demands.values()].find((record) => record.id === id);
  }

  #demanded({ demandId: id, demand }: OfChallenge & { type: 'Demanded' }) {
    const { position, node, demander, due } = demand;
    const what = `demand ${place(demand)}`;
    this.#equal(`${what}: its id is the hash of its position`, demandId(this.#challenge.id, position), id);
    const proof = this.#facts.dossier.demands.get(id);
    this.#shown(`${what}: the way to it`, proof);
    const roots = this.#roots;
    if (proof && roots)
      this.#that(`${what}: the hash stands there under the trace`, () => checkDemand(roots, demand, proof));
    return {
      id,
      position,
      node,
      demander,
      due,
      differs: this.#trace && toHex(nodeAt(this.#trace, this.#salt, position)) !== node,
    };
  }

  #answered(event: OfChallenge & { type: 'Answered' }, record: DemandRecord | undefined, time: number): void {
    const roots = this.#roots;
    this.#that('an answer is what the demanded hash was made from, in time', () => {
      if (record === undefined) throw new Mismatch(`demand ${event.demandId} was never made`);
      const { demand } = record;
      if (time > demand.due) throw new Mismatch(`it came at ${time}, after ${demand.due}`);
      if (time <= demand.late) same(event.paid, this.#challenge.challenger, 'who was paid');
      if (roots) checkAnswer(roots, demand, fromHex(event.data));
    });
  }

  #proved(event: OfChallenge & { type: 'Refuted' }, time: number): ReplayedProof | undefined {
    const { operator, element, onPath } = event;
    this.#that('it was refuted in time', () => {
      if (time > this.#challenge.end) throw new Mismatch(`at ${time}, after ${this.#challenge.end}`);
    });
    this.#onPath(onPath, operator, Math.floor(element / LEAF_ELEMENTS), Number.POSITIVE_INFINITY);
    const proof = this.#facts.dossier.proofs.get(this.#challenge.id);
    const roots = this.#roots;
    this.#shown('its refutation', proof);
    if (proof === undefined || roots === undefined) return undefined;
    const step = this.#that('its refutation opens elements of its trace, the program and the input', () => {
      same(proof.operator, operator, 'the operator');
      same(proof.step.element, element, 'the element');
      return verifyStep(roots, proof);
    });
    if (step === undefined) return undefined;
    this.#that('the opened element is not what its operator gives', () => {
      if (!step.inconsistent) throw new Mismatch(`${step.claimed} is what operator ${operator} gives`);
    });
    return proofFigures(step);
  }

  #onPath(ids: readonly Bytes32[], operator: number, leaf: number, below: number): void {
    this.#that('the demands that were rewarded led to its end', () => {
      let before = -1;
      for (const id of ids) {
        const record = this.#recordOf(id);
        if (record?.data === undefined) throw new Mismatch(`demand ${id} was not answered`);
        const { position } = record.demand;
        const order = orderOf(position);
        if (!isAbove(position, operator, leaf) || order <= before || order >= below)
          throw new Mismatch(`demand ${id} is not on the way, or not in order`);
        before = order;
      }
    });
  }

  #lapsed({ demandId: id, demander, onPath }: OfChallenge & { type: 'Lapsed' }, time: number): void {
    const record = this.#recordOf(id);
    this.#that('a demand was not answered in time', () => {
      if (record === undefined) throw new Mismatch(`demand ${id} was never made`);
      if (record.data !== undefined) throw new Mismatch(`demand ${id} was answered`);
      if (time <= record.demand.due) throw new Mismatch(`an answer was possible until ${record.demand.due}`);
      same(demander, record.demand.demander, 'the demander');
    });
    if (record === undefined) return;
    const { kind, index, level, operator } = record.demand.position;
    const [k, leaf] = kind === 'list' ? [index * 2 ** level, 0] : [operator, index * 2 ** level];
    this.#onPath(onPath, k, leaf, orderOf(record.demand.position));
  }

  #upheld({ challenger, condemned }: OfChallenge & { type: 'Upheld' }, { time, transaction }: At): void {
    this.#that('nobody refuted it in time', () => {
      same(challenger, this.#challenge.challenger, 'the challenger');
      if (time <= this.#challenge.end) throw new Mismatch(`a proof was possible until ${this.#challenge.end}`);
      for (const { id, data } of this.#challenge.demands.values())
        if (data === undefined) throw new Mismatch(`demand ${id} is open`);
      const ended = this.#facts.dossier.told.some(
        (one) => one.event.type === 'Condemned' && one.transaction === transaction,
      );
      same(condemned, ended, 'whether it ended the request');
    });
  }

  #verdict(claim: ReplayedClaim | undefined, moves: readonly ReplayedMove[], own: Bytes32 | undefined): Verdict {
    const { state, trace } = this.#challenge;
    const chain: Loser = state === 'open' ? 'nobody' : state === 'upheld' ? 'node' : 'challenger';
    const [loser, because] = this.#judged(claim, moves, own, trace);
    const agrees = state === 'open' || loser === 'unknown' ? undefined : loser === chain;
    return { loser, because, chain, agrees };
  }

  #judged(
    claim: ReplayedClaim | undefined,
    moves: readonly ReplayedMove[],
    own: Bytes32 | undefined,
    trace: Bytes32,
  ): readonly [Loser, string] {
    const proof = moves.flatMap((move) => (move.kind === 'proof' && move.proof ? [move.proof] : []))[0];
    if (proof?.inconsistent)
      return [
        'challenger',
        `element ${proof.element} of operator ${proof.operator} of its trace is not what its own operands give`,
      ];
    if (own === undefined)
      return ['unknown', 'whether its trace is the reference takes the model: pass it with --model FILE.onnx'];
    if (own !== trace) return ['challenger', 'its trace is not that of the reference'];
    if (claim === undefined) return ['unknown', 'its trace is the reference, but its evidence is not shown'];
    return ['node', 'its trace is the reference, and the submitted element is outside the tolerance around it'];
  }
}

const place = ({ position }: Demand): string => `0x${packPosition(position).toString(16)}`;
