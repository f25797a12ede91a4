// Every call about one request, by anybody, with any part of its description changed. Nothing is expected here.
import type { TransactionResponse } from 'ethers';
import { ZeroAddress } from 'ethers';
import type { Bytes32, Hex } from '#core/hex.ts';
import { StateNumbers } from '#core/protocol/states.ts';
import { AskFlags } from '#core/protocol/terms.ts';
import type { Account, Actor } from './chain.ts';
import { ethers, sendAs } from './chain.ts';
import type { Story } from './request.ts';

interface By {
  by?: Actor;
}

export class Attempt {
  readonly #story: Story;

  constructor(story: Story) {
    this.#story = story;
  }

  get #requests() {
    return this.#story.s.requests;
  }

  /** What the caller says of the outputs' types: nothing if the submission is a hash. */
  get headers(): Bytes32[] {
    const { terms, shape } = this.#story;
    return (terms.flags & AskFlags.EXACT_OUTPUT) !== 0 ? [] : shape.outputHeaders;
  }

  accept({ by, node, declined }: By & { node?: Account; declined?: boolean } = {}): Promise<TransactionResponse> {
    const { s, packed, nonce } = this.#story;
    const account = node ?? (by !== undefined && 'address' in by ? (by as Account) : s.node);
    const call = this.#requests.accept.populateTransaction(packed, nonce, account, declined ?? this.#story.declined);
    return sendAs(by ?? s.node, call);
  }

  decline({ by }: By = {}): Promise<TransactionResponse> {
    const { s, packed, nonce } = this.#story;
    return sendAs(by ?? s.node, this.#requests.decline.populateTransaction(packed, nonce));
  }

  submit(
    how: By & { acceptedBy?: string; output?: Hex; headers?: Bytes32[]; nonce?: bigint } = {},
  ): Promise<TransactionResponse> {
    const { s, packed, nonce, acceptedBy } = this.#story;
    const call = this.#requests.submit.populateTransaction(
      packed,
      how.nonce ?? nonce,
      how.acceptedBy ?? acceptedBy?.address ?? ZeroAddress,
      how.headers ?? this.headers,
      how.output ?? this.#story.answer(),
    );
    return sendAs(how.by ?? acceptedBy ?? s.node, call);
  }

  cancel({ by, declined }: By & { declined?: boolean } = {}): Promise<TransactionResponse> {
    const { packed, nonce } = this.#story;
    const call = this.#requests.cancel.populateTransaction(packed, nonce, declined ?? this.#story.declined);
    return sendAs(by ?? this.#story.by, call);
  }

  expire(how: By & { state?: 'Requested' | 'Declined' | 'Accepted' } = {}): Promise<TransactionResponse> {
    const { s, packed, nonce, acceptedBy, declined } = this.#story;
    const state = how.state ?? (acceptedBy !== undefined ? 'Accepted' : declined ? 'Declined' : 'Requested');
    const node = acceptedBy?.address ?? ZeroAddress;
    const call = this.#requests.expire.populateTransaction(packed, nonce, StateNumbers[state], node);
    return sendAs(how.by ?? s.keeper, call);
  }

  /** The call of `finalise`, for whoever sends it in another way. */
  finaliseCall({ takeTip, output }: { takeTip?: boolean; output?: Hex } = {}) {
    const { packed, described, terms } = this.#story;
    const again = terms.callbackGas > 0;
    return this.#requests.finalise.populateTransaction(
      packed,
      described,
      takeTip ?? false,
      again ? this.headers : [],
      output ?? (again ? this.#story.output : '0x'),
    );
  }

  finalise({ by, ...how }: By & { takeTip?: boolean; output?: Hex } = {}): Promise<TransactionResponse> {
    return sendAs(by ?? this.#story.s.keeper, this.finaliseCall(how));
  }

  rescue({ by }: By = {}): Promise<TransactionResponse> {
    const { s, packed, described } = this.#story;
    return sendAs(by ?? s.keeper, this.#requests.rescue.populateTransaction(packed, described));
  }

  freeze({ by }: By = {}): Promise<TransactionResponse> {
    const { s, packed, described } = this.#story;
    return sendAs(by ?? s.arbiter, this.#requests.freeze.populateTransaction(packed, described));
  }

  thaw({ by, newEnd }: By & { newEnd?: number } = {}): Promise<TransactionResponse> {
    const { s, packed, described } = this.#story;
    return sendAs(by ?? s.arbiter, this.#requests.thaw.populateTransaction(packed, described, newEnd ?? described.end));
  }

  condemn({ by }: By = {}): Promise<TransactionResponse> {
    const { s, packed, described } = this.#story;
    return sendAs(by ?? s.arbiter, this.#requests.condemn.populateTransaction(packed, described));
  }

  /** What the arbiter would be answered: whether thaw or condemn would do anything. */
  async answers(verb: 'thaw' | 'condemn'): Promise<boolean> {
    const { s, packed, described } = this.#story;
    const from = await s.arbiter.getAddress();
    const requests = this.#requests.connect(ethers.provider);
    return verb === 'thaw'
      ? requests.thaw.staticCall(packed, described, described.end, { from })
      : requests.condemn.staticCall(packed, described, { from });
  }
}
