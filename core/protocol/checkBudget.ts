/** Whether a node can afford to hold its result against the reference before it signs. */

export interface CheckBudget {
  /** What the reference does on this machine, from below. */
  readonly multiplyAddsPerSecond: number;
  /** Of the time to a request's deadline, what the reference may take: 0 to 1. */
  readonly share: number;
  /** Version ids, in lower case, that the operator serves even where that is not enough. */
  readonly unchecked: ReadonlySet<string>;
}

/** From an operator's settings, ids in any case. */
export function checkBudget(settings: Omit<CheckBudget, 'unchecked'> & { unchecked: readonly string[] }): CheckBudget {
  return { ...settings, unchecked: new Set(settings.unchecked.map((id) => id.toLowerCase())) };
}

/** Fits any machine; an operator measures and raises the rate. */
export const CAUTIOUS_BUDGET: CheckBudget = { multiplyAddsPerSecond: 100e6, share: 0.5, unchecked: new Set() };

/** Seconds that the reference of so many items will take. */
export function referenceSeconds({ multiplyAddsPerSecond }: CheckBudget, multiplyAdds: number, items: number): number {
  return (multiplyAdds * items) / multiplyAddsPerSecond;
}
