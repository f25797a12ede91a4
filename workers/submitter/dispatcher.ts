import { isProtocolError } from '#core/errors.ts';
import type { BlockRef, ChainSender, FeeMarket, FeeQuote, Hex, Receipt } from '#ports/chain.ts';
import type { Clock } from '#ports/clock.ts';
import type { Dispatcher } from '#ports/dispatch.ts';
import type { Attempt, Intent, Outbox, TrackedIntent } from '#ports/outbox.ts';
import type { Signer } from '#ports/signer.ts';
import type { Log, Metrics } from '#ports/telemetry.ts';
import { assertWorth, type FeePolicy, firstFees, forCalls, nextFees } from './fees.ts';
import { gaps, urgentBehind } from './line.ts';
import {
  CANCELLED,
  FRESH,
  isForgotten,
  isLate,
  type Memory,
  nextStep,
  PATIENCE,
  type Situation,
  type Step,
} from './nextStep.ts';

export interface DispatcherParts {
  readonly chainId: number;
  readonly outbox: Outbox;
  readonly sender: ChainSender;
  readonly signer: Signer;
  /** Nobody has the key any more: what it signed is sent again until it is mined, late or not, and nothing replaces it. */
  readonly keyless?: boolean;
  readonly clock: Clock;
  readonly policy: FeePolicy;
  readonly log: Log;
  readonly metrics: Metrics;
}

const PLAIN_TRANSFER_GAS = 21_000n;
/** What goes away by itself only if somebody does something elsewhere. */
const PERSON_MUST_ACT: ReadonlySet<string> = new Set([
  'chain.insufficient_funds',
  'signer.refused',
  'signer.wrong_answer',
]);

/**
 * The only place that signs and allocates nonces for its key. Order of every step: intent row, nonce, signature, stored bytes,
 * broadcast. A process that dies anywhere between is continued by `follow` of the next one from what is stored.
 */
