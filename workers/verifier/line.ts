/** Work of one kind: a pass at a time, and another as long as there is more. */
export class Line {
  readonly #pass: () => Promise<boolean>;
  readonly #failed: (error: unknown) => void;
  #wanted = false;
  #running: Promise<void> | undefined;

  /** `pass`: whether there is more to do. One that fails ends the run; the next call begins anew. */
  constructor(pass: () => Promise<boolean>, failed: (error: unknown) => void) {
    this.#pass = pass;
    this.#failed = failed;
  }

  /** Called during a pass, another one follows it. */
  call(): void {
    this.#wanted = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (this.#wanted) {
        this.#wanted = false;
        if (await this.#pass()) this.#wanted = true;
      }
    } catch (error) {
      this.#failed(error);
    }
  }
}
