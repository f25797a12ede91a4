/** Walrus counts lifetimes in epochs. A store of its own has no committee that ends one: here they are spans of the clock. */

/** Two weeks, as on Mainnet. */
const EPOCH_MS = 14 * 24 * 3_600_000;
/** The most that Mainnet sells at once: about two years. */
export const MAX_EPOCHS = 53;

export function epochAt(nowMs: number): number {
  return Math.floor(nowMs / EPOCH_MS);
}
