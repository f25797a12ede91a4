// One builder per external function: the calldata, and the rule that predicts it.
import type { Address, Bytes32, Hex } from '#core/hex.ts';
import { ZERO_ADDRESS } from '#core/hex.ts';
import { StateNumbers } from '#core/protocol/states.ts';
import { packTerms } from '#core/protocol/terms.ts';
import type { Act, Harness, Party } from './harness.ts';
import type { Ask } from './rules/ask.ts';
import { ask } from './rules/ask.ts';
import type { FinaliseItem, Outcome, SubmitItem } from './rules/batch.ts';
import * as batch from './rules/batch.ts';
import * as money from './rules/escrow.ts';
import * as serve from './rules/serve.ts';
import type { Again } from './rules/settle.ts';
import * as settle from './rules/settle.ts';
import type { Claim } from './words.ts';
import type { World } from './world.ts';

type Events = Outcome['events'];

export class Calls {
  readonly #h: Harness;

  constructor(h: Harness) {
    this.#h = h;
  }

  #requests(name: string, by: Party, args: readonly unknown[], rule: (w: World) => Events): Act {
    const data = this.#h.s.requests.interface.encodeFunctionData(name as 'cancel', args as never);
    return { name, by, to: this.#h.requests, data, predict: (w) => ({ events: rule(w) }) };
  }

  #batch(name: string, by: Party, args: readonly unknown[], predict: (w: World) => Outcome): Act {
    const contract = this.#h.s.requests.interface;
    const data = contract.encodeFunctionData(name as 'cancel', args as never);
    return { name, by, to: this.#h.requests, data, predict, batch: { contract, name } };
  }

  #escrow(name: string, by: Party, args: readonly unknown[], rule: (w: World) => Events): Act {
    const data = this.#h.s.escrow.interface.encodeFunctionData(name as 'stake', args as never);
    return { name, by, to: this.#h.escrow, data, predict: (w) => ({ events: rule(w) }) };
  }

  // ---- requests, one by one ----

