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
  /** Signs everything new. */
  readonly key: Hex;
  /** What the node signed with before, as far as the configuration names it. */
  readonly former: readonly Hex[];
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Stages in which a request waits for a result of this process. */
const WAITING = ['accepting', 'admitted'] as const;

/**
 * Looks at the start whether the journal is older than its keys, a copy or an empty one in place of another, and from then on for the moment at which nothing that was
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
    const { marks, log, key, former } = this.#parts;
    const unknown = await this.#unknownTransactions();
    const known = await marks.read();
    if (known && known.sinceBlock === undefined) await marks.write({ ...known, sinceBlock: head.number });
    else if (unknown.length > 0) {
      const suspects = [...new Set([...(await marks.nonces()).keys(), key, ...former])];
      await marks.write({ restoredAt: now, sinceBlock: head.number, suspects, released: false });
    }
    // Told once: the next start must not hold back what is asked from now on.
    for (const { account, sent } of unknown) await marks.caughtUp(account, sent);
    const mark = await marks.read();
    if (mark === undefined || mark.released) return;
    log.error('the journal is a copy: requests of before that have no result here are held back', {
      ...unknown[0],
      sinceBlock: mark.sinceBlock,
      suspects: mark.suspects,
      remedy: `${unknown[0]?.known === 0 ? 'is this where the node kept its journal (process.dataDir, journal.url)? If so, ' : ''}rotate to another hot key and revoke these, or let the deadlines pass (docs/operate.md)`,
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
   * was signed. A journal that gave it none is an empty one, or older than the key. An account's own key is used by hand, also before
   * there was a node; so is a former one, for what it has in Escrow, but this journal knows it from before.
   */
  async #unknownTransactions(): Promise<readonly Unknown[]> {
    const { marks, sender, node, key, former } = this.#parts;
    const nonces = await marks.nonces();
    const unmet = former.filter((one) => !nonces.has(one));
    const found: Unknown[] = [];
    for (const account of new Set([key, ...unmet])) {
      if (account === node) continue;
      const sent = await sender.minedNonce(account);
      const known = nonces.get(account) ?? 0;
      if (sent > known) found.push({ account, sent, known });
    }
    return found;
  }
}

interface Unknown {
  readonly account: Hex;
  /** Transactions of it on the chain. */
  readonly sent: number;
  /** Nonces that this journal gave it. */
  readonly known: number;
}
