import type { BlockRef, ChainSender, Hex } from '#ports/chain.ts';
import type { Journal } from '#ports/journal.ts';
import type { RestoreMarks } from '#ports/restored.ts';
import type { Log, Metrics } from '#ports/telemetry.ts';
import { SERVE } from './decide.ts';

export interface RestoredParts {
  readonly marks: RestoreMarks;
  readonly journal: Pick<Journal, 'ready' | 'cursor'>;
  readonly sender: Pick<ChainSender, 'minedNonce'>;
  readonly holds: (id: Hex) => Promise<boolean>;
  readonly maySubmit: (node: Hex, key: Hex) => Promise<boolean>;
  readonly node: Hex;
  readonly key: Hex;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Stages in which a request waits for a result of this process. */
const WAITING = ['accepting', 'admitted'] as const;

/**
 * Looks at the start whether the journal is a copy older than its key, and from then on for the moment at which nothing that was
 * forgotten can have an effect any more: when no key that may have signed it may submit, in a final block.
 */
export class Restored {
  readonly #parts: RestoredParts;
  /** The newest block at which no suspect could submit for the first time. */
  #harmlessSince: number | undefined;

  constructor(parts: RestoredParts) {
    this.#parts = parts;
  }

  /** Before anything is decided or computed. `now` in Unix seconds. */
  async begin(head: BlockRef, now: number): Promise<void> {
    const { marks, log, key } = this.#parts;
    const unknown = await this.#unknownTransactions();
    const known = await marks.read();
    if (known && known.sinceBlock === undefined) await marks.write({ ...known, sinceBlock: head.number });
    else if (unknown) {
      const suspects = [...new Set([...(await marks.nonces()).keys(), key])];
      await marks.write({ restoredAt: now, sinceBlock: head.number, suspects, released: false });
    }
    // Told once: the next start must not hold back what is asked from now on.
    if (unknown) await marks.caughtUp(key, unknown.mined);
    const mark = await marks.read();
    if (mark === undefined || mark.released) return;
    log.error('the journal is a copy: requests of before that have no result here are held back', {
      ...(unknown ? { account: key, sent: unknown.mined, known: unknown.next } : {}),
      sinceBlock: mark.sinceBlock,
      suspects: mark.suspects,
      remedy: 'rotate to another hot key and revoke these, or let the deadlines pass (docs/operate.md)',
    });
  }

  /** To be called again and again. True when what was held back may go on, once. */
  async look(): Promise<boolean> {
    const { marks, journal, maySubmit, node, log, metrics, holds } = this.#parts;
    const mark = await marks.read();
    if (mark === undefined || mark.released) return false;
    const rows = (await Promise.all(WAITING.map((stage) => journal.ready(SERVE, stage, { limit: 10_000 })))).flat();
    let held = 0;
    for (const { id } of rows) if (await holds(id)) held++;
    metrics.gauge('worker_serve_held', held);
    const able = await Promise.all(mark.suspects.map((key) => maySubmit(node, key)));
    const { final, recent } = await journal.cursor();
    const newest = recent.at(-1)?.number;
    if (able.includes(true)) this.#harmlessSince = undefined;
    else this.#harmlessSince ??= newest;
    if (this.#harmlessSince === undefined || (final?.number ?? -1) < this.#harmlessSince) return false;
    await marks.write({ ...mark, released: true });
    metrics.gauge('worker_serve_held', 0);
    log.info('nothing that the journal has forgotten can have an effect any more; nothing is held back', { held });
    return true;
  }

  /**
   * More than this journal gave nonces for: of a hot key, whose transactions are all ours and each of which had a nonce here before it
   * was signed. An account's own key is used by hand.
   */
  async #unknownTransactions(): Promise<{ readonly mined: number; readonly next: number } | undefined> {
    const { marks, sender, node, key } = this.#parts;
    const next = (await marks.nonces()).get(key);
    if (next === undefined || key === node) return undefined;
    const mined = await sender.minedNonce(key);
    return mined > next ? { mined, next } : undefined;
  }
}
