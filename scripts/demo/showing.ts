/** Results in a terminal. */
import type { Answer } from './asking.ts';
import { bar, beside, picture } from './draw.ts';
import type { Screen } from './screen.ts';

/** The picture that was classified, beside the probability of each digit. */
export function showDigit(screen: Screen, { got, vector }: Answer): void {
  const image = vector.inputs['image'];
  const probabilities = Array.from(got['probs']?.data ?? [], Number);
  const best = probabilities.indexOf(Math.max(...probabilities));
  const [label] = vector.note['label'] as readonly number[];
  const drawn = picture(Array.from(image?.data ?? [], Number), 8);
  const bars = probabilities.map((share, digit) => {
    const text = `${digit} ${bar(share)} ${(share * 100).toFixed(1).padStart(5)} %`;
    return digit === best ? screen.bold(`${text}  <- it says ${digit}; the true label is ${label}`) : text;
  });
  screen.line();
  for (const row of beside(drawn, bars)) screen.line(`      ${row}`);
}

/** A number per item, beside what another implementation computed for the same input. */
export function showNumbers(
  screen: Screen,
  title: string,
  answers: readonly Answer[],
  format: (value: number) => string,
): void {
  screen.line();
  screen.line(screen.dim(`      ${title.padEnd(34)}${'got'.padStart(14)}${'expected'.padStart(14)}   error / allowed`));
  for (const { got, vector, within, error, shown } of answers) {
    const [name = ''] = Object.keys(vector.outputs);
    const value = (tensors: Answer['got']) => format(Number(tensors[name]?.data[0])).padStart(14);
    const verdict = `${(error * 100).toFixed(1).padStart(6)} %  ${within ? screen.good('within') : screen.bad('OUTSIDE')}`;
    screen.line(
      `      ${described(shown.example.name, vector.note).padEnd(34)}${value(got)}${value(vector.outputs)}  ${verdict}`,
    );
  }
}

function described(model: string, note: Answer['vector']['note']): string {
  if (model === 'breast-cancer-mlp') return (note['malignant'] as number[])[0] ? 'sample, malignant' : 'sample, benign';
  return `returns of a ${note['process']} path`;
}