export class OutboxDispatcher implements Dispatcher {
  readonly address: Hex;
  readonly #parts: DispatcherParts;
  readonly #memory = new Map<string, Memory>();
  #tail: Promise<unknown> = Promise.resolve();
  #head: BlockRef | undefined;
  #minedNonce: number | undefined;
  #fees: FeeMarket | undefined;
  /** As the last head found them. */
  #open: readonly TrackedIntent[] = [];
  /** The first missing nonce, and at how many heads in a row. */
  #gap = { nonce: -1, heads: 0 };

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    this.address = parts.signer.address;
  }

  send(intent: Omit<Intent, 'from'>): Promise<TrackedIntent> {
    return this.#alone(async () => {
      await this.#parts.outbox.plan({ ...intent, from: this.address });
      return this.#sendPlanned(intent.purpose);
    });
  }

  resend(intent: Omit<Intent, 'from'>): Promise<TrackedIntent> {
    return this.#alone(async () => {
      this.#memory.delete(intent.purpose);
      await this.#parts.outbox.reopen(intent.purpose, { ...intent, from: this.address });
      return this.#sendPlanned(intent.purpose);
    });
  }

  get(purpose: string): Promise<TrackedIntent | undefined> {
    return this.#parts.outbox.get(purpose);
  }

  async follow(head: BlockRef, final: BlockRef | undefined): Promise<readonly TrackedIntent[]> {
    const open = await this.#alone(() => this.#begin(head));
    const changed: TrackedIntent[] = [];
    for (const { purpose, status } of open) {
      // One turn per intent: what somebody wants to send meanwhile does not wait for all of them.
      const after = await this.#alone(() => this.#stepApart(purpose, head, final?.number ?? -1));
      if (!after) continue;
      if (after.status !== status) changed.push(after);
      if (!['planned', 'signed', 'mined'].includes(after.status)) this.#memory.delete(purpose);
    }
    return changed;
  }

  async #begin(head: BlockRef): Promise<readonly TrackedIntent[]> {
    const { outbox, sender, metrics } = this.#parts;
    this.#head = head;
    this.#fees = undefined;
    const open = await outbox.open(this.address);
    metrics.gauge('worker_submit_open_intents', open.length);
    this.#open = open;
    if (open.length === 0) return open;
    this.#minedNonce = await sender.minedNonce(this.address);
    return (await this.#fillGaps(this.#minedNonce)) ? await outbox.open(this.address) : open;
  }

  /** A nonce that stays missing is used up by an empty transfer. A lagging node may count too few for a while. */
  async #fillGaps(minedNonce: number): Promise<boolean> {
    const { outbox, log, metrics } = this.#parts;
    const missing = gaps(this.#open, minedNonce);
    const nonce = missing[0] ?? -1;
    this.#gap = { nonce, heads: this.#gap.nonce === nonce ? this.#gap.heads + 1 : 1 };
    if (missing.length === 0 || this.#gap.heads < PATIENCE) return false;
    log.error('transactions of ours wait for nonces that nothing has', { address: this.address, nonces: missing });
    for (const one of missing) {
      const fill = {
        purpose: `fill:${one}`,
        from: this.address,
        to: this.address,
        data: '0x',
        expiresAt: undefined,
      } as const;
      if (!(await outbox.plan(fill))) await outbox.reopen(fill.purpose, fill);
      await outbox.holdNonce(fill.purpose, one);
      metrics.count('worker_submit_gaps_filled_total');
    }
    return true;
  }

  /** One after another, whoever calls: nonces are handed over in order. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#tail.then(work, work);
    this.#tail = run.catch(() => {});
    return run;
  }

  async #sendPlanned(purpose: string): Promise<TrackedIntent> {
    const intent = await this.#current(purpose);
    // What comes too late is given up at the next head: the contract might still take it.
    const late = this.#head !== undefined && isLate(intent, this.#head.timestamp);
    if (intent.status === 'planned' && !late) await this.#attempt(intent, () => this.#sign(intent));
    return this.#current(purpose);
  }

  /** What goes wrong with one intent is no matter of the others'. undefined = its step was not taken. */
  async #stepApart(purpose: string, head: BlockRef, finalNumber: number): Promise<TrackedIntent | undefined> {
    try {
      return await this.#step(await this.#current(purpose), head, finalNumber);
    } catch (error) {
      const [code, level] = isProtocolError(error)
        ? [error.code, error.retryable ? ('warn' as const) : ('error' as const)]
        : ['unexpected', 'error' as const];
      this.#parts.log[level]('a transaction could not be followed', { purpose, code, reason: String(error) });
      this.#parts.metrics.count('worker_submit_deferred_total', { code });
      return undefined;
    }
  }

  async #step(intent: TrackedIntent, head: BlockRef, finalNumber: number): Promise<TrackedIntent> {
    const { minedAt } = this.#remembered(intent.purpose);
    const stillMined = intent.nonce !== undefined && intent.nonce < (this.#minedNonce ?? 0);
    if (intent.status === 'mined' && minedAt !== undefined && minedAt > finalNumber && stillMined) return intent;
    await this.#attempt(intent, async () => {
      const receipt = await this.#receiptOf(intent);
      const memory = this.#noteMissing(intent, receipt);
      const { policy } = this.#parts;
      const behind = urgentBehind(intent, this.#open, policy);
      const minedNonce = this.#minedNonce ?? 0;
      const situation: Situation = { head, finalNumber, minedNonce, receipt, memory, urgentBehind: behind };
      await this.#take(nextStep(intent, situation, policy), intent);
    });
    return this.#current(intent.purpose);
  }

  async #take(step: Step, intent: TrackedIntent): Promise<void> {
    const { outbox, log } = this.#parts;
    const { purpose } = intent;
    switch (step.kind) {
      case 'wait':
        return;
      case 'sign':
        return this.#sign(intent);
      case 'rebroadcast':
        return this.#offerAgain(intent);
      case 'replace':
        return this.#replace(intent, step.urgent);
      case 'cancel':
        log.info('a transaction was cancelled', { purpose, nonce: intent.nonce, reason: step.reason });
        return this.#cancel(intent, step.reason);
      case 'abandon':
        log.info('a transaction was abandoned', { purpose, reason: step.reason });
        return outbox.setStatus(purpose, 'abandoned', step.reason);
      case 'mined':
        this.#parts.metrics.count('worker_submit_mined_total');
        if (step.how === 'cancelled') return outbox.setStatus(purpose, 'mined', intent.reason ?? CANCELLED);
        return outbox.setStatus(purpose, 'mined', step.how === 'done' ? undefined : await this.#whyReverted(intent));
      case 'unmined':
        log.warn('a transaction fell out of the chain', { purpose, nonce: intent.nonce });
        await outbox.setStatus(purpose, 'signed');
        // Its fee was enough for a block, so it is as if it were new: it is not replaced before its time.
        return this.#handOver(purpose, intent.attempts.at(-1) as Attempt);
      case 'settled':
        return outbox.setStatus(purpose, 'settled');
      case 'reverted':
        log.warn('a transaction was refused by the contract', { purpose, hash: intent.attempts.at(-1)?.hash });
        return outbox.setStatus(purpose, 'reverted', intent.reason ?? (await this.#whyReverted(intent)));
      case 'renumber':
        log.error('the key was used by somebody else', { purpose, nonce: intent.nonce, address: this.address });
        return outbox.reopen(purpose, intent);
    }
  }

  async #sign(intent: TrackedIntent): Promise<void> {
    const { outbox, sender, policy } = this.#parts;
    const known = this.#remembered(intent.purpose).gas;
    const isFree = intent.nonce === undefined;
    // Not estimated at every block while gas is too dear.
    if (isFree && known !== undefined) assertWorth(known, await this.#quote(), intent.gain, policy);
    // Asked together: each is a round trip on the way of a result to the chain.
    const [gas, quote, mined] = await Promise.all([
      this.#estimate(intent),
      this.#quote(),
      this.#minedNonce ?? sender.minedNonce(this.address),
    ]);
    if (gas === undefined) return;
    this.#minedNonce ??= mined;
    this.#memory.set(intent.purpose, { ...this.#remembered(intent.purpose), gas });
    if (isFree) assertWorth(gas, quote, intent.gain, policy);
    const fees = firstFees(quote, forCalls(policy));
    const nonce = await outbox.allocateNonce(intent.purpose, this.#minedNonce);
    // A quarter more than estimated: state moves between the estimate and the block.
    const call = { to: intent.to, data: intent.data, gasLimit: gas + gas / 4n };
    await this.#signAndSend({ ...intent, nonce }, 'call', call, fees);
  }

  /** undefined = the contract would refuse the call; remembered with the reason. */
  async #estimate(intent: TrackedIntent): Promise<bigint | undefined> {
    try {
      return await this.#parts.sender.estimateGas(this.address, intent.to, intent.data);
    } catch (error) {
      if (!isProtocolError(error) || error.retryable) throw error;
      const memory = this.#remembered(intent.purpose);
      this.#memory.set(intent.purpose, { ...memory, refused: memory.refused + 1 });
      await this.#parts.outbox.setStatus(intent.purpose, 'planned', error.message);
      return undefined;
    }
  }

  async #replace(intent: TrackedIntent, urgent: boolean): Promise<void> {
    const last = intent.attempts.at(-1) as Attempt;
    const { policy } = this.#parts;
    const fees = nextFees(last, await this.#quote(), urgent, last.kind === 'call' ? forCalls(policy) : policy);
    if (!fees) return this.#offerIfForgotten(intent);
    const call = last.kind === 'call' ? { to: intent.to, data: intent.data } : { to: this.address, data: '0x' as Hex };
    this.#parts.metrics.count('worker_submit_replaced_total');
    await this.#signAndSend(intent, last.kind, { ...call, gasLimit: last.gasLimit }, fees);
  }

  async #cancel(intent: TrackedIntent, reason: string): Promise<void> {
    const { outbox, policy } = this.#parts;
    const last = intent.attempts.at(-1);
    const quote = await this.#quote();
    const higher = last && nextFees(last, quote, true, policy);
    // What no node has need not be outbid, so a cap that was lowered meanwhile is no hindrance.
    const isNew = last === undefined || this.#remembered(intent.purpose).notTaken > 0;
    const fees = higher ?? (isNew ? firstFees(quote, policy) : undefined);
    if (!fees) return this.#offerIfForgotten(intent);
    await outbox.setStatus(intent.purpose, intent.status, reason);
    const transfer = { to: this.address, data: '0x' as Hex, gasLimit: PLAIN_TRANSFER_GAS };
    await this.#signAndSend(intent, 'cancel', transfer, fees);
  }

  async #signAndSend(
    intent: TrackedIntent,
    kind: Attempt['kind'],
    call: { readonly to: Hex; readonly data: Hex; readonly gasLimit: bigint },
    fees: FeeQuote,
  ): Promise<void> {
    const { chainId, outbox, signer, clock, keyless } = this.#parts;
    const { purpose, nonce, attempts } = intent;
    if (keyless && attempts.length > 0) return this.#offerIfForgotten(intent);
    if (nonce === undefined) throw new Error(`The intent "${purpose}" is to be signed but has no nonce.`);
    const signed = await signer.sign({ ...call, ...fees, chainId, nonce });
    const attempt: Attempt = { ...signed, ...fees, kind, gasLimit: call.gasLimit, signedAt: clock.now() };
    await outbox.recordAttempt(purpose, attempt);
    // Not handed over until it is, whatever became of those before it; a call stays the same call at another fee.
    const { notTaken } = this.#remembered(purpose);
    this.#memory.set(purpose, { ...FRESH, notTaken: kind === attempts.at(-1)?.kind ? notTaken : 0 });
    await this.#handOver(purpose, attempt);
  }

  async #handOver(purpose: string, attempt: Attempt): Promise<void> {
    const answer = await this.#parts.sender.broadcast(attempt.raw).catch((error) => {
      const memory = this.#remembered(purpose);
      if (isProtocolError(error) && !error.retryable)
        this.#memory.set(purpose, { ...memory, notTaken: memory.notTaken + 1 });
      throw error;
    });
    const now = this.#head?.number ?? 0;
    this.#memory.set(purpose, { ...FRESH, sentAt: now, offeredAt: now, underpriced: answer === 'underpriced' });
    this.#parts.log.debug('a transaction was handed over', { purpose, hash: attempt.hash, kind: attempt.kind, answer });
  }

  /** The newest attempt once more, byte for byte; its age goes on counting. */
  async #offerAgain({ purpose, attempts }: TrackedIntent): Promise<void> {
    const { sentAt } = this.#remembered(purpose);
    await this.#handOver(purpose, attempts.at(-1) as Attempt);
    if (sentAt !== undefined) this.#memory.set(purpose, { ...this.#remembered(purpose), sentAt });
  }

  /** No higher fee is allowed. */
  async #offerIfForgotten(intent: TrackedIntent): Promise<void> {
    const memory = this.#remembered(intent.purpose);
    if (isForgotten(memory, this.#head?.number ?? 0, this.#parts.policy)) await this.#offerAgain(intent);
  }

  async #receiptOf(intent: TrackedIntent): Promise<Receipt | undefined> {
    const { nonce, attempts } = intent;
    if (nonce === undefined || nonce >= (this.#minedNonce ?? 0)) return undefined;
    for (const { hash } of [...attempts].reverse()) {
      const receipt = await this.#parts.sender.receipt(hash);
      if (receipt) return receipt;
    }
    return undefined;
  }

  #noteMissing({ purpose, nonce }: TrackedIntent, receipt: Receipt | undefined): Memory {
    const memory = this.#remembered(purpose);
    const gone = receipt === undefined && nonce !== undefined && nonce < (this.#minedNonce ?? 0);
    const noted = { ...memory, missing: gone ? memory.missing + 1 : 0, minedAt: receipt?.block.number };
    this.#memory.set(purpose, noted);
    return noted;
  }

  async #whyReverted(intent: TrackedIntent): Promise<string> {
    try {
      await this.#parts.sender.estimateGas(this.address, intent.to, intent.data);
      return 'it reverted in its block; it would pass now';
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  async #quote(): Promise<FeeMarket> {
    this.#fees ??= await this.#parts.sender.fees();
    return this.#fees;
  }

  #remembered(purpose: string): Memory {
    return this.#memory.get(purpose) ?? FRESH;
  }

  async #current(purpose: string): Promise<TrackedIntent> {
    const intent = await this.#parts.outbox.get(purpose);
    if (!intent) throw new Error(`The intent "${purpose}" is not in the outbox.`);
    return intent;
  }

  /** A failure leaves everything as it is stored; the next head tries again, or gives up. */
  async #attempt(intent: TrackedIntent, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!isProtocolError(error)) throw error;
      const { purpose } = intent;
      const memory = this.#remembered(purpose);
      const level = PERSON_MUST_ACT.has(error.code) || !error.retryable ? 'error' : 'warn';
      // Said once: it may be so for many blocks.
      this.#parts.log[memory.waits === error.code ? 'debug' : level]('a transaction waits', {
        purpose,
        code: error.code,
        reason: error.message,
      });
      this.#memory.set(purpose, { ...memory, waits: error.code });
      this.#parts.metrics.count('worker_submit_deferred_total', { code: error.code });
    }
  }
}
