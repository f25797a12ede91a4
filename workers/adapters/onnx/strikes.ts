/**
 * Which models and inputs are not tried again. A dead child says little by itself (the machine may have run out of memory), so:
 * an input that killed the child twice is refused, which ends its retries, and a model is quarantined after `limit` different
 * inputs in a row did so: one poisonous request, however often retried, cannot take a model out of service.
 */
export class Strikes {
  readonly #limit: number;
  /** By model: the inputs that killed or hung its process since its last success. */
  readonly #models = new Map<string, { readonly inputs: Set<string>; reason: string }>();
  /** By model and input: how often. Successes with other inputs do not forgive it. Bounded, oldest out. */
  readonly #inputs = new Map<string, number>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Returns what to do about the input that was running. */
  blame(sha256: string, input: string, reason: string): 'retry' | 'refuse' {
    const record = this.#models.get(sha256) ?? { inputs: new Set<string>(), reason };
    record.inputs.add(input);
    record.reason = reason;
    this.#models.set(sha256, record);
    const key = `${sha256}:${input}`;
    const times = (this.#inputs.get(key) ?? 0) + 1;
    this.#inputs.delete(key);
    this.#inputs.set(key, times);
    for (const oldest of this.#inputs.keys()) {
      if (this.#inputs.size <= 1000) break;
      this.#inputs.delete(oldest);
    }
    return times >= 2 ? 'refuse' : 'retry';
  }

  /** A success: the model as such works. */
  clear(sha256: string): void {
    if (!this.quarantine(sha256)) this.#models.delete(sha256);
  }

  quarantine(sha256: string): { readonly strikes: number; readonly reason: string } | undefined {
    const record = this.#models.get(sha256);
    if (!record || record.inputs.size < this.#limit) return undefined;
    return { strikes: record.inputs.size, reason: record.reason };
  }
}
