/** What was checked of a dispute, and what did not hold. */

export interface Check {
  /** What is claimed, as a sentence. */
  readonly what: string;
  readonly holds: boolean;
  /** Where it fails. */
  readonly reason?: string;
}

/** Something is not what it is said to be. */
export class Mismatch extends Error {}

export class Checks {
  readonly all: Check[] = [];

  /** The value of `test`; undefined if it throws, which is what makes the check fail. */
  that<T>(what: string, test: () => T): T | undefined {
    try {
      const value = test();
      this.all.push({ what, holds: true });
      return value;
    } catch (error) {
      this.all.push({ what, holds: false, reason: (error as Error).message });
      return undefined;
    }
  }

  equal(what: string, got: unknown, expected: unknown): void {
    this.that(what, () => same(got, expected));
  }

  get hold(): boolean {
    return this.all.every(({ holds }) => holds);
  }
}

export function same(got: unknown, expected: unknown, name = 'it'): void {
  if (got !== expected) throw new Mismatch(`${name} is ${got}, and should be ${expected}`);
}
