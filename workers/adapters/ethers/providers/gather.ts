import type { Rpc } from '../rpc.ts';
import type { Health } from './health.ts';

export interface Provider {
  /** In logs and metrics. */
  readonly name: string;
  readonly rpc: Rpc;
  readonly health: Health;
}

/** What one provider said, or why it said nothing. */
export type Vote<T> = { readonly provider: Provider } & PromiseSettledResult<T>;

export interface Gathering<T> {
  /** In the order in which to ask. */
  readonly candidates: readonly Provider[];
  ask(provider: Provider): Promise<T>;
  /** How many more votes are needed after these; 0 = enough. */
  missing(votes: readonly Vote<T>[]): number;
  readonly slowMs: number;
  /** Told of who has not answered in that time; another one is asked in its place, and its answer is still taken if it comes. */
  slow(provider: Provider): void;
  /** Whether to do without those who are slow. */
  readonly impatient?: (votes: readonly Vote<T>[]) => boolean;
}

/** Asks as many at once as votes are needed, and more as long as votes are missing. Resolves with those that came by then. */
export function gather<T>(parts: Gathering<T>): Promise<readonly Vote<T>[]> {
  const { candidates, missing, slowMs } = parts;
  return new Promise((resolve) => {
    const votes: Vote<T>[] = [];
    const unasked = [...candidates];
    const open = new Set<Provider>();
    const late = new Set<Provider>();
    let timer: NodeJS.Timeout | undefined;

    const finish = () => {
      clearInterval(timer);
      resolve(votes);
    };
    const goOn = () => {
      const needed = missing(votes);
      while (open.size < needed && unasked.length > 0) begin(unasked.shift() as Provider);
      const nobody = open.size + late.size + unasked.length === 0;
      if (needed === 0 || nobody) finish();
    };
    const begin = (provider: Provider) => {
      open.add(provider);
      const settle = (vote: PromiseSettledResult<T>) => {
        open.delete(provider);
        late.delete(provider);
        votes.push({ provider, ...vote });
        goOn();
      };
      parts.ask(provider).then(
        (value) => settle({ status: 'fulfilled', value }),
        (reason: unknown) => settle({ status: 'rejected', reason }),
      );
    };
    const tooSlow = () => {
      for (const provider of open) {
        parts.slow(provider);
        late.add(provider);
      }
      open.clear();
      if (parts.impatient?.(votes)) finish();
      else goOn();
    };
    // With nobody to ask instead there is nothing to hurry for.
    if (candidates.length > 1) timer = setInterval(tooSlow, slowMs);
    goOn();
  });
}
