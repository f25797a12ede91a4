/** A party of disputes that a test plays: it sends at once and waits for no clock. Its trace is the reference, or lies in one element. */
import type { Challenge } from '#core/challenges/follow.ts';
import { openDemands } from '#core/challenges/follow.ts';
import { demandsTo } from '#core/challenges/path.ts';
import { operatorAt, type Position, packPosition } from '#core/challenges/position.ts';
import { ReferenceTrace } from '#core/challenges/reference.ts';
import type { DemandProof, RefuterMove } from '#core/challenges/refute.ts';
import type { Subject } from '#core/challenges/subject.ts';
import { hashAt, pathOf } from '#core/commitment/opening.ts';
import type { Address, Bytes32 } from '#core/hex.ts';
import { fromHex, toHex } from '#core/hex.ts';
import type { RequestId } from '#core/protocol/ids.ts';
import { itemFrom, type NamedTensors } from '#core/protocol/rows.ts';
import { dotTools } from '#core/semantics/execute/dot.ts';
import { openRecord } from '#core/semantics/opening.ts';
import { commitProgram } from '#core/semantics/record.ts';
import type { Hex } from '#ports/chain.ts';
import type { Dispatcher } from '#ports/dispatch.ts';
import { shownOf } from '#ports/disputes.ts';
import type { Intent } from '#ports/outbox.ts';
import type { Accusation, ShownChallenge, TracedRequest } from '#ports/traces.ts';
import type { Account } from '../../sdk/index.ts';
import { transact } from '../../sdk/transact.ts';
import { gameCalls, gameViews } from '../../workers/adapters/ethers/game.ts';
import { TraceTasks } from '../../workers/adapters/reference/traceTasks.ts';
import { lieAt } from '../../workers/liar/lie.ts';
import { Mover } from '../../workers/verifier/moves.ts';
import { recordedLog, recordedMetrics } from '../support/telemetry.ts';
import type { DisputedModel, DisputedNetwork } from './disputed.ts';

export class Player {
  readonly #network: DisputedNetwork;
  readonly #model: DisputedModel;
  readonly #honest = new TraceTasks();
  readonly #own: TraceTasks;
  readonly #compiled;
  readonly #mover: Mover;
  readonly #account: Account;

  /** `lie`: operator and element that its trace has another value in. */
  constructor(network: DisputedNetwork, account: Account, model: DisputedModel, lie?: readonly [number, number]) {
    this.#network = network;
    this.#account = account;
    this.#model = model;
    this.#compiled = { program: model.program, tools: dotTools(), bytes: 0 };
    this.#own = lie ? new TraceTasks({ after: lieAt(model.program, lie) }) : this.#honest;
    const { provider, deployment } = network.deployed.net;
    const addresses = Object.fromEntries(
      Object.entries(deployment.addresses).map(([name, at]) => [name, String(at).toLowerCase() as Hex]),
    );
    const reader = { call: async (to: Hex, data: Hex) => (await provider.call({ to, data })) as Hex };
    const views = gameViews(reader, addresses as unknown as Parameters<typeof gameViews>[1]);
    const send = async (intent: Omit<Intent, 'from'>) => {
      await transact(account, { to: intent.to, data: intent.data });
      return { ...intent, from: intent.to, status: 'settled', nonce: 0, attempts: [], reason: undefined } as const;
    };
    const dispatcher: Dispatcher = {
      address: account.address.toLowerCase() as Hex,
      get: async () => undefined,
      send,
      resend: send,
      follow: async () => [],
    };
    const calls = gameCalls(addresses['game'] as Hex);
    this.#mover = new Mover({ calls, views, dispatcher, log: recordedLog(), metrics: recordedMetrics() });
  }

