// A run of the system in which every step is followed by the law of conservation (C1), and every request by its terms as an
// independent reader would pack them.
import { expect } from 'chai';
import type { ContractTransactionResponse } from 'ethers';
import { getBytes, hexlify, keccak256, toBeHex, ZeroAddress } from 'ethers';
import type { Tensor } from '../lib/commitment.ts';
import { commit } from '../lib/commitment.ts';
import { BURN, CONTENT, deployed, ethers, FEE, INPUTS, networkHelpers, OUTPUTS, ROYALTY } from './system.ts';
import type { Fields, Terms } from './terms.ts';
import { packTerms, requestId, termsHash } from './terms.ts';

type System = Awaited<ReturnType<typeof deployed>>;
type Sent = Promise<ContractTransactionResponse>;
type Waits = Promise<{ wait(): Promise<unknown> }>;
export type Ask = ReturnType<World['ask']>;
export type Submission = { nonce: bigint; node: string; challengeEnd: bigint; end: bigint; outputHash: string };

/** A request as its parties know it. */
export type Job = Submission & {
  fields: Fields;
  terms: Terms;
  id: string;
  fee: bigint;
  slice: bigint;
  input: string;
  output: string;
  /** What its lock holds now, by this test's own count. */
  held: bigint;
};

export const STATE = { None: 0, Requested: 1, Declined: 2, Accepted: 3, Submitted: 4, Frozen: 5 } as const;
export const STATUS = ['DONE', 'GONE', 'EARLY', 'LATE', 'GAS', 'BADOUTPUT', 'NOSTAKE', 'DENIED'] as const;
export const FLAG = { ROOT_INPUT: 1n, EXACT_OUTPUT: 2n, QUOTE: 4n, PULL: 8n } as const;

/** Positive floats that differ with `seed`, `n` of them. */
export const floats = (n: number, seed = 1) =>
  hexlify(
    getBytes(`0x${Array.from({ length: n }, (_, i) => toBeHex(0x3f800000 + seed * 1_000 + i, 4).slice(2)).join('')}`),
  );

const tensorOf = (dims: number[], bytes: string): Tensor => ({ dtype: 1, dims, bytes: getBytes(bytes) });
const cut = (bytes: string, items: number) => {
  const all = getBytes(bytes);
  const size = all.length / items;
  return Array.from({ length: items }, (_, i) => hexlify(all.subarray(i * size, (i + 1) * size)));
};
export const inputHash = (input: string, items = 1) => commit(cut(input, items).map((one) => [tensorOf([1, 64], one)]));
export const outputHash = (output: string, items = 1) =>
  commit(cut(output, items).map((one) => [tensorOf([1, 10], one)]));

export class World {
  readonly s: System;
  readonly jobs: Job[] = [];
  private lane = 0n;
  /** The transaction of the last `moved`, for its events. */
  last: Sent | undefined;

  constructor(system: System) {
    this.s = system;
  }

  now = async () => BigInt(await networkHelpers.time.latest());

  /** The next block is mined at `t`. */
  at = (t: bigint) => networkHelpers.time.setNextBlockTimestamp(t);
  warp = (t: bigint) => networkHelpers.time.increaseTo(t);

  /** How a call fares at time `t`: 'DONE' or the error's name. The chain is put back. */
  async attempt(t: bigint, send: () => Sent): Promise<string> {
    const snapshot = await networkHelpers.takeSnapshot();
    await this.at(t);
    const told = await outcome(send());
    await snapshot.restore();
    return told;
  }

  ask(overrides: Partial<typeof base> = {}) {
    return { ...base, version: this.s.version, node: this.s.node.address as string, ...overrides };
  }

  /** An ask whose times lie ahead of the next block. */
  async fresh(overrides: Partial<typeof base> = {}) {
    const now = await this.now();
    return this.ask({ deadline: now + 10_000n, openAt: now + 1_000n, lane: this.lane++, ...overrides });
  }

