/** Sums by key, kept while a block is read: what is told is what the block adds. */
export class Sums<F extends string, K extends string = string> {
  readonly #fields: readonly F[];
  readonly #byKey = new Map<K, Record<F, bigint>>();

  constructor(fields: readonly F[]) {
    this.#fields = fields;
  }

  add(key: K, field: F, amount: bigint): void {
    if (amount === 0n) return;
    let sums = this.#byKey.get(key);
    if (!sums) {
      sums = Object.fromEntries(this.#fields.map((name) => [name, 0n])) as Record<F, bigint>;
      this.#byKey.set(key, sums);
    }
    sums[field] += amount;
  }

  /** Keys whose sums are not all zero. */
  get changes(): ReadonlyMap<K, Readonly<Record<F, bigint>>> {
    return new Map([...this.#byKey].filter(([, sums]) => this.#fields.some((field) => sums[field] !== 0n)));
  }
}
