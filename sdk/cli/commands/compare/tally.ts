/** Errors of one output over many tensors. */
import { isProtocolError } from '#core/errors.ts';
import type { Tensor } from '#core/tensor.ts';
import { compareTensors, type Tolerance } from '#core/tolerance.ts';

/** As many sentences as a person reads. */
const MOST_REASONS = 3;

export class Tally {
  readonly reasons: string[] = [];
  readonly #tolerance: Tolerance;
  #compared = 0;
  #elements = 0;
  #equal = 0;
  #outside = 0;
  #worstAbs = 0;
  #worstRel = 0;

  constructor(tolerance: Tolerance) {
    this.#tolerance = tolerance;
  }

  add(got: Tensor, want: Tensor, what: string): void {
    this.#compared++;
    this.#elements += want.data.length;
    try {
      const { outside, worstAbs, worstRel, worstIndex: i } = compareTensors(got, want, this.#tolerance, what);
      this.#outside += outside;
      this.#worstAbs = Math.max(this.#worstAbs, worstAbs);
      this.#worstRel = Math.max(this.#worstRel, worstRel);
      if (outside > 0) this.#note(`${what}: element ${i} is ${got.data[i]}, wanted ${want.data[i]}`);
      for (let e = 0; e < want.data.length; e++) if (Object.is(got.data[e], want.data[e])) this.#equal++;
    } catch (error) {
      // Tensors of different types have no distance.
      if (!isProtocolError(error)) throw error;
      this.#outside += Math.max(1, want.data.length);
      this.#note(error.message);
    }
  }

  get within(): boolean {
    return this.#outside === 0;
  }

  report() {
    return {
      /** Tensors. */
      compared: this.#compared,
      elements: this.#elements,
      outside: this.#outside,
      worstAbs: this.#worstAbs,
      worstRel: this.#worstRel,
      /** Share of elements of equal bits. */
      equal: this.#elements === 0 ? 1 : this.#equal / this.#elements,
      within: this.within,
    };
  }

  #note(reason: string): void {
    if (this.reasons.length < MOST_REASONS) this.reasons.push(reason);
  }
}
