// The real contracts and the model of them, side by side.
import { expect } from 'chai';
import type { TransactionReceiptParams } from 'ethers';
import { Interface } from 'ethers';
import type { Address, Hex } from '#core/hex.ts';
import { toAddress } from '#core/hex.ts';
import type { ProtocolEvent } from '#core/protocol/events.ts';
import { eventFrom } from '#core/protocol/events.ts';
import type { LedgerEvent } from '#core/protocol/ledger.ts';
import { BURN } from '#core/protocol/postings.ts';
import type { EscrowProbe, HostilePolicy, HostileRequester, OPG } from '#types';
import { consumer } from '../../support/contracts/actors.ts';
import type { Status } from '../../support/contracts/batch.ts';
import type { Account } from '../../support/contracts/chain.ts';
import { ethers, networkHelpers, sendAs, time } from '../../support/contracts/chain.ts';
import { contentOf, EXACT, TOLERANT } from '../../support/contracts/model.ts';
import type { System } from '../../support/contracts/system.ts';
import { OPG_1, ROYALTY, system } from '../../support/contracts/system.ts';
import { checkInvariants } from './invariants.ts';
import type { Outcome } from './rules/batch.ts';
import type { Version } from './world.ts';
import { Refusal, World } from './world.ts';

/** Of a call. A batch with hostile callbacks burns nearly 9M; EIP-7825 allows 16.7M. */
const GAS = '0xe00000';
/** Of AccessManaged, which the interfaces do not repeat. */
const ACCESS = new Interface(['error AccessManagedUnauthorized(address)']);
const STATUSES: readonly Status[] = ['DONE', 'GONE', 'EARLY', 'LATE', 'GAS', 'BADOUTPUT', 'NOSTAKE', 'DENIED'];

/** Who makes a call: an account, or a contract that an account drives. */
export interface Party {
  readonly name: string;
  readonly address: Address;
  readonly signer: Address;
  readonly isContract: boolean;
}

export interface Act {
  readonly name: string;
  readonly by: Party;
  readonly to: Address;
  readonly data: string;
  /** The model of the call at the world's time. Throws Refusal if it must revert. */
  readonly predict: (w: World) => Outcome;
  /** A batch function whose statuses are compared too; sent by accounts only. */
  readonly batch?: { readonly contract: Interface; readonly name: string };
}

export interface Parties {
  readonly requesters: readonly Party[];
  readonly consumers: readonly Party[];
  readonly nodes: readonly Party[];
  readonly hotKey: Party;
  readonly keeper: Party;
  readonly stranger: Party;
  readonly owners: readonly Party[];
  readonly judge: Party;
  readonly guardian: Party;
  readonly governor: Party;
  readonly treasury: Party;
}

export class Harness {
  readonly s: System & { opg: OPG };
  readonly probe: EscrowProbe;
  readonly policy: HostilePolicy;
  readonly parties: Parties;
  readonly requests: Address;
  readonly escrow: Address;
  readonly token: Address;
  readonly models: Address;
  readonly nodes: Address;
  world: World;
  #beginning: World | undefined;
  /** Calls that did something, and calls that were refused, by name: what a run covered. */
  readonly tally = new Map<string, number>();

  constructor(parts: {
    s: System & { opg: OPG };
    probe: EscrowProbe;
    policy: HostilePolicy;
    parties: Parties;
    world: World;
    addresses: readonly [Address, Address, Address, Address, Address];
  }) {
    this.s = parts.s;
    this.probe = parts.probe;
    this.policy = parts.policy;
    this.parties = parts.parties;
    this.world = parts.world;
    [this.requests, this.escrow, this.token, this.models, this.nodes] = parts.addresses;
  }

  /** The chain is back where the fixture left it, or there for the first time: so is the model. */
  restart(): this {
    this.#beginning ??= this.world;
    this.world = this.#beginning.fork();
    this.tally.clear();
    return this;
  }

  everybody(): Party[] {
    const { requesters, nodes, hotKey, keeper, stranger, owners, judge, guardian, governor, treasury } = this.parties;
    return [...requesters, ...nodes, hotKey, keeper, stranger, ...owners, judge, guardian, governor, treasury];
  }

