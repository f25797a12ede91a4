import { isProtocolError, ProtocolError } from '#core/errors.ts';
import type { BlockRef, Hex } from '#ports/chain.ts';
import type { Dispatcher } from '#ports/dispatch.ts';
import type { Intent, TrackedIntent } from '#ports/outbox.ts';
import type { Signer } from '#ports/signer.ts';
import { type DispatcherParts, OutboxDispatcher } from './dispatcher.ts';

/** The key of this process, and those it had before. */
export interface Keys {
  /** Signs everything new. */
  readonly signer: Signer;
  /** Their transactions are followed to their ends: sent again, replaced, cancelled. */
  readonly retired: readonly Signer[];
  /** Former keys that nobody has any more: what they signed is sent again, and nothing is signed. */
  readonly lost: readonly Hex[];
}

/**
 * The dispatcher of a process whose key may have been another one before. Transactions that a former key has not signed move to the present
 * one, the others end under the key that they have nonces of. Throws `signer.former_key` if there are open ones of a key that is not named:
 * nobody would follow them.
 */
export async function openDispatcher(parts: Omit<DispatcherParts, 'signer'>, keys: Keys): Promise<Dispatcher> {
  const { outbox, log } = parts;
  const { signer, lost } = keys;
  const former = [...keys.retired, ...lost.map(withoutKey)].filter(({ address }) => address !== signer.address);
  const open = await outbox.openBySender();
  for (const [address, count] of open)
    if (address !== signer.address && !former.some((one) => one.address === address))
      throw new ProtocolError('signer.former_key', { address, count });
  const present = new OutboxDispatcher({ ...parts, signer });
  if (former.length === 0) return present;
  for (const { address } of former) {
    if (!open.has(address)) log.info('a former key has nothing open and need not be named any more', { address });
    for (const intent of await outbox.open(address)) {
      // A nonce that a living key was given must be used up, or what it signed after it waits for ever.
      const moves = intent.status === 'planned' && (intent.nonce === undefined || lost.includes(address));
      if (moves) await outbox.reopen(intent.purpose, { ...intent, from: signer.address });
    }
  }
  return new KeyRing(present, former, lost, parts);
}

class KeyRing implements Dispatcher {
  readonly address: Hex;
  readonly #present: Dispatcher;
  readonly #former: readonly Dispatcher[];
  readonly #open = new Map<Hex, number>();
  readonly #metrics: DispatcherParts['metrics'];
  readonly #log: DispatcherParts['log'];

  constructor(
    present: Dispatcher,
    former: readonly Signer[],
    lost: readonly Hex[],
    parts: Omit<DispatcherParts, 'signer'>,
  ) {
    this.address = present.address;
    this.#present = present;
    this.#metrics = parts.metrics;
    this.#log = parts.log;
    this.#former = former.map((signer) => {
      const gauge: DispatcherParts['metrics']['gauge'] = (name, value, labels) =>
        name === 'worker_submit_open_intents'
          ? void this.#open.set(signer.address, value)
          : parts.metrics.gauge(name, value, labels);
      const keyless = lost.includes(signer.address);
      return new OutboxDispatcher({ ...parts, signer, keyless, metrics: { ...parts.metrics, gauge } });
    });
  }

  /** A purpose that a former key has under way stays with it: two keys must never carry the same effect. */
  async send(intent: Omit<Intent, 'from'>): Promise<TrackedIntent> {
    const known = await this.#present.get(intent.purpose);
    return known && known.from !== this.address ? known : this.#present.send(intent);
  }

  resend(intent: Omit<Intent, 'from'>): Promise<TrackedIntent> {
    return this.#present.resend(intent);
  }

  get(purpose: string): Promise<TrackedIntent | undefined> {
    return this.#present.get(purpose);
  }

  async follow(head: BlockRef, final: BlockRef | undefined): Promise<readonly TrackedIntent[]> {
    const changed: TrackedIntent[] = [];
    // What one key's transactions came to is told, whether or not the next key's can be followed.
    for (const key of [this.#present, ...this.#former])
      try {
        changed.push(...(await key.follow(head, final)));
      } catch (error) {
        const level = isProtocolError(error) && error.retryable ? 'warn' : 'error';
        this.#log[level]('the transactions of a key could not be followed', {
          address: key.address,
          reason: String(error),
        });
      }
    this.#metrics.gauge(
      'worker_submit_former_intents',
      [...this.#open.values()].reduce((sum, open) => sum + open, 0),
    );
    return changed;
  }
}

const withoutKey = (address: Hex): Signer => ({
  address,
  sign: async () => {
    throw new ProtocolError('signer.refused', {
      url: 'signer.retiredAddresses',
      method: 'sign',
      reason: `nobody has the key of ${address}`,
    });
  },
});
