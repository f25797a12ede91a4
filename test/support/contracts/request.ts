// One request from the question to its end. Verbs of `Story` make a move and assert its event, the new state and the
// money; `attempt` makes the same calls without expecting anything.
import { expect } from 'chai';
import type { TransactionResponse } from 'ethers';
import { getAddress, ZeroAddress } from 'ethers';
import { headersHash } from '#core/commitment/schema.ts';
import type { Bytes32, Hex } from '#core/hex.ts';
import { toAddress } from '#core/hex.ts';
import { termsField } from '#core/protocol/fields.ts';
import type { RequestId } from '#core/protocol/ids.ts';
import { requestId } from '#core/protocol/ids.ts';
import { feeSplit } from '#core/protocol/split.ts';
import type { OpenState, Submission } from '#core/protocol/states.ts';
import { StateNumbers } from '#core/protocol/states.ts';
import type { PackedTerms, Terms } from '#core/protocol/terms.ts';
import { AskFlags, packTerms, termsHash } from '#core/protocol/terms.ts';
import { Attempt } from './attempt.ts';
import type { Account, Actor } from './chain.ts';
import { sendAs, time } from './chain.ts';
import { commit, EXACT, INPUT, OUTPUT, repeated, type Shape, TOLERANT } from './model.ts';
import { checkMoney, eventsOf } from './money.ts';
import type { System } from './system.ts';
import { DAY, FEE, ROYALTY } from './system.ts';

/** What a requester may want differently from the usual: one item, named node, an hour reserved, a day to live. */
export interface Wish {
  by?: Actor;
  node?: Account | null;
  fee?: bigint;
  maxRoyalty?: bigint;
  openIn?: number;
  dueIn?: number;
  openAt?: number;
  deadline?: number;
  callbackGas?: number;
  set?: number;
  lane?: number;
  mode?: number;
  items?: number;
  flags?: number;
  shape?: Shape;
  version?: string;
  input?: Hex;
  inputHeaders?: Bytes32[];
  outputSchema?: Bytes32;
  policyData?: string;
}

export async function askOf(s: System, wish: Wish = {}) {
  const now = await time.latest();
  const shape = wish.shape ?? TOLERANT;
  const items = wish.items ?? 1;
  const flags = wish.flags ?? 0;
  const rooted = (flags & AskFlags.ROOT_INPUT) !== 0;
  const bytes = repeated(INPUT, items);
  const ask = {
    version: wish.version ?? (shape === EXACT ? s.exactVersion : s.version),
    node: wish.node === null ? ZeroAddress : (wish.node ?? s.node).address,
    fee: wish.fee ?? FEE,
    maxRoyalty: wish.maxRoyalty ?? ROYALTY * BigInt(items),
    deadline: wish.deadline ?? now + (wish.dueIn ?? DAY),
    openAt: wish.openAt ?? now + (wish.openIn ?? 3600),
    callbackGas: wish.callbackGas ?? 0,
    set: wish.set ?? 0,
    lane: wish.lane ?? 0,
    mode: wish.mode ?? 0,
    items,
    flags,
    outputSchema: wish.outputSchema ?? headersHash(shape.outputHeaders),
  };
  const input = wish.input ?? (rooted ? commit(shape.inputHeaders, items, bytes) : bytes);
  return { ask, headers: wish.inputHeaders ?? shape.inputHeaders, input, shape };
}

/** Sends the request without expecting anything. */
export async function tryRequest(s: System, wish: Wish = {}): Promise<TransactionResponse> {
  const { ask, headers, input } = await askOf(s, wish);
  const call = s.requests.request.populateTransaction(ask, headers, input, wish.policyData ?? '0x');
  return sendAs(wish.by ?? s.requester, call);
}

/** Asks, checks that the chain wrote down what was asked for, and goes on from there. */
export async function request(s: System, wish: Wish = {}): Promise<Story> {
  const [story, ...more] = await storiesOf(s, await tryRequest(s, wish), wish);
  if (story === undefined || more.length > 0) throw new Error('a request emits one Requested');
  const { ask, input, headers } = await askOf(s, wish);
  const { terms } = story;
  expect(terms.fee).to.equal(ask.fee);
  expect(terms.node).to.equal(ask.node.toLowerCase());
  expect(terms.lane).to.equal(ask.lane);
  expect(terms.items).to.equal(ask.items);
  const rooted = (ask.flags & AskFlags.ROOT_INPUT) !== 0;
  expect(terms.input).to.equal(rooted ? input : commit(headers, ask.items, input));
  expect(story.id).to.equal(await s.requests.idOf(packTerms(terms), story.nonce));
  await story.is('Requested');
  return story;
}

/** `count` requests in consecutive lanes with one call. */
export async function requestMany(s: System, count: number, wish: Wish = {}): Promise<Story[]> {
  const { ask, headers, input } = await askOf(s, wish);
  const inputs = Array.from({ length: count }, () => input);
  const call = s.requests.requestMany.populateTransaction(ask, headers, inputs, wish.policyData ?? '0x');
  return storiesOf(s, await sendAs(wish.by ?? s.requester, call), wish);
}

/** The requests a transaction made. */
export async function storiesOf(s: System, transaction: TransactionResponse, wish: Wish = {}): Promise<Story[]> {
  const requested = (await eventsOf(s, transaction)).filter(({ name }) => name === 'Requested');
  return requested.map(({ args }) => {
    const terms = termsField(args['terms']);
    return new Story(s, wish.by ?? s.requester, terms, BigInt(args['nonce']), args['id'], wish.shape ?? TOLERANT);
  });
}

