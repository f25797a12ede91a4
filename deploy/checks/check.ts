/** One fact about a deployment: what it should be and what was found. */
export interface Check {
  readonly what: string;
  readonly wanted: string;
  readonly found: string;
}

/** Compares by text: addresses come checksummed, numbers in decimal. */
export const check = (what: string, found: unknown, wanted: unknown): Check => ({
  what,
  wanted: String(wanted),
  found: String(found),
});

export const failures = (checks: readonly Check[]): Check[] => checks.filter(({ wanted, found }) => wanted !== found);

export class WiringError extends Error {
  readonly failed: readonly Check[];

  constructor(failed: readonly Check[]) {
    const lines = failed.map(({ what, wanted, found }) => `  ${what}: wanted ${wanted}, found ${found}`);
    super(
      `The deployment is not what its parameters say; do not use it:\n${lines.join('\n')}\n` +
        'If governance has acted since, that is what you see. Otherwise immutable contracts cannot be corrected: mend the cause, ' +
        'remove the journal of this chain in deploy/deployments, deploy again.',
    );
    this.name = 'WiringError';
    this.failed = failed;
  }
}