  /** Lets the game lock this account's money. */
  async consents(): Promise<void> {
    const { escrow } = this.#network.deployed.net;
    const game = String(this.#network.deployed.game.target);
    for (let index = 0; ; index++) {
      if ((await escrow.capabilityAt(index)) !== game) continue;
      await transact(this.#account, await escrow.setConsent.populateTransaction(index, true));
      return;
    }
  }

  /** Posts a challenge with its own trace. */
  async challenge(id: RequestId): Promise<void> {
    const { subject, traced } = await this.#about(id);
    const { output } = subject;
    const { meaning, exact } = this.#model;
    const standard = exact
      ? 'exact'
      : { atol: Number(meaning.version.tolerance >> 32n), rtol: Number(meaning.version.tolerance & 0xffffffffn) };
    const challenger = this.#mover.me;
    const task = { kind: 'accuse', traced, output: output as Hex, standard, challenger } as const;
    await this.#mover.accuse(subject, meaning, this.#own.perform(this.#compiled, task) as Accusation);
  }

  /** Answers what is demanded of its own challenges, if anything is. */
  async answer(id: RequestId): Promise<void> {
    const { subject, traced } = await this.#about(id);
    for (const challenge of subject.challenges.values()) {
      if (challenge.challenger !== this.#mover.me || challenge.state !== 'open') continue;
      const moves = openDemands(challenge).map((record) => ({ kind: 'answer', record }) as const);
      const dataOf = async (positions: readonly Position[]) => this.#pieces(traced, shownOf(challenge), positions);
      await this.#mover.answer(subject, challenge, moves, dataOf);
    }
  }

  /** Demands an operator's output of a challenge that is true by its own trace: it learns nothing, and pays. */
  async demandInVain(id: RequestId, challenger: Address, operator: number, inputs: NamedTensors): Promise<void> {
    const { subject } = await this.#about(id);
    const challenge = challengeBy(subject, challenger);
    const { program, schema, meaning } = this.#model;
    const commitment = commitProgram(program);
    const trace = new ReferenceTrace(program, commitment, itemFrom(schema.inputs, inputs));
    const slots = trace.slots({ request: id, item: 0, challenger: challenge.challenger });
    const proof: DemandProof = {
      ...openRecord(program, commitment, operator),
      node: toHex(hashAt(slots, 0, operator)) as Bytes32,
      path: pathOf(slots, operator, operator).map((hash) => toHex(hash) as Bytes32),
      slotPath: [],
    };
    const move = { kind: 'demand', position: operatorAt(operator), proof } as const;
    await this.#mover.move(subject, challenge, meaning, move);
  }

  /** Proves a challenge of a party wrong whose trace is known to lie there, without a demand. */
  async prove(id: RequestId, liar: Player): Promise<void> {
    const { subject, traced } = await this.#about(id);
    const challenge = challengeBy(subject, liar.address);
    const demands: [bigint, Uint8Array][] = [];
    for (;;) {
      const shown = { ...shownOf(challenge), demands };
      const move = this.#honest.perform(this.#compiled, { kind: 'refute', traced, shown }) as RefuterMove;
      if (move.kind === 'demand') {
        const [data] = liar.#pieces(traced, shown, [move.position]);
        demands.push([packPosition(move.position), fromHex(data as Hex)]);
      } else if (move.kind === 'prove') {
        const onPath = demandsTo(challenge, move.proof.operator, move.leaf);
        const proof = { kind: 'prove', proof: move.proof, onPath } as const;
        return void (await this.#mover.move(subject, challenge, this.#model.meaning, proof));
      } else throw new Error(`A ${move.kind} of a trace that lies.`);
    }
  }

  /** Demands a leaf of an output that was submitted as a hash. */
  async demandOutput(id: RequestId, headers: readonly Bytes32[]): Promise<void> {
    const { subject } = await this.#about(id);
    await this.#mover.demandOutput(subject, { item: 0, output: 0, leaf: 0 }, headers);
  }

  get address(): Address {
    return this.#mover.me;
  }

  #pieces(traced: TracedRequest, shown: ShownChallenge, positions: readonly Position[]): readonly Hex[] {
    return this.#own.perform(this.#compiled, { kind: 'answer', traced, shown, positions }) as readonly Hex[];
  }

  async #about(id: RequestId): Promise<{ readonly subject: Subject; readonly traced: TracedRequest }> {
    const subject = await this.#network.subject(id);
    if (subject?.input === undefined) throw new Error(`Nothing is submitted to ${id}.`);
    const { items } = subject.history.row.terms;
    const model = { sha256: '', path: '', size: 0 };
    return { subject, traced: { model, schema: this.#model.schema, request: id, input: subject.input, items } };
  }
}

function challengeBy({ challenges }: Subject, challenger: Address): Challenge {
  const found = [...challenges.values()].find((one) => one.challenger === challenger);
  if (found === undefined) throw new Error(`There is no challenge by ${challenger}.`);
  return found;
}
