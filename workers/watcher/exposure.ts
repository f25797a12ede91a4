import type { Terms } from '#core/protocol/terms.ts';
import type { Hex } from '#ports/chain.ts';
import type { Row } from '#ports/journal.ts';

/** Stages in which a slice is promised but not taken from the free stake yet. */
const PROMISED: readonly string[] = ['accepting', 'admitted', 'executed', 'submitting'];

/** Slices that work in progress will need: free stake less this is what another request can count on. */
export class Exposure {
  readonly #slices = new Map<Hex, bigint>();
  #total = 0n;

  note({ id, stage, facts }: Pick<Row, 'id' | 'stage' | 'facts'>): void {
    this.#total -= this.#slices.get(id) ?? 0n;
    this.#slices.delete(id);
    // An accepted request's slice has left the free stake already.
    if (!PROMISED.includes(stage) || facts['accepted'] === true) return;
    const slice = (facts['terms'] as Terms).slice;
    this.#slices.set(id, slice);
    this.#total += slice;
  }

  /** All of it, leaving out one request's own part. */
  without(id: Hex): bigint {
    return this.#total - (this.#slices.get(id) ?? 0n);
  }
}
