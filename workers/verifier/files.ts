import { ProtocolError } from '#core/errors.ts';
import type { ModelStore } from '#ports/blobs.ts';
import { type Disputed, type DisputedResult, tracedBy } from '#ports/disputes.ts';
import { Beside } from './beside.ts';

/** Files received at a time: each is a result that somebody staked for. */
const MOST = 64;
/** A file that takes longer has to be put into the store by hand. */
const LIMIT_SECONDS = 3_600;

/** The model files of results, which lie where strangers published them. */
export class Files {
  readonly #models: ModelStore;
  readonly #coming: Beside<{ readonly path: string }>;

  constructor(models: ModelStore, signal: AbortSignal) {
    this.#models = models;
    this.#coming = new Beside(signal, MOST);
  }

  /** undefined: the file is on its way, for `seconds` at most. Throws as ModelStore does. */
  async traced(result: DisputedResult, seconds: number): Promise<Disputed | undefined> {
    const { version, input } = result;
    if (input === undefined) return { ...result, traced: undefined };
    const limit = Math.min(seconds, LIMIT_SECONDS);
    const come = await this.#coming.ask(version.sha256, limit, (signal) => this.#fetch(version, limit, signal));
    return come && { ...result, traced: tracedBy(result, input, come.value.path) };
  }

  async #fetch(version: DisputedResult['version'], seconds: number, signal: AbortSignal) {
    try {
      return await this.#models.fetch(version, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
      const sources = `it did not come within ${seconds} seconds`;
      throw new ProtocolError('blobs.unavailable', { sha256: version.sha256, sources });
    }
  }
}
