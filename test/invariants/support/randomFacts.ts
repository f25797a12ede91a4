// Random calls that move no request: money in and out, registries, governance, and what contracts do when called back.
import type { Address } from '#core/hex.ts';
import { ZERO_ADDRESS } from '#core/hex.ts';
import { HostileRequester__factory } from '#types';
import { BEHAVIOUR } from '../../support/contracts/actors.ts';
import { DAY, GOVERNOR_DELAY, OPG_1, PARAMETERS } from '../../support/contracts/system.ts';
import { Calls } from './calls.ts';
import type { Dice } from './dice.ts';
import type { Act, Harness, Party } from './harness.ts';
import * as money from './rules/escrow.ts';
import type { Behaviour, World } from './world.ts';
import { refuse } from './world.ts';

const LAPSE = 14 * DAY;
const BEHAVE = HostileRequester__factory.createInterface();

export class RandomFacts {
  readonly #h: Harness;
  readonly #dice: Dice;
  readonly calls: Calls;

  constructor(h: Harness, dice: Dice) {
    this.#h = h;
    this.#dice = dice;
    this.calls = new Calls(h);
  }

  get #w(): World {
    return this.#h.world;
  }

  // ---- Escrow ----

  #holder(): Party {
    const { requesters, nodes, keeper, owners } = this.#h.parties;
    return this.#dice.pick([...requesters, ...nodes, ...nodes, keeper, ...owners]);
  }

  #holding(party: Party) {
    return this.#w.ledger.accountOf(party.address);
  }

  #depositor(): Party {
    return this.#dice.pick([...this.#h.parties.requesters, ...this.#h.parties.nodes]);
  }

  deposit(): Act {
    const by = this.#depositor();
    const amount = this.#dice.chance(0.1) ? this.#w.tokensOf(by.address) + 1n : this.#dice.amount(20n * OPG_1);
    const kind = this.#dice.below(3);
    if (kind === 0) return this.calls.deposit(by, amount);
    if (kind === 1) return this.calls.depositWithPermit(by, amount);
    const account = this.#dice.chance(0.05) ? ZERO_ADDRESS : this.#holder().address;
    return this.calls.depositFor(by, account, amount);
  }

  withdraw(): Act {
    const by = this.#holder();
    const most = this.#holding(by).available;
    const amount = this.#dice.chance(0.7) ? this.#dice.amount(most / 10n) : this.#dice.amount(most);
    const to = this.#dice.pick<Address>([by.address, this.#holder().address, by.address, ZERO_ADDRESS, this.#h.escrow]);
    return this.calls.withdraw(by, amount, to);
  }

  stake(): Act {
    const by = this.#dice.chance(0.8) ? this.#dice.pick(this.#h.parties.nodes) : this.#holder();
    return this.calls.stake(by, this.#dice.amount(this.#holding(by).available / (this.#dice.chance(0.9) ? 5n : 1n)));
  }

  unstake(): Act {
    const by = this.#dice.pick(this.#h.parties.nodes);
    return this.calls.unstake(by, this.#dice.amount(this.#holding(by).stake / (this.#dice.chance(0.9) ? 8n : 1n)));
  }

  restake(): Act {
    const by = this.#dice.pick(this.#h.parties.nodes);
    return this.calls.restake(by, this.#dice.amount(this.#holding(by).unbonding));
  }

  release(): Act {
    return this.calls.release(this.#dice.pick(this.#h.parties.nodes));
  }

  purses(): Act {
    const by = this.#holder();
    const kind = this.#dice.below(3);
    if (kind === 0) return this.calls.claimRoyalty(by, this.#dice.chance(0.1) ? 2 : 1);
    if (kind === 1) return this.calls.flushBurn(by);
    return this.calls.sweepProtocol(by, this.#dice.pick([[1], [1], [1, 1], [2], []]));
  }

  /** Tokens sent to Escrow without a call belong to nobody. */
  stray(): Act {
    const by = this.#depositor();
    const amount = BigInt(this.#dice.below(1000));
    const data = this.#h.s.token.interface.encodeFunctionData('transfer', [this.#h.escrow, amount]);
    return this.#fact('stray transfer', by, this.#h.token, data, (w) => {
      if (w.tokensOf(by.address) < amount) refuse('ERC20InsufficientBalance');
      w.pay(by.address, w.facts.escrow, amount);
      w.facts.strays += amount;
    });
  }

  // ---- registries ----

  #fact(name: string, by: Party, to: Address, data: string, change: (w: World) => void): Act {
    return {
      name,
      by,
      to,
      data,
      predict: (w) => {
        change(w);
        return { events: [] };
      },
    };
  }

  hotKey(): Act {
    const [node] = this.#h.parties.nodes;
    if (node === undefined) throw new Error('no node');
    const key = this.#h.parties.hotKey.address;
    const until = this.#dice.chance(0.2) ? 0 : this.#w.now + this.#dice.between(1, 2 * DAY);
    const permissions = until === 0 ? 0 : this.#dice.between(1, 7);
    const data = this.#h.s.nodes.interface.encodeFunctionData('setKey', [key, until, permissions]);
    return this.#fact('setKey', node, this.#h.nodes, data, (w) => {
      w.facts.keys.set(`${node.address} ${key}`, { permissions, until });
    });
  }

  offer(): Act {
    const by = this.#dice.pick(this.#h.parties.nodes);
    const { id } = this.#dice.pick(this.#w.facts.versions);
    const offer = { price: this.#dice.amount(OPG_1), minReserved: this.#dice.below(1200), until: this.#w.now + DAY };
    const args = [id, offer.price, offer.minReserved, offer.until] as const;
    const data = this.#h.s.nodes.interface.encodeFunctionData('setOffer', [...args]);
    return this.#fact('setOffer', by, this.#h.nodes, data, (w) => {
      w.facts.offers.set(`${by.address} ${id}`, offer);
    });
  }

  #owner(): Party {
    const found = this.#h.parties.owners.find(({ address }) => address === this.#w.facts.modelOwner);
    if (found === undefined) throw new Error('the model belongs to nobody of the test');
    return found;
  }

  royalty(): Act {
    const version = this.#dice.below(this.#w.facts.versions.length);
    const royalty = this.#dice.amount(OPG_1 / 20n);
    const id = this.#w.facts.versions[version]?.id ?? '';
    const data = this.#h.s.models.interface.encodeFunctionData('setRoyalty', [id, royalty]);
    return this.#fact('setRoyalty', this.#owner(), this.#h.models, data, (w) => {
      const changed = w.facts.versions[version];
      if (changed === undefined || changed.retired) return refuse('Models_Retired');
      changed.royalty = royalty;
    });
  }

  /** The model is sold, with its purse. */
  sale(): Act {
    const from = this.#owner();
    const to = this.#dice.pick(this.#h.parties.owners);
    const args = [from.address, to.address, this.#h.s.model] as const;
    const data = this.#h.s.models.interface.encodeFunctionData('transferFrom', [...args]);
    return this.#fact('sale of the model', from, this.#h.models, data, (w) => {
      w.facts.modelOwner = to.address;
    });
  }

  async policy(): Promise<Act> {
    const answer = this.#dice.chance(0.6) ? 0 : this.#dice.below(11);
    const data = this.#h.policy.interface.encodeFunctionData('set', [answer, 0]);
    const to = (await this.#h.policy.getAddress()).toLowerCase() as Address;
    return this.#fact('policy', this.#h.parties.stranger, to, data, (w) => {
      const guarded = w.facts.versions[3];
      if (guarded !== undefined) guarded.allowed = answer === 0; // everything else is a refusal
    });
  }

  /** What a consumer does when it is called back, from now on. */
  behaviour(): Act {
    const by = this.#dice.pick(this.#h.parties.consumers);
    const kind = this.#dice.weighted({
      Store: 2,
      Reverts: 1,
      BurnsGas: 1,
      Bomb: 1,
      RevertBomb: 1,
      ReEnters: 5,
      SelfDestructs: 1,
    });
    const [callee, data, reEntry] = this.#reEntry(by);
    const behave = this.#h.s.requester; // anybody may tell it
    const chosen: Behaviour = kind === 'ReEnters' ? { kind, reEntry } : { kind };
    const encoded = BEHAVE.encodeFunctionData('behave', [BEHAVIOUR[kind], callee, data]);
    const teller: Party = {
      name: 'anybody',
      address: behave.address.toLowerCase() as Address,
      signer: behave.address.toLowerCase() as Address,
      isContract: false,
    };
    return this.#fact(`behave: ${kind}`, teller, by.address, encoded, (w) => {
      w.facts.behaviours.set(by.address, chosen);
    });
  }

  #reEntry(by: Party): [Address, string, NonNullable<Behaviour['reEntry']>] {
    const escrow = this.#h.s.escrow.interface;
    const amount = this.#dice.amount(OPG_1);
    const kind = this.#dice.below(4);
    if (kind === 0)
      return [
        this.#h.escrow,
        escrow.encodeFunctionData('withdraw', [amount, by.address]),
        (w) => money.withdraw(w, by.address, amount, by.address),
      ];
    if (kind === 1)
      return [
        this.#h.escrow,
        escrow.encodeFunctionData('deposit', [amount]),
        (w) => money.deposit(w, by.address, by.address, amount),
      ];
    if (kind === 2) return [this.#h.escrow, escrow.encodeFunctionData('flushBurn'), (w) => money.flushBurn(w)];
    return [this.#h.escrow, escrow.encodeFunctionData('claimRoyalty', [1]), (w) => money.claimRoyalty(w, 1)];
  }

  // ---- governance ----

  pause(by = this.#dice.chance(0.3) ? this.#holder() : this.#h.parties.guardian): Act {
    const data = this.#h.s.requests.interface.encodeFunctionData('pause');
    return {
      name: 'pause',
      by,
      to: this.#h.requests,
      data,
      predict: (w) => {
        if (by !== this.#h.parties.guardian) refuse('AccessManagedUnauthorized');
        if (w.now < w.facts.pauseNotBefore) refuse('Requests_TooEarly');
        const until = w.now + LAPSE;
        w.facts.pausedUntil = until;
        w.facts.pauseNotBefore = until + LAPSE;
        return { events: [w.commit({ type: 'Paused', until })] };
      },
    };
  }

  /** An act of the governor: announced, and a week later done. */
  async governance(): Promise<readonly [Act, number, Act]> {
    const { requests, escrow, authority } = this.#h.s;
    const manager = (await authority.getAddress()).toLowerCase() as Address;
    const kind = this.#dice.weighted({ appendSet: 3, unpause: 1, setTreasury: 1 });
    const set = this.#set();
    const treasury = this.#dice.pick([this.#h.parties.treasury, this.#h.parties.keeper]).address;
    const target = kind === 'setTreasury' ? this.#h.escrow : this.#h.requests;
    const data =
      kind === 'appendSet'
        ? requests.interface.encodeFunctionData('appendSet', [set])
        : kind === 'unpause'
          ? requests.interface.encodeFunctionData('unpause')
          : escrow.interface.encodeFunctionData('setTreasury', [treasury]);
    const announced = authority.interface.encodeFunctionData('schedule', [target, data, 0]);
    const done = authority.interface.encodeFunctionData('execute', [target, data]);
    const by = this.#h.parties.governor;
    const predict = (w: World) => {
      if (kind === 'appendSet') return { events: [w.commit({ type: 'SetAppended', set: w.set + 1, parameters: set })] };
      if (kind === 'setTreasury') {
        w.facts.treasury = treasury;
        return { events: [w.commit({ type: 'TreasurySet', treasury })] };
      }
      if (w.now <= w.facts.pausedUntil) w.facts.pauseNotBefore = w.now + LAPSE;
      w.facts.pausedUntil = 0;
      return { events: [w.commit({ type: 'Unpaused' })] };
    };
    return [
      this.#fact(`announce ${kind}`, by, manager, announced, () => {}),
      GOVERNOR_DELAY,
      { name: kind, by, to: manager, data: done, predict },
    ];
  }

  #set() {
    const d = this.#dice;
    const rhoBps = d.between(0, 5000);
    return {
      ...PARAMETERS,
      arbiter: this.#h.parties.judge.address,
      tcBase: 600 + d.below(600),
      sliceFloor: (OPG_1 * BigInt(d.between(1, 40))) / 2n + BigInt(d.below(1000)),
      thetaPct: d.between(0, 400),
      protocolBps: d.between(0, 1000),
      tipBps: d.between(0, 500),
      penaltyBps: d.between(0, 10_000),
      rhoBps,
      psiBps: d.between(0, Math.min(rhoBps, 2500)),
      tipDelay: d.below(1200),
    };
  }
}
