// A system with the real game: a published program, requests with right and wrong results, parties that challenge, demand, answer and prove
// from their own traces.
import { expect } from 'chai';
import type { TransactionReceipt, TransactionResponse } from 'ethers';
import { parseEther, ZeroAddress } from 'ethers';
import { answerTo } from '#core/challenges/answer.ts';
import { type ChallengeKey, challengeId, headerOf, type Meaning, meaningOf } from '#core/challenges/claim.ts';
import { evidenceOf, findFault, type Standard } from '#core/challenges/evidence.ts';
import {
  type Challenge,
  type Challenges,
  type Demand,
  demandAt,
  follow,
  openDemands,
} from '#core/challenges/follow.ts';
import { KnownTree } from '#core/challenges/knownTree.ts';
import { padded } from '#core/challenges/openings.ts';
import { demandsAbove, demandsTo } from '#core/challenges/path.ts';
import { leafCount, POSITION_KINDS, type Position, packPosition } from '#core/challenges/position.ts';
import { ReferenceTrace, treeOfHashes } from '#core/challenges/reference.ts';
import { type RefuterMove, refute } from '#core/challenges/refute.ts';
import { type InputLink, type StepProof, stepProof } from '#core/challenges/stepProof.ts';
import { DTYPES } from '#core/commitment/dtype.ts';
import { byteLength } from '#core/commitment/header.ts';
import { LEAF_ELEMENTS } from '#core/commitment/leaf.ts';
import { commitList } from '#core/commitment/list.ts';
import { childrenOf, pathOf, rootOf } from '#core/commitment/opening.ts';
import { headersHash, headersOf } from '#core/commitment/schema.ts';
import { commitTensor } from '#core/commitment/tensor.ts';
import type { Address, Bytes32 } from '#core/hex.ts';
import { fromHex, toAddress, toHex } from '#core/hex.ts';
import { packCostUp } from '#core/protocol/cost.ts';
import { eventFrom, isGameEvent } from '#core/protocol/events.ts';
import { submissionId } from '#core/protocol/ids.ts';
import { schemaText } from '#core/protocol/schema.ts';
import { AskFlags } from '#core/protocol/terms.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { multiplyAdds } from '#core/semantics/cost.ts';
import type { ExecuteOptions } from '#core/semantics/execute/execute.ts';
import type { OpenTensor } from '#core/semantics/opening.ts';
import type { Program } from '#core/semantics/program.ts';
import { commitProgram, type ProgramCommitment } from '#core/semantics/record.ts';
import type { TraceSalt } from '#core/semantics/trace.ts';
import type { Tensor } from '#core/tensor.ts';
import type { ChallengeGame, DotStep, StepVerifier, TraceVerifier } from '#types';
import { asArgument } from '../../../sdk/mutable.ts';
import { bytesOf } from '../tensorBytes.ts';
import type { Account, Actor } from './chain.ts';
import { ethers, networkHelpers, sendAs, time } from './chain.ts';
import { commit, type Shape } from './model.ts';
import { type Story, storiesOf, tryRequest } from './request.ts';
import type { System } from './system.ts';
import { appendSet, govern, PARAMETERS, ROYALTY, systemWith } from './system.ts';
import { STEPS } from './verifiers.ts';

/** Wei of OPG per gas: 10^-7 OPG. */
export const GAS_PRICE = parseEther('0.0000001');

export interface Published {
  readonly program: Program;
  readonly commitment: ProgramCommitment;
  readonly meaning: Meaning;
  readonly version: string;
  readonly shape: Shape;
  readonly standard: Standard;
}

export interface DisputeSystem extends System {
  readonly game: ChallengeGame;
  readonly traces: TraceVerifier;
  readonly steps: StepVerifier;
  readonly dot: DotStep;
}

/** The usual system, and a parameter set whose arbiter is a new game, to which everybody has consented. */
export const disputeSystem = async (): Promise<DisputeSystem> => withGame(await systemWith({}));

/** A new game for a system, in a parameter set of its own that is current from now on. */
export async function withGame(s: System, gasPrice = GAS_PRICE): Promise<DisputeSystem> {
  const steps: Record<string, unknown> = {};
  for (const [field, name] of Object.entries(STEPS)) steps[field] = await ethers.deployContract(name);
  const stepVerifier = await ethers.deployContract('StepVerifier', [steps]);
  const traceVerifier = await ethers.deployContract('TraceVerifier');
  const game = await ethers.deployContract('ChallengeGame', [s.requests, stepVerifier, traceVerifier, gasPrice]);
  await govern(s, s.escrow, s.escrow.interface.encodeFunctionData('appendCapability', [await game.getAddress()]));
  await appendSet(s, { arbiter: await game.getAddress() });
  const index = (await s.escrow.queryFilter(s.escrow.filters.CapabilityAppended(undefined, game))).map(
    ({ args }) => args.index,
  )[0] as bigint;
  for (const actor of [s.node, s.rival, s.other, s.attacker, s.requester])
    await s.escrow.connect(actor).setConsent(index, true);
  return { ...s, game, traces: traceVerifier, steps: stepVerifier, dot: steps['dot'] as DotStep };
}

