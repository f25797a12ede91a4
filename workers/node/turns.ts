/** So many at a time; the others wait, first come first served. */
export class Turns {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /** True when it is one's turn, which lasts until `signal` aborts; false if it aborts before. */
  take(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const enter = () => {
        signal.removeEventListener('abort', leave);
        signal.addEventListener('abort', () => this.#pass(), { once: true });
        resolve(true);
      };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        resolve(false);
      };
      if (this.#free > 0) {
        this.#free--;
        enter();
      } else {
        this.#waiting.push(enter);
        signal.addEventListener('abort', leave, { once: true });
      }
    });
  }

  #pass(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
  }
}
