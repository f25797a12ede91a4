// I7: everybody leaves, one party is silent for good. Each open request must end by the second its row of the table "Exits"
// names, and then every account but the silent one's is emptied.
import { expect } from 'chai';
import type { Address } from '#core/hex.ts';
import { ZERO_ADDRESS } from '#core/hex.ts';
import { purseOf, toModelId } from '#core/protocol/ids.ts';
import { BURN } from '#core/protocol/postings.ts';
import type { RequestRow } from '#core/protocol/request.ts';
import { AskFlags, hasFlag } from '#core/protocol/terms.ts';
import { commit, OUTPUT, repeated } from '../../support/contracts/model.ts';
import { acceptedIn, Calls } from './calls.ts';
import type { Act, Harness, Party } from './harness.ts';
import { claimOf } from './words.ts';

/** A way out that does not need the silent party. */
interface Exit {
  readonly act: Act;
  /** First Unix second in which it is possible. */
  readonly from: number;
}

export class Drain {
  readonly #h: Harness;
  readonly #calls: Calls;
  readonly #silent: Party;

  constructor(h: Harness, silent: Party) {
    this.#h = h;
    this.#silent = silent;
    this.#calls = new Calls(h);
  }

  async run(): Promise<void> {
    await this.#requests();
    await this.#accounts();
    this.#nothingLeft();
  }