/** Publishes what an ONNX file means, or what its publisher pretends. */
export async function publishProgram(
  s: System,
  onnx: Uint8Array,
  standard: Standard,
  program: Program = compile(onnx),
): Promise<Published> {
  const commitment = commitProgram(program);
  const outputs = program.outputs.filter(({ operator }) => operator !== undefined);
  const shape: Shape = {
    inputHeaders: headersOf(program.inputs),
    outputHeaders: headersOf(outputs),
    outputBytes: outputs.reduce((sum, output) => sum + byteLength(output), 0),
  };
  const content = {
    sha256Hash: toHex(ethers.getBytes(ethers.sha256(onnx))) as Bytes32,
    size: BigInt(onnx.length),
    inputSchema: headersHash(shape.inputHeaders),
    outputSchema: headersHash(shape.outputHeaders),
    programRoot: commitment.root,
    atol: standard === 'exact' ? 0 : standard.atol,
    rtol: standard === 'exact' ? 0 : standard.rtol,
    outputBytes: shape.outputBytes,
    cost: packCostUp(multiplyAdds(program)),
    sliceFloorGwei: 0n,
    exact: standard === 'exact',
    rows: false,
    licenceHash: `0x${'00'.repeat(32)}` as Bytes32,
  };
  const schema = schemaText({ inputs: program.inputs, outputs, rows: false });
  await s.models.connect(s.owner).publish(s.model, content, ROYALTY, ['walrus://blob'], schema, '{}');
  const version = await s.models.versionId(s.model, content);
  return { program, commitment, meaning: meaningOf(content, headerOf(program, commitment)), version, shape, standard };
}

/** One request of a published program, submitted with whatever outputs the node gives. */
export class Dispute {
  readonly s: DisputeSystem;
  readonly published: Published;
  readonly story: Story;
  /** Of every item. */
  readonly inputs: readonly (readonly Tensor[])[];
  readonly submitted: readonly (readonly Tensor[])[];
  readonly gas: { readonly move: string; readonly gas: bigint }[] = [];
  challenges: Challenges = new Map();

  constructor(
    s: DisputeSystem,
    published: Published,
    story: Story,
    inputs: readonly (readonly Tensor[])[],
    submitted: readonly (readonly Tensor[])[],
  ) {
    this.s = s;
    this.published = published;
    this.story = story;
    this.inputs = inputs;
    this.submitted = submitted;
  }

  static async of(
    s: DisputeSystem,
    published: Published,
    inputs: readonly (readonly Tensor[])[],
    submitted: readonly (readonly Tensor[])[],
    lane = 0,
    hash?: Bytes32 | 'theirs',
  ): Promise<Dispute> {
    const { shape, version } = published;
    const input = bytesOf(inputs.flat());
    // Outputs too large for calldata are submitted as their hash; others may be, and a node may submit any.
    const flags = hash !== undefined || shape.outputBytes > 16_384 ? AskFlags.EXACT_OUTPUT : 0;
    const wish = { version, shape, items: inputs.length, input, lane, flags };
    const [story] = await storiesOf(s, await tryRequest(s, wish), wish);
    if (story === undefined) throw new Error('no request');
    const output = bytesOf(submitted.flat());
    const theirs = () => commit(shape.outputHeaders, inputs.length, output);
    await story.submit(s.node, flags === 0 ? output : hash === undefined || hash === 'theirs' ? theirs() : hash);
    return new Dispute(s, published, story, inputs, submitted);
  }

  /** The trace that a party would post: the reference, or, with `alter`, a liar's. */
  trace(item = 0, options: ExecuteOptions = {}): ReferenceTrace {
    const { program, commitment } = this.published;
    return new ReferenceTrace(program, commitment, this.inputs[item] as readonly Tensor[], options);
  }

  salt(challenger: Account, item = 0): TraceSalt {
    return { request: this.story.id, item, challenger: toAddress(challenger.address) };
  }

  link(item: number): InputLink {
    const lists = this.inputs.map((tensors) => commitList(tensors.map(commitTensor)));
    const path =
      lists.length === 1 ? [] : pathOf(treeOfHashes(lists), item, item).map((hash) => toHex(hash) as Bytes32);
    return { tensors: (this.inputs[item] as readonly Tensor[]).map(commitTensor), path };
  }

