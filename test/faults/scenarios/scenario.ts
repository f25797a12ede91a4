/** A fault that is injected on purpose, and what must hold all the same: a row of docs/faults.md. */
export interface Scenario {
  /** Names the scenario for `npm run faults -- NAME`: words of a-z and 0-9 joined by hyphens. */
  readonly name: string;
  readonly fault: string;
  readonly injection: string;
  readonly holds: string;
  /** The test file, whose test calls `faultStory(name, …)`. */
  readonly test: string;
  /** What `npm run faults` sets for the full form, where the suite runs a short one. */
  readonly full?: Readonly<Record<string, string>>;
}