  /** Ends the request whose exit is nearest, again and again. */
  async #requests(): Promise<void> {
    const w = this.#h.world;
    const latest = new Map(this.#rows().map((row) => [row.id, this.#latest(row)]));
    for (let rows = this.#rows(); rows.length > 0; rows = this.#rows()) {
      const exits = rows.map((row) => ({ row, exit: this.#exit(row) })).sort((a, b) => a.exit.from - b.exit.from);
      const next = exits[0];
      if (next === undefined) return;
      w.facts.now = Math.max(w.now + 1, next.exit.from);
      await this.#h.run(next.exit.act);
      const after = w.ledger.requestOf(next.row.id);
      expect(after?.state, `I7: ${next.exit.act.name} did nothing for a ${next.row.state} request`).to.not.equal(
        next.row.state,
      );
      // one second per call that had to go first
      const bound = (latest.get(next.row.id) ?? 0) + latest.size * 2;
      expect(w.now, `I7: a ${next.row.state} request leaves too late`).to.be.most(bound);
    }
  }

  #rows(): RequestRow[] {
    const { ledger } = this.#h.world;
    return ledger.openRequests().map((id) => ledger.requestOf(id) as RequestRow);
  }

  /** Column "at the latest" of the table, as it can be computed from the terms. */
  #latest({ terms, state, challengeEnd, end }: RequestRow): number {
    const { rescueDelay } = this.#h.world.parameters(terms.set);
    const { now } = this.#h.world;
    if (state === 'Frozen') return Math.max(now, (challengeEnd ?? 0) + rescueDelay + 1);
    if (state === 'Submitted') return Math.max(now, (end ?? 0) + 1);
    // a node that still delivers adds its challenge window
    return Math.max(now, terms.deadline + 1) + terms.tc + 1;
  }

  /** The call that ends it, or brings it nearer to its end, without the silent party. */
  #exit(row: RequestRow): Exit {
    const { terms } = row;
    const claim = claimOf(row);
    const calls = this.#calls;
    const { now } = this.#h.world;
    const requester = this.#loud(terms.requester);
    const anyone = this.#anyone();
    if (row.state === 'Frozen') {
      const judge = this.#h.parties.judge;
      if (judge !== this.#silent) return { act: calls.condemn(judge, claim), from: now };
      const { rescueDelay } = this.#h.world.parameters(terms.set);
      return { act: calls.rescue(anyone, claim), from: (row.challengeEnd ?? 0) + rescueDelay + 1 };
    }
    if (row.state === 'Submitted')
      return { act: calls.finalise(anyone, claim, false, this.#again(row)), from: (row.end ?? 0) + 1 };
    if (row.state === 'Accepted') {
      const node = row.node === undefined ? undefined : this.#loud(row.node);
      if (node !== undefined && now < terms.deadline)
        return { act: calls.submit(node, { claim, ...this.#output(row), acceptedBy: acceptedIn(claim) }), from: now };
      return { act: calls.expire(anyone, claim, row.node ?? ZERO_ADDRESS), from: terms.deadline + 1 };
    }
    const free = row.state === 'Declined' || terms.node === ZERO_ADDRESS || hasFlag(terms.flags, AskFlags.ROOT_INPUT);
    if (requester !== undefined) {
      const from = free ? now : Math.min(terms.openAt, terms.deadline) + 1;
      return { act: calls.cancel(requester, claim, row.state === 'Declined'), from };
    }
    return { act: calls.expire(anyone, claim, ZERO_ADDRESS), from: terms.deadline + 1 };
  }

  /** The party of an address, unless it is the silent one. */
  #loud(address: Address): Party | undefined {
    const party = this.#h.everybody().find((each) => each.address === address);
    return party === this.#silent ? undefined : party;
  }

  /** "Anyone" includes a stranger; if the keeper is silent, that is who. */
  #anyone(): Party {
    return this.#silent === this.#h.parties.stranger ? this.#h.parties.keeper : this.#h.parties.stranger;
  }

  #output({ terms }: RequestRow) {
    const shape = this.#h.world.facts.versions.find(({ id }) => id === terms.version)?.shape;
    if (shape === undefined) throw new Error('no such version');
    const bytes = repeated(OUTPUT, terms.items);
    const exact = hasFlag(terms.flags, AskFlags.EXACT_OUTPUT);
    return exact
      ? { headers: [], output: commit(shape.outputHeaders, terms.items, bytes) }
      : { headers: shape.outputHeaders, output: bytes };
  }

  #again(row: RequestRow) {
    if (row.terms.callbackGas === 0) return { headers: [], output: '0x' as const };
    return { headers: this.#output(row).headers, output: this.#h.world.outputs.get(row.id) ?? ('0x' as const) };
  }

  /** unstake, the delay, release, withdraw; the purses and what was burned. */
  async #accounts(): Promise<void> {
    const { world } = this.#h;
    const anyone = this.#anyone();
    const loud = this.#h.everybody().filter((party) => party !== this.#silent);
    const at = (act: Act) => {
      world.facts.now++;
      return this.#h.run(act);
    };
    const holding = ({ address }: Party) => world.ledger.accountOf(address);
    for (const party of loud) if (holding(party).stake > 0n) await at(this.#calls.unstake(party, holding(party).stake));
    world.facts.now += world.facts.unbondingDelay;
    for (const party of loud) if (holding(party).unbonding > 0n) await at(this.#calls.release(party));
    await at(this.#calls.claimRoyalty(anyone));
    await at(this.#calls.sweepProtocol(anyone));
    await at(this.#calls.flushBurn(anyone));
    for (const party of loud)
      if (holding(party).available > 0n) await at(this.#calls.withdraw(party, holding(party).available, party.address));
  }

  /** What is left is the silent party's own free balance and stake, which only it may move, and strays. */
  #nothingLeft(): void {
    const { ledger } = this.#h.world;
    expect(ledger.openRequests(), 'I7: locks left').to.deep.equal([]);
    for (const address of [...ledger.accounts(), BURN, purseOf(toModelId(1))]) {
      if (address === this.#silent.address) continue;
      const { available, stake, unbonding } = ledger.accountOf(address);
      expect([available, stake, unbonding], `I7: left in ${address}`).to.deep.equal([0n, 0n, 0n]);
    }
    const own = ledger.accountOf(this.#silent.address);
    expect(ledger.total(), "I7: Escrow holds the silent party's own and nothing else").to.equal(
      own.available + own.stake + own.unbonding,
    );
  }
}