  /** What the contract should make of an ask, read from the specification. */
  fieldsOf(ask: Ask, requester: string, input: string): Fields {
    const set = this.s.set;
    const big = (a: bigint, b: bigint) => (a > b ? a : b);
    const root = (ask.flags & FLAG.ROOT_INPUT) !== 0n;
    const floor = big(set.sliceFloor, CONTENT.sliceFloorGwei * 10n ** 9n);
    return {
      version: ask.version,
      input: root ? input : inputHash(input, Number(ask.items)),
      outputSchema: ask.outputSchema,
      requester,
      fee: ask.fee,
      node: ask.node,
      slice: big(floor, (ask.fee * set.thetaPct) / 100n),
      royalty: ROYALTY * ask.items,
      deadline: ask.deadline,
      tc: set.tcBase + ((4_096_000n * ask.items) >> set.tcRateLog2),
      openAt: ask.openAt,
      protocolBps: set.protocolBps,
      model: 1n,
      callbackGas: ask.callbackGas,
      set: 1n,
      mode: 0n,
      outputBytes: 40n * ask.items,
      flags: ask.flags & 3n,
      tipBps: set.tipBps,
      items: ask.items,
      lane: ask.lane,
      penaltyBps: set.penaltyBps,
    };
  }

  jobOf(ask: Ask, requester: string, input: string, nonce: bigint): Job {
    const fields = this.fieldsOf(ask, requester, input);
    const terms = packTerms(fields);
    const id = requestId(this.s.chainId, String(this.s.requests.target), requester, nonce, termsHash(terms));
    const job: Job = {
      fields,
      terms,
      id,
      nonce,
      fee: ask.fee,
      slice: fields.slice,
      input,
      output: floats(10 * Number(ask.items), 7),
      held: ask.fee,
      node: ask.node,
      challengeEnd: 0n,
      end: 0n,
      outputHash: keccak256('0x'),
    };
    this.jobs.push(job);
    return job;
  }

  async request(overrides: Partial<typeof base> = {}, input?: string): Promise<Job> {
    const { requests, requester, escrow } = this.s;
    const ask = await this.fresh(overrides);
    const bytes = input ?? floats(64 * Number(ask.items), 3 + this.jobs.length);
    const { nonce } = await escrow.accountOf(requester);
    await (await requests.connect(requester).request(ask, INPUTS, bytes, '0x')).wait();
    const job = this.jobOf(ask, requester.address, bytes, nonce);
    await this.conserved();
    return job;
  }

  /** A request of the consumer contract, with a callback. */
  async requestByContract(overrides: Partial<typeof base> = {}): Promise<Job> {
    const { requests, consumer, escrow } = this.s;
    const ask = await this.fresh({ callbackGas: 200_000n, ...overrides });
    const bytes = floats(64 * Number(ask.items), 3 + this.jobs.length);
    const { nonce } = await escrow.accountOf(consumer);
    const call = requests.interface.encodeFunctionData('request', [ask, INPUTS, bytes, '0x']);
    await (await consumer.execute(requests, call)).wait();
    const job = this.jobOf(ask, String(consumer.target), bytes, nonce);
    await this.conserved();
    return job;
  }

  async decline(job: Job) {
    await (await this.s.requests.connect(this.s.node).decline(job.terms, job.nonce)).wait();
    await this.conserved();
    return job;
  }

  async accept(job: Job, by = this.s.node, declined = false) {
    await (await this.s.requests.connect(by).accept(job.terms, job.nonce, by, declined)).wait();
    job.node = by.address;
    job.held = job.fee + job.slice;
    await this.conserved();
    return job;
  }

  async submit(job: Job, by = this.s.node, accepted = false) {
    const sent = this.s.requests
      .connect(by)
      .submit(job.terms, job.nonce, accepted ? by.address : ZeroAddress, OUTPUTS, job.output);
    await (await sent).wait();
    this.submitted(job, by.address, await this.now());
    await this.conserved();
    return job;
  }

  /** Takes note of a submission made at time `t`. */
  submitted(job: Job, node: string, t: bigint) {
    job.node = node;
    job.held = job.fee + job.slice;
    job.challengeEnd = t + job.fields.tc;
    job.end = job.challengeEnd;
    job.outputHash = outputHash(job.output, Number(job.fields.items));
  }

