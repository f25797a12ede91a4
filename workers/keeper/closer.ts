import { createHash } from 'node:crypto';
import { isProtocolError } from '#core/errors.ts';
import { bytesOf } from '#core/protocol/calldata.ts';
import { submissionOf } from '#core/protocol/request.ts';
import { feeSplit } from '#core/protocol/split.ts';
import { AskFlags, hasFlag } from '#core/protocol/terms.ts';
import type { FinaliseCall, RequestCalls } from '#ports/calls.ts';
import type { ChainReader, Hex } from '#ports/chain.ts';
import type { Dispatcher } from '#ports/dispatch.ts';
import type { TrackedIntent } from '#ports/outbox.ts';
import type { DueRequest } from './keeper.ts';

export interface CloserParts {
  readonly calls: RequestCalls;
  readonly reader: Pick<ChainReader, 'call'>;
  readonly dispatcher: Dispatcher;
  /** Headers of one item's outputs, for calls that hand the output to a callback. */
  headersOf(version: Hex): Promise<readonly Hex[] | undefined>;
}

/** What a call is made of. */
export type Closing = Pick<DueRequest, 'row' | 'history' | 'action' | 'takeTip'>;

/** Builds, tries and sends the calls that close requests. Items given together have the same action and tip. */
export class Closer {
  readonly #parts: CloserParts;

  constructor(parts: CloserParts) {
    this.#parts = parts;
  }

  /** Of the calldata that closes it alone. */
  async bytesOf(item: Closing): Promise<number> {
    return bytesOf(await this.#dataOf([item]));
  }

  /** The items the contract would close now. A single item is tried by the dispatcher's own estimate. */
  async simulate(items: readonly DueRequest[]): Promise<readonly DueRequest[]> {
    if (items.length < 2) return items;
    const { calls, reader, dispatcher } = this.#parts;
    const data = await this.#dataOf(items);
    try {
      const returned = await reader.call(calls.to, data, dispatcher.address);
      const statuses = calls.statuses(data, returned);
      return items.filter((_, i) => statuses?.[i] === 'DONE');
    } catch (error) {
      if (!isProtocolError(error) || error.retryable) throw error;
      return [];
    }
  }

  /** The tries are part of it: a transaction that did not close its requests is followed by another one. */
  purposeOf(items: readonly DueRequest[]): string {
    const [first] = items as [DueRequest];
    const names = items.map(({ row }) => `${row.id}/${row.facts['tries'] ?? 0}`);
    if (names.length === 1) return `${first.action}:${names[0]}`;
    return `${first.action}Many:${createHash('sha256').update(names.join()).digest('hex')}`;
  }

  async send(purpose: string, items: readonly DueRequest[]): Promise<TrackedIntent> {
    const data = await this.#dataOf(items);
    const gain = gainOf(items);
    const intent = { purpose, to: this.#parts.calls.to, data, expiresAt: undefined };
    return this.#parts.dispatcher.send(gain === undefined ? intent : { ...intent, gain });
  }

  intent(purpose: string): Promise<TrackedIntent | undefined> {
    return this.#parts.dispatcher.get(purpose);
  }

  async #dataOf(items: readonly Closing[]): Promise<Hex> {
    const { calls } = this.#parts;
    const [{ action, takeTip, history }] = items as [Closing];
    if (action === 'expire') return calls.expire(items.map(expireCall));
    if (action === 'finalise')
      return calls.finalise(await Promise.all(items.map((i) => this.#finaliseCall(i))), takeTip);
    return calls.rescue(history.row.terms, submissionFrom(history.row));
  }

  /** A callback is given the output again, as it was submitted; everything else is in the terms' hash. */
  async #finaliseCall({ history: { row, output } }: Closing): Promise<FinaliseCall> {
    const { terms } = row;
    const told = terms.callbackGas > 0 && output !== undefined;
    const exact = hasFlag(terms.flags, AskFlags.EXACT_OUTPUT);
    const headers = told && !exact ? await this.#parts.headersOf(terms.version) : [];
    if (!headers) throw new Error(`The version ${terms.version} of a submitted request is not known.`);
    return { terms, submission: submissionFrom(row), outputHeaders: headers, output: told ? output : '0x' };
  }
}

/** What finalising brings this account: tips, or the fees of its own results. undefined = nothing is meant to be brought. */
function gainOf(items: readonly DueRequest[]): bigint | undefined {
  if (items.some(({ action }) => action !== 'finalise')) return undefined;
  return items.reduce((sum, { terms, takeTip }) => {
    const { tip, toNode } = feeSplit(terms, takeTip);
    return sum + (takeTip ? tip : toNode);
  }, 0n);
}

function expireCall({ history: { row } }: Closing) {
  const { terms, nonce, node } = row;
  const state = row.state as 'Requested' | 'Declined' | 'Accepted';
  return { terms, nonce, state, acceptedBy: state === 'Accepted' ? node : undefined };
}

function submissionFrom(row: DueRequest['history']['row']) {
  const submission = submissionOf(row);
  if (!submission) throw new Error(`Request ${row.id} is ${row.state}; it has no submission to act on.`);
  return submission;
}
