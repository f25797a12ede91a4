import { isProtocolError } from '#core/errors.ts';
import type { Dispatcher } from '#ports/dispatch.ts';
import type { Head, Observer } from '#ports/observer.ts';
import type { TrackedIntent } from '#ports/outbox.ts';
import type { Fields, Log } from '#ports/telemetry.ts';

/** Told how a transaction of ours ended. */
export type OutcomeListener = (intent: TrackedIntent, head: Head) => Promise<void>;

/** Follows the transactions in flight at every new head, beside the watcher and not in its way. */
export class Flight implements Observer {
  readonly #dispatcher: Dispatcher;
  readonly #listeners: readonly OutcomeListener[];
  readonly #log: Log;
  #following: Promise<void> | undefined;

  constructor(dispatcher: Dispatcher, listeners: readonly OutcomeListener[], log: Log) {
    this.#dispatcher = dispatcher;
    this.#listeners = listeners;
    this.#log = log;
  }

  async touched(): Promise<void> {}

  async arrived(head: Head): Promise<void> {
    this.#following ??= this.#guarded(head).finally(() => {
      this.#following = undefined;
    });
  }

  /** One round; what `arrived` does in the background. */
  async follow(head: Head): Promise<void> {
    const changed = await this.#dispatcher.follow(head.block, head.final);
    for (const intent of changed) for (const listener of this.#listeners) await this.#tell(listener, intent, head);
  }

  /** Resolves when no round is running. */
  async idle(): Promise<void> {
    await this.#following;
  }

  /** One that cannot be told looks for itself later; the others are told. */
  async #tell(listener: OutcomeListener, intent: TrackedIntent, head: Head): Promise<void> {
    try {
      await listener(intent, head);
    } catch (error) {
      const { purpose, status } = intent;
      this.#complain('the end of a transaction could not be told', error, { purpose, status });
    }
  }

  async #guarded(head: Head): Promise<void> {
    try {
      await this.follow(head);
    } catch (error) {
      this.#complain('transactions could not be followed', error);
    }
  }

  #complain(message: string, error: unknown, fields: Fields = {}): void {
    const level = isProtocolError(error) && error.retryable ? 'warn' : 'error';
    this.#log[level](message, { ...fields, reason: String(error) });
  }
}