  claim(challenger: Address, trace: Bytes32) {
    return { terms: this.story.packed, submission: this.story.described, challenger, trace };
  }

  key(challenge: Pick<Challenge, 'challenger' | 'trace'>): ChallengeKey {
    const { node, outputHash } = this.story.described;
    const { challenger, trace } = challenge;
    return { request: this.story.id, node, outputHash, challenger, trace };
  }

  claimOf = (challenge: Challenge) => this.claim(challenge.challenger, challenge.trace);

  /** Sends, keeps the gas, follows the events. */
  async move(name: string, sent: Promise<TransactionResponse>): Promise<TransactionReceipt> {
    const receipt = (await (await sent).wait()) as TransactionReceipt;
    this.gas.push({ move: name, gas: receipt.gasUsed });
    for (const log of receipt.logs) {
      const parsed = this.s.game.interface.parseLog(log);
      const event = parsed && eventFrom(parsed.name, parsed.args.toObject());
      if (event && isGameEvent(event)) this.challenges = follow(this.challenges, event);
    }
    return receipt;
  }

  /** What posts a challenge from a trace; the evidence is the first element outside the standard. */
  posting(by: Account | Address, trace: ReferenceTrace, item = 0) {
    const challenger = toAddress(typeof by === 'string' ? by : by.address);
    const salt = { request: this.story.id, item, challenger };
    const { standard, meaning } = this.published;
    const fault = findFault(item, this.submitted[item] as readonly Tensor[], trace.outputs, standard);
    if (fault === undefined) throw new Error('nothing to challenge');
    const slots = trace.slots(salt);
    const root = toHex(rootOf(slots)) as Bytes32;
    const depth = slots.levels.length - 1;
    const children = depth === 0 ? [root] : childrenOf(slots, depth, 0).map((hash) => toHex(hash) as Bytes32);
    const evidence = asArgument(evidenceOf(trace, salt, this.submitted, fault, standard));
    return { claim: this.claim(challenger, root), meaning, children, evidence };
  }

  /** The same for an account of its own: nothing is posted. */
  prepared = (by: Account, trace: ReferenceTrace, item = 0) => this.posting(by, trace, item);

  /** A proof of element e of operator k out of a trace that its owner has published. */
  proofFrom(challenge: Challenge, mine: ReferenceTrace, theirs: ReferenceTrace, k: number, e: number): StepProof {
    const salt = { request: this.story.id, item: challenge.item, challenger: challenge.challenger };
    const slots = new KnownTree(theirs.tensors.length, theirs.slots(salt));
    slots.agreeUpTo(theirs.tensors.length);
    const [open] = theirs.open(k) as [OpenTensor];
    const leaves = leafCount(open.tensor.shape);
    const tree = new KnownTree(leaves, open.tree);
    tree.agreeUpTo(leaves);
    const size = LEAF_ELEMENTS * DTYPES[open.tensor.dtype].bytes;
    const claimed = { tree, leaf: (index: number) => padded(open.leaves(index).bytes, size) };
    return stepProof(mine, k, e, claimed, slots, this.link(challenge.item));
  }

  /** The same of a true trace: it proves nothing. */
  honestProof = (challenge: Challenge, trace: ReferenceTrace, k: number, e: number): StepProof =>
    this.proofFrom(challenge, trace, trace, k, e);

  /** Of the chain and of what is known here. */
  async snapshot(): Promise<{ restore(): Promise<void> }> {
    const chain = await networkHelpers.takeSnapshot();
    const known = this.challenges;
    return {
      restore: async () => {
        await chain.restore();
        this.challenges = known;
      },
    };
  }

  /** Posts it. */
  async challenge(by: Actor, trace: ReferenceTrace, item = 0, lane = 0): Promise<Challenge> {
    const { claim, meaning, children, evidence } = this.posting(toAddress(await by.getAddress()), trace, item);
    const call = this.s.game.challenge.populateTransaction(claim, meaning, children, evidence, lane);
    await this.move('challenge', sendAs(by, call));
    const id = challengeId(this.key(claim));
    return this.now({ id });
  }

  /** The challenge as the chain has it now. */
  now({ id }: Pick<Challenge, 'id'>): Challenge {
    const found = this.challenges.get(id);
    if (found === undefined) throw new Error(`no challenge ${id}`);
    return found;
  }

  /** The next move of a party that holds `trace`. */
  next(challenge: Challenge, trace: ReferenceTrace): RefuterMove {
    const now = this.now(challenge);
    const salt = { request: this.story.id, item: now.item, challenger: now.challenger };
    const shown = {
      trace: now.trace,
      salt,
      children: now.children,
      demanded: (position: Position) => {
        const found = demandAt(now, position);
        return found && (found.data ? { data: found.data } : {});
      },
    };
    return refute(trace, shown, this.link(now.item));
  }