  /** Makes the call in a block of the world's time and compares what it did with the model, then every invariant. */
  async run(act: Act): Promise<void> {
    const expected = outcomeOf(this.world, act);
    await time.setNextBlockTimestamp(this.world.now);
    const told = await this.#statuses(act);
    const happened = await this.send(act.by, act.to, act.data);
    const label = `${act.name} by ${act.by.name} at ${this.world.now}`;
    if (expected instanceof Refusal) {
      expect(happened, `${label} should be refused with ${expected.reason}`).to.deep.equal({
        refused: expected.reason,
      });
    } else {
      expect(happened, `events of ${label}`).to.deep.equal({ events: expected.events });
      expect(told, `statuses of ${label}`).to.deep.equal(expected.statuses);
    }
    this.#count(expected instanceof Refusal ? `${act.name}: ${expected.reason}` : act.name);
    await checkInvariants(this, label);
  }

  #count(name: string): void {
    this.tally.set(name, (this.tally.get(name) ?? 0) + 1);
  }

  /** What a batch answers, learnt from the same call in the same second. */
  async #statuses({ by, to, data, batch }: Act): Promise<Status[] | undefined> {
    if (batch === undefined) return undefined;
    try {
      const call = { from: by.address, to, data, gas: GAS };
      const answer: string = await ethers.provider.send('eth_call', [call, 'pending']);
      const [statuses] = batch.contract.decodeFunctionResult(batch.name, answer);
      return [...(statuses as Iterable<bigint>)].map((status) => STATUSES[Number(status)] as Status);
    } catch {
      return undefined; // refused as a whole: the transaction will say why
    }
  }

  /** Sends it, without an estimate, and tells the money's events or the name of the error. */
  async send(by: Party, to: Address, data: string): Promise<{ events: ProtocolEvent[] } | { refused: string }> {
    const execute = this.s.arbiter.interface.encodeFunctionData('execute', [to, data]);
    const call = by.isContract ? { to: by.address, data: execute } : { to, data };
    try {
      const hash = await ethers.provider.send('eth_sendTransaction', [{ from: by.signer, ...call, gas: GAS }]);
      const receipt = await ethers.provider.send('eth_getTransactionReceipt', [hash]);
      return { events: this.#events(receipt.logs) };
    } catch (failure) {
      return { refused: this.#errorName(failure) };
    }
  }

  #events(logs: TransactionReceiptParams['logs']): ProtocolEvent[] {
    return logs.flatMap((log) => {
      const address = log.address.toLowerCase();
      if (address !== this.requests && address !== this.escrow) return [];
      const parsed = this.s.requests.interface.parseLog(log) ?? this.s.escrow.interface.parseLog(log);
      const event = parsed && eventFrom(parsed.name, parsed.args as unknown as Record<string, unknown>);
      return event ? [event] : [];
    });
  }

  #errorName(failure: unknown): string {
    const data = revertData(failure);
    if (data === undefined) throw failure;
    const { requests, escrow, opg, models, nodes, authority } = this.s;
    for (const contract of [requests, escrow, opg, models, nodes, authority]) {
      const name = contract.interface.parseError(data)?.name;
      if (name !== undefined) return name;
    }
    return ACCESS.parseError(data)?.name ?? data;
  }
}

/** The node puts the bytes of a revert into `data`, or into an object there. */
function revertData(failure: unknown): Hex | undefined {
  if (typeof failure !== 'object' || failure === null) return undefined;
  const { data, error } = failure as { data?: unknown; error?: unknown };
  if (typeof data === 'string') return data as Hex;
  return revertData(data) ?? revertData(error);
}

function outcomeOf(world: World, act: Act): Outcome | Refusal {
  try {
    return act.predict(world);
  } catch (failure) {
    if (failure instanceof Refusal) return failure;
    throw failure;
  }
}

const account = (name: string, { address }: Account): Party => ({
  name,
  address: toAddress(address),
  signer: toAddress(address),
  isContract: false,
});

async function contract(name: string, driver: Account, at: { getAddress(): Promise<string> }): Promise<Party> {
  return { name, address: toAddress(await at.getAddress()), signer: toAddress(driver.address), isContract: true };
}