  /** Submits and waits until it can be finalised. */
  async ripe(job: Job) {
    await this.submit(job);
    await this.warp(job.end + 1n);
    return job;
  }

  finalise = (job: Job, by = this.s.node, takeTip = false) =>
    this.s.requests
      .connect(by)
      .finalise(
        job.terms,
        job,
        takeTip,
        job.fields.callbackGas ? OUTPUTS : [],
        job.fields.callbackGas ? job.output : '0x',
      );

  /** A call of the game to the requests contract. */
  game = (name: 'freeze' | 'condemn', job: Job) =>
    this.s.game.act(this.s.requests, this.s.requests.interface.encodeFunctionData(name as 'freeze', [job.terms, job]));

  thaw = (job: Job, newEnd: bigint) =>
    this.s.game.act(this.s.requests, this.s.requests.interface.encodeFunctionData('thaw', [job.terms, job, newEnd]));

  async frozen(job: Job) {
    await this.submit(job);
    await (await this.game('freeze', job)).wait();
    await this.conserved();
    return job;
  }

  isIn = (job: Job, state: number) => this.s.requests.isCurrent(job.terms, state, job);

  /** Balances of everybody who can have one, by name. */
  async balances(): Promise<Record<string, bigint>> {
    const { escrow, signers, consumer, game } = this.s;
    const accounts: Record<string, string> = {
      ...Object.fromEntries(Object.entries(signers).map(([name, signer]) => [name, signer.address])),
      consumer: String(consumer.target),
      game: String(game.target),
      purse: await escrow.purseOf(1),
      burn: BURN,
    };
    const all: Record<string, bigint> = {};
    for (const [name, account] of Object.entries(accounts)) {
      const [available, stake] = await escrow.accountOf(account);
      all[`${name}.available`] = available;
      all[`${name}.stake`] = stake;
      all[`${name}.unbonding`] = (await escrow.unbondingOf(account))[0];
    }
    return all;
  }

  /** What a step moved, to the wei, without what it left alone; then C1. `closes` are the jobs it ended. */
  async moved(step: () => Sent, ...closes: Job[]): Promise<Record<string, bigint>> {
    const before = await this.balances();
    this.last = step();
    await (await this.last).wait();
    for (const job of closes) job.held = 0n;
    await this.conserved();
    const after = await this.balances();
    return Object.fromEntries(
      Object.entries(after)
        .map(([name, value]) => [name, value - (before[name] as bigint)] as const)
        .filter(([, difference]) => difference !== 0n),
    );
  }

  /** C1: the tokens of Escrow are the accounts and the locks, to the wei. */
  async conserved() {
    const { token, escrow } = this.s;
    const owed = Object.values(await this.balances()).reduce((a, b) => a + b, 0n);
    const locked = this.jobs.reduce((a, job) => a + job.held, 0n);
    expect(await token.balanceOf(escrow)).to.equal(owed + locked, 'C1');
  }
}

const base = {
  version: '',
  node: '',
  fee: FEE,
  maxRoyalty: 2n ** 96n - 1n,
  deadline: 0n,
  openAt: 0n,
  callbackGas: 0n,
  set: 0n,
  lane: 0n,
  mode: 0n,
  items: 1n,
  flags: 0n,
  outputSchema: CONTENT.outputSchema,
};

/** A fresh world; the chain is shared through a snapshot. */
export async function begin(): Promise<World> {
  const made = await networkHelpers.loadFixture(deployed);
  await networkHelpers.mine(); // a block of now: tests count from the newest, which may be long ago
  return new World(made);
}

/** 'DONE', or the name of the custom error. */
export async function outcome(sent: Waits): Promise<string> {
  try {
    await (await sent).wait();
    return 'DONE';
  } catch (error) {
    const name = /custom error '(\w+)\(/.exec(String(error))?.[1];
    if (!name) throw error;
    return name;
  }
}

export const { ZeroHash } = ethers;