  /** The proof of a party that knows the other trace as well, and so need not demand anything. */
  foresee(challenge: Challenge, mine: ReferenceTrace, theirs: ReferenceTrace): RefuterMove & { kind: 'prove' } {
    const { trace, item, challenger, children } = this.now(challenge);
    const salt = { request: this.story.id, item, challenger };
    const demanded = (position: Position) => ({ data: fromHex(answerTo(theirs, salt, position)) });
    const move = refute(mine, { trace, salt, children, demanded }, this.link(item));
    if (move.kind !== 'prove') throw new Error(`a ${move.kind}, of a trace that is known`);
    return move;
  }

  /** H(SUBMISSION, request, node, output hash). */
  get submissionId(): Bytes32 {
    const { node, outputHash } = this.story.described;
    return submissionId(this.story.id, node, outputHash);
  }

  async demand(by: Account, challenge: Challenge, move: RefuterMove & { kind: 'demand' }, lane = 100): Promise<void> {
    const { position, proof } = move;
    const lanes = lane + this.now(challenge).demands.size;
    const sent = this.s.game
      .connect(by)
      .demand(this.claimOf(challenge), this.published.meaning, wire(position), asArgument(proof), lanes);
    await this.move(`demand ${position.kind}`, sent);
  }

  async answer(by: Account, challenge: Challenge, trace: ReferenceTrace, demand: Demand): Promise<void> {
    const salt = { request: this.story.id, item: challenge.item, challenger: challenge.challenger };
    const data = answerTo(trace, salt, demand.position);
    const sent = this.s.game.connect(by).answer(this.key(challenge), wireDemand(demand), data);
    await this.move(`answer ${demand.position.kind}`, sent);
  }

  async prove(by: Account, challenge: Challenge, move: RefuterMove & { kind: 'prove' }): Promise<void> {
    const { proof, leaf } = move;
    const onPath = demandsTo(this.now(challenge), proof.operator, leaf).map(wireDemand);
    const sent = this.s.game
      .connect(by)
      .prove(this.claimOf(challenge), this.published.meaning, asArgument(proof), onPath);
    await this.move('prove', sent);
  }

  async lapse(by: Account, challenge: Challenge): Promise<void> {
    const now = this.now(challenge);
    const [oldest] = openDemands(now);
    if (oldest === undefined) throw new Error('no open demand');
    if ((await time.latest()) < oldest.demand.due) await time.increaseTo(oldest.demand.due);
    const above = demandsAbove(now, oldest.demand.position).map(wireDemand);
    await this.move('lapse', this.s.game.connect(by).lapse(this.claimOf(now), wireDemand(oldest.demand), above));
  }

  async uphold(by: Account, challenge: Challenge): Promise<void> {
    const now = this.now(challenge);
    if ((await time.latest()) < now.end) await time.increaseTo(now.end);
    await this.move('uphold', this.s.game.connect(by).uphold(this.claimOf(now)));
  }

  /** A refuter and a challenger play to the end; the challenger answers unless `silentAt` names the demand it leaves open. */
  async playOut(
    challenge: Challenge,
    refuter: Account,
    mine: ReferenceTrace,
    challenger: Account,
    theirs: ReferenceTrace,
    silentAt = Number.POSITIVE_INFINITY,
  ): Promise<Challenge> {
    for (let demands = 0; ; ) {
      const move = this.next(challenge, mine);
      if (move.kind === 'true') throw new Error('the challenge is true');
      if (move.kind === 'prove') {
        await this.prove(refuter, challenge, move);
        return this.now(challenge);
      }
      if (move.kind === 'demand') await this.demand(refuter, challenge, move);
      const [open] = openDemands(this.now(challenge));
      if (open === undefined) throw new Error('a demand is open');
      if (demands++ === silentAt) {
        await this.lapse(refuter, challenge);
        return this.now(challenge);
      }
      await this.answer(challenger, challenge, theirs, open.demand);
    }
  }
}

/** As the contracts take it. */
export const wire = (position: Position) => ({ ...position, kind: POSITION_KINDS[position.kind] });
export const wireDemand = (demand: Demand) => ({ ...demand, position: wire(demand.position) });

/** Everything a wrong verdict would break: who was found wrong. */
export async function expectVerdict(d: Dispute, challenge: Challenge, state: 'upheld' | 'fallen'): Promise<void> {
  expect(d.now(challenge).state).to.equal(state);
  const onChain = await d.s.game.challengeOf(challenge.id);
  expect(onChain.state).to.equal(state === 'upheld' ? 2n : 3n);
}

export { PARAMETERS, packPosition, ZeroAddress };