/** A version more, of other bytes. */
async function publish(s: System, mark: string): Promise<string> {
  const content = { ...contentOf(TOLERANT), sha256Hash: `0x${mark.repeat(32)}` };
  await s.models.connect(s.owner).publish(s.model, content, ROYALTY, ['walrus://blob'], '{}', '{}');
  return s.models.versionId(s.model, content);
}

/** A contract that asks, with a deposit and tokens of its own. */
async function funded(s: System): Promise<HostileRequester> {
  const made = await consumer(s, 200n * OPG_1);
  await s.token.connect(s.deployer).transfer(made, 100n * OPG_1);
  await sendAs(made, s.token.approve.populateTransaction(s.escrow, 2n ** 256n - 1n));
  return made;
}

/** Contracts and model at the beginning: what every test in this folder starts from. Without a block of now: it sets the time of each. */
export async function begin(): Promise<Harness> {
  return (await networkHelpers.loadFixture(harness)).restart();
}

async function harness(): Promise<Harness> {
  const s = await system();
  const [retired, guarded] = [await publish(s, 'b2'), await publish(s, 'c3')];
  await s.models.connect(s.owner).retire(retired);
  const policy = await ethers.deployContract('HostilePolicy', [0]);
  await s.models.connect(s.owner).setPolicy(guarded, policy);
  await s.escrow.connect(s.attacker).stake(25n * OPG_1); // one slice and a quarter
  const made = [await funded(s), await funded(s)];
  const consumers = await Promise.all(made.map((each, i) => contract(`consumer ${i}`, s.deployer, each)));
  const parties: Parties = {
    requesters: [account('requester', s.requester), account('other', s.other), ...consumers],
    consumers,
    nodes: [account('node', s.node), account('rival', s.rival), account('poor node', s.attacker)],
    hotKey: account('hot key', s.hotKey),
    keeper: account('keeper', s.keeper),
    stranger: account('stranger', s.deployer),
    owners: [account('owner', s.owner), account('buyer', s.buyer)],
    judge: await contract('arbiter', s.judge, s.arbiter),
    guardian: account('guardian', s.guardian),
    governor: account('governor', s.governor),
    treasury: account('treasury', s.treasury),
  };
  const contracts = [s.requests, s.escrow, s.token, s.models, s.nodes];
  const addresses = (await Promise.all(contracts.map((each) => each.getAddress()))).map(toAddress) as [
    Address,
    Address,
    Address,
    Address,
    Address,
  ];
  const version = (id: string, changes: Partial<Version> = {}): Version => ({
    id,
    shape: TOLERANT,
    exact: false,
    retired: false,
    royalty: ROYALTY,
    allowed: true,
    ...changes,
  });
  const world = new World({
    chainId: s.chainId,
    requests: addresses[0],
    escrow: addresses[1],
    arbiter: parties.judge.address,
    unbondingDelay: Number(await s.escrow.unbondingDelay()),
    now: await time.latest(),
    modelOwner: toAddress(s.owner.address),
    treasury: toAddress(s.treasury.address),
    pausedUntil: 0,
    pauseNotBefore: 0,
    wallets: new Map(),
    strays: 0n,
    versions: [
      version(s.version),
      version(s.exactVersion, { shape: EXACT, exact: true }),
      version(retired, { retired: true }),
      version(guarded),
    ],
    keys: new Map(),
    offers: new Map(),
    behaviours: new Map(),
  });
  const probe = await ethers.deployContract('EscrowProbe');
  const h = new Harness({ s, probe, policy, parties, world, addresses });
  for (const log of await ethers.provider.getLogs({ address: [...addresses.slice(0, 2)], fromBlock: s.genesis })) {
    const parsed = s.requests.interface.parseLog(log) ?? s.escrow.interface.parseLog(log);
    const event = parsed && eventFrom(parsed.name, parsed.args as unknown as Record<string, unknown>);
    if (event) world.commit(event as LedgerEvent);
  }
  for (const { address } of [...h.everybody(), { address: BURN }])
    world.facts.wallets.set(address, await s.token.balanceOf(address));
  world.facts.now = await time.latest();
  return h;
}
