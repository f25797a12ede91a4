/** Whether a result is what the model's card promises. */
import type { Tensor } from '#core/tensor.ts';
import { compareTensors } from '#core/tolerance.ts';
import type { ExampleModel } from './models.ts';

type Tensors = Readonly<Record<string, Tensor>>;

export interface Verdict {
  readonly within: boolean;
  /** The largest error of an element as a share of what the card allows it; 0 if all are equal. */
  readonly error: number;
}

/** Compares every output of one item. */
export function judge(model: ExampleModel, got: Tensors, want: Tensors): Verdict {
  const verdicts = Object.entries(want).map(([name, wanted]) => {
    const tolerance = model.tolerance(name);
    const given = got[name];
    if (given === undefined) return { within: false, error: Number.POSITIVE_INFINITY };
    const { within, worstIndex } = compareTensors(given, wanted, tolerance, name);
    const at = ({ data }: Tensor) => Number(data[Math.max(0, worstIndex)]);
    const difference = Math.abs(at(given) - at(wanted));
    return { within, error: difference && difference / (tolerance.abs + tolerance.rel * Math.abs(at(wanted))) };
  });
  return { within: verdicts.every(({ within }) => within), error: Math.max(...verdicts.map(({ error }) => error)) };
}
