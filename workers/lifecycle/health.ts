import type { Fields } from '#ports/telemetry.ts';
import { shared } from './shared.ts';

/** Says how a component is, or throws why it cannot work. */
export type Check = () => Promise<Fields | undefined> | Fields | undefined;

export interface Report {
  readonly healthy: boolean;
  readonly components: Readonly<Record<string, { readonly healthy: boolean } & Fields>>;
}

/** A check that takes longer is a component that does not answer. */
const CHECK_MS = 3_000;

/** Anybody may ask for a report, and each costs calls of the chain's node and of the database: so many milliseconds it is given out again. */
export const REPORT_MS = 1_000;

/** The components of a process and how each says whether it can do its work. */
export class Health {
  readonly #checks = new Map<string, Check>();
  readonly #report: () => Promise<Report>;

  constructor(now?: () => number) {
    this.#report = shared(() => this.#ask(), REPORT_MS, now);
  }

  register(component: string, check: Check): void {
    if (this.#checks.has(component)) throw new Error(`The component "${component}" is registered already.`);
    this.#checks.set(component, check);
  }

  /** At most REPORT_MS old. */
  report(): Promise<Report> {
    return this.#report();
  }

  async #ask(): Promise<Report> {
    const entries = await Promise.all(
      [...this.#checks].map(async ([component, check]) => [component, await outcome(check)] as const),
    );
    return { healthy: entries.every(([, { healthy }]) => healthy), components: Object.fromEntries(entries) };
  }
}

async function outcome(check: Check): Promise<{ readonly healthy: boolean } & Fields> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${CHECK_MS / 1000} s`)), CHECK_MS);
  });
  try {
    const detail = await Promise.race([(async () => check())(), late]);
    return { ...detail, healthy: true };
  } catch (error) {
    return { healthy: false, reason: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
  }
}