export class Story {
  readonly s: System;
  readonly by: Actor;
  readonly terms: Terms;
  readonly packed: PackedTerms;
  readonly nonce: bigint;
  readonly id: RequestId;
  readonly shape: Shape;
  readonly attempt: Attempt;
  output: Hex = '0x';
  acceptedBy: Account | undefined;
  declined = false;
  submission: Submission | undefined;

  constructor(s: System, by: Actor, terms: Terms, nonce: bigint, id: string, shape: Shape) {
    this.s = s;
    this.by = by;
    this.terms = terms;
    this.packed = packTerms(terms);
    this.nonce = nonce;
    this.shape = shape;
    this.id = id as RequestId;
    this.attempt = new Attempt(this);
  }

  /** The id by the formula of the specification, computed without the chain. */
  async expectedId(): Promise<RequestId> {
    const requests = toAddress(await this.s.requests.getAddress());
    const at = { chainId: this.s.chainId, requests };
    return requestId(at, this.terms.requester, this.nonce, termsHash(this.terms));
  }

  /** What a caller says about the submission; zeros where the state has none. */
  get described(): Submission {
    const nobody = {
      node: toAddress(this.acceptedBy?.address ?? ZeroAddress),
      outputHash: `0x${'0'.repeat(64)}` as Bytes32,
    };
    return this.submission ?? { nonce: this.nonce, challengeEnd: 0, end: 0, ...nobody };
  }

  async isIn(state: OpenState): Promise<boolean> {
    return this.s.requests.isCurrent(this.packed, StateNumbers[state], this.described);
  }

  /** Asserts that the request is in this state and in no other. */
  async is(state: OpenState | 'over'): Promise<this> {
    for (const each of ['Requested', 'Declined', 'Accepted', 'Submitted', 'Frozen'] as const)
      expect(await this.isIn(each), `${each} while ${state}`).to.equal(each === state);
    return this;
  }

  async accept(by: Account = this.s.node): Promise<this> {
    this.acceptedBy = by;
    await expect(this.attempt.accept({ by })).to.emit(this.s.requests, 'Accepted').withArgs(this.id, by.address);
    return this.is('Accepted');
  }

  async decline(by: Account = this.s.node): Promise<this> {
    await expect(this.attempt.decline({ by })).to.emit(this.s.requests, 'Declined').withArgs(this.id);
    this.declined = true;
    return this.is('Declined');
  }

  /** Valid bytes of the outputs of all items, or their commitment. */
  answer(item: Hex = OUTPUT): Hex {
    const bytes = repeated(item, this.terms.items);
    const asHash = (this.terms.flags & AskFlags.EXACT_OUTPUT) !== 0;
    return asHash ? commit(this.shape.outputHeaders, this.terms.items, bytes) : bytes;
  }

  async submit(by: Account = this.acceptedBy ?? this.s.node, output: Hex = this.answer()): Promise<this> {
    const sent = await this.attempt.submit({ by, output });
    return this.submitted(sent, by, output);
  }

  /** Takes a submission that was sent some other way. */
  async submitted(sent: TransactionResponse, by: Account, output: Hex = this.answer()): Promise<this> {
    const asHash = (this.terms.flags & AskFlags.EXACT_OUTPUT) !== 0;
    const outputHash = asHash ? (output as Bytes32) : commit(this.shape.outputHeaders, this.terms.items, output);
    const block = await sent.getBlock();
    const challengeEnd = (block?.timestamp ?? 0) + this.terms.tc;
    this.output = output;
    this.submission = { nonce: this.nonce, node: toAddress(by.address), challengeEnd, end: challengeEnd, outputHash };
    await expect(sent)
      .to.emit(this.s.requests, 'Submitted')
      .withArgs(this.id, by.address, challengeEnd, outputHash, asHash ? (_: string) => true : output);
    return this.is('Submitted');
  }

  /** Unix second from which on `finalise` is possible, minus one. */
  get end(): number {
    return this.described.end;
  }

  async finalise(by: Actor = this.s.keeper, takeTip = false): Promise<this> {
    if ((await time.latest()) < this.end) await time.increaseTo(this.end);
    const { toNode, royalty, protocol, tip } = feeSplit(this.terms, takeTip);
    const tipped = tip === 0n ? ZeroAddress : await by.getAddress();
    const parts = [getAddress(this.described.node), toNode, royalty, protocol, tip, tipped] as const;
    await expect(this.attempt.finalise({ by, takeTip }))
      .to.emit(this.s.requests, 'Finalised')
      .withArgs(this.id, ...parts, (callback: bigint) => callback >= 0n);
    return this.over();
  }

  async freeze(): Promise<this> {
    await expect(this.attempt.freeze()).to.emit(this.s.requests, 'Frozen').withArgs(this.id);
    return this.is('Frozen');
  }

  async thaw(end: number = this.end): Promise<this> {
    await expect(this.attempt.thaw({ newEnd: end }))
      .to.emit(this.s.requests, 'Thawed')
      .withArgs(this.id, end);
    this.submission = { ...this.described, end };
    return this.is('Submitted');
  }

  /** Asserts that the lock is closed, and the money of the whole system. */
  async over(): Promise<this> {
    await this.is('over');
    const { requester, lane } = this.terms;
    const word = await this.s.escrow.lockOf(this.s.requests, requester, lane);
    expect(word, 'a lock that was closed is free again').to.equal(`0x${'1'.padStart(64, '0')}`);
    await checkMoney(this.s);
    return this;
  }
}