  request(by: Party, a: Ask, headers: readonly Bytes32[], input: Hex): Act {
    return this.#requests('request', by, [a, headers, input, '0x'], (w) =>
      ask(w, by.address, by.isContract, a, [input]),
    );
  }

  requestMany(by: Party, a: Ask, headers: readonly Bytes32[], inputs: readonly Hex[]): Act {
    return this.#requests('requestMany', by, [a, headers, inputs, '0x'], (w) =>
      ask(w, by.address, by.isContract, a, inputs),
    );
  }

  decline(by: Party, claim: Claim): Act {
    return this.#requests('decline', by, [packTerms(claim.terms), claim.nonce], (w) =>
      serve.decline(w, by.address, claim),
    );
  }

  accept(by: Party, claim: Claim, node: Address, declined: boolean): Act {
    return this.#requests('accept', by, [packTerms(claim.terms), claim.nonce, node, declined], (w) =>
      serve.accept(w, by.address, claim, node, declined),
    );
  }

  submit(by: Party, { claim, acceptedBy, headers, output }: SubmitItem): Act {
    return this.#requests('submit', by, [packTerms(claim.terms), claim.nonce, acceptedBy, headers, output], (w) =>
      serve.submit(w, by.address, claim, acceptedBy, headers, output),
    );
  }

  cancel(by: Party, claim: Claim, declined: boolean): Act {
    return this.#requests('cancel', by, [packTerms(claim.terms), claim.nonce, declined], (w) =>
      serve.cancel(w, by.address, claim, declined),
    );
  }

  expire(by: Party, claim: Claim, acceptedBy: Address): Act {
    const args = [packTerms(claim.terms), claim.nonce, StateNumbers[claim.state], acceptedBy];
    return this.#requests('expire', by, args, (w) => serve.expire(w, claim, acceptedBy));
  }

  finalise(by: Party, claim: Claim, takeTip: boolean, again: Again): Act {
    const args = [packTerms(claim.terms), settle.submissionIn(claim), takeTip, again.headers, again.output];
    return this.#requests('finalise', by, args, (w) => settle.finalise(w, by.address, claim, takeTip, again));
  }

  rescue(by: Party, claim: Claim): Act {
    const args = [packTerms(claim.terms), settle.submissionIn(claim)];
    return this.#requests('rescue', by, args, (w) => settle.rescue(w, claim));
  }

  freeze(by: Party, claim: Claim): Act {
    const args = [packTerms(claim.terms), settle.submissionIn(claim)];
    return this.#requests('freeze', by, args, (w) => settle.freeze(w, by.address, claim));
  }

  thaw(by: Party, claim: Claim, newEnd: number): Act {
    const args = [packTerms(claim.terms), settle.submissionIn(claim), newEnd];
    return this.#requests('thaw', by, args, (w) => settle.thaw(w, by.address, claim, newEnd));
  }

  condemn(by: Party, claim: Claim): Act {
    const args = [packTerms(claim.terms), settle.submissionIn(claim)];
    return this.#requests('condemn', by, args, (w) => settle.condemn(w, by.address, claim));
  }

  // ---- requests, many ----

  submitEach(by: Party, items: readonly SubmitItem[]): Act {
    const args = items.map(({ claim, acceptedBy, headers, output }) => ({
      terms: packTerms(claim.terms),
      nonce: claim.nonce,
      acceptedBy,
      outputHeaders: headers,
      output,
    }));
    return this.#batch('submitEach', by, [args], (w) => batch.submitEach(w, by.address, items));
  }

  submitBatch(by: Party, shared: SubmitItem, items: readonly SubmitItem[]): Act {
    const args = items.map(({ claim, output }) => ({ nonce: claim.nonce, ...place(claim), output }));
    const { claim, acceptedBy, headers } = shared;
    return this.#batch('submitBatch', by, [packTerms(claim.terms), acceptedBy, headers, args], (w) =>
      batch.submitBatch(w, by.address, claim, acceptedBy, headers, items),
    );
  }

  expireEach(by: Party, items: readonly { claim: Claim; acceptedBy: Address }[]): Act {
    const args = items.map(({ claim, acceptedBy }) => ({
      terms: packTerms(claim.terms),
      nonce: claim.nonce,
      state: StateNumbers[claim.state],
      acceptedBy,
    }));
    return this.#batch('expireEach', by, [args], (w) => batch.expireEach(w, items));
  }

  expireBatch(by: Party, shared: Claim, acceptedBy: Address, items: readonly Claim[]): Act {
    const args = items.map((claim) => ({
      nonce: claim.nonce,
      ...place(claim),
      declined: claim.state === 'Declined',
    }));
    return this.#batch('expireBatch', by, [packTerms(shared.terms), acceptedBy, args], (w) =>
      batch.expireBatch(w, shared, acceptedBy, items),
    );
  }

  finaliseEach(by: Party, items: readonly FinaliseItem[], takeTip: boolean): Act {
    const args = items.map(({ claim, again }) => ({
      terms: packTerms(claim.terms),
      submission: settle.submissionIn(claim),
      outputHeaders: again.headers,
      output: again.output,
    }));
    return this.#batch('finaliseEach', by, [args, takeTip], (w) => batch.finaliseEach(w, by.address, items, takeTip));
  }

  finaliseBatch(by: Party, shared: Claim, node: Address, items: readonly FinaliseItem[], takeTip: boolean): Act {
    const args = items.map(({ claim }) => ({ ...settle.submissionIn(claim), ...place(claim) }));
    return this.#batch('finaliseBatch', by, [packTerms(shared.terms), node, takeTip, args], (w) =>
      batch.finaliseBatch(w, by.address, shared, node, items, takeTip),
    );
  }

  // ---- Escrow ----

  deposit(by: Party, amount: bigint): Act {
    return this.#escrow('deposit', by, [amount], (w) => money.deposit(w, by.address, by.address, amount));
  }

  depositFor(by: Party, account: Address, amount: bigint): Act {
    return this.#escrow('depositFor', by, [account, amount], (w) => money.deposit(w, by.address, account, amount));
  }

  /** A permit that is no good: what counts is the allowance. */
  depositWithPermit(by: Party, amount: bigint): Act {
    const args = [amount, 2n ** 40n, 27, `0x${'11'.repeat(32)}`, `0x${'22'.repeat(32)}`];
    return this.#escrow('depositWithPermit', by, args, (w) => money.deposit(w, by.address, by.address, amount));
  }

  withdraw(by: Party, amount: bigint, to: Address): Act {
    return this.#escrow('withdraw', by, [amount, to], (w) => money.withdraw(w, by.address, amount, to));
  }

  stake(by: Party, amount: bigint): Act {
    return this.#escrow('stake', by, [amount], (w) => money.stake(w, by.address, amount));
  }

  unstake(by: Party, amount: bigint): Act {
    return this.#escrow('unstake', by, [amount], (w) => money.unstake(w, by.address, amount));
  }

  restake(by: Party, amount: bigint): Act {
    return this.#escrow('restake', by, [amount], (w) => money.restake(w, by.address, amount));
  }

  release(by: Party): Act {
    return this.#escrow('release', by, [], (w) => money.release(w, by.address));
  }

  claimRoyalty(by: Party, model = 1): Act {
    return this.#escrow('claimRoyalty', by, [model], (w) => money.claimRoyalty(w, model));
  }

  sweepProtocol(by: Party, models: readonly number[] = [1]): Act {
    return this.#escrow('sweepProtocol', by, [models], (w) => money.sweepProtocol(w, models));
  }

  flushBurn(by: Party): Act {
    return this.#escrow('flushBurn', by, [], money.flushBurn);
  }
}

const place = ({ terms }: Claim) => ({ lane: terms.lane, input: terms.input });

/** Who accepted, as the calls want it. */
export const acceptedIn = (claim: Claim): Address =>
  claim.state === 'Accepted' && claim.acceptedBy !== undefined ? claim.acceptedBy : ZERO_ADDRESS;
