/**
 * What a program takes and gives, in the words of a schema, and whether a card says the same. The game numbers tensors by the program,
 * requests and results carry them in the order of the card, ONNX Runtime knows them by name, and names are in no hash: only this comparison
 * ties the three together (docs/spec/program.md, "Inputs, outputs, rows").
 */
import type { TensorSpec } from '../commitment/canonical.ts';
import { itemType } from '../commitment/canonical.ts';
import { quote } from '../onnx/refusals.ts';
import type { NamedSpec } from '../protocol/schema.ts';
import { sameShape } from '../tensor.ts';
import type { Program, ProgramInput, ProgramOutput } from './program.ts';

export interface Sides {
  readonly inputs: readonly NamedSpec[];
  readonly outputs: readonly NamedSpec[];
}

/** What a version publishes of them. */
export interface PublishedSides {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

/** Tensors shown of one side in a message. */
const SHOWN = 8;

/** Outputs without elements are left out: no schema can list them, and nothing of them can be wrong. */
export function sidesOf({ inputs, outputs }: Program): Sides {
  return { inputs: inputs.map(specOf), outputs: outputs.filter(({ operator }) => operator !== undefined).map(specOf) };
}

/** A row of an output may be several of the graph's; then its number is that of one item. */
function specOf({ name, dtype, shape, rows }: ProgramInput | ProgramOutput): NamedSpec {
  return { name, dtype, shape: rows && shape[0] === 1 ? [-1, ...shape.slice(1)] : shape };
}

/** Which side of the card is not the program's, and how; undefined: none. */
export function sidesDifference(card: PublishedSides, program: Sides): string | undefined {
  // What a file says of the leading dimension of an output is a hint, and often missing.
  return (
    sideDifference('inputs', card.inputs, program.inputs, true) ??
    sideDifference('outputs', card.outputs, program.outputs, false)
  );
}

function sideDifference(
  side: keyof Sides,
  card: readonly TensorSpec[],
  program: readonly NamedSpec[],
  strictly: boolean,
): string | undefined {
  const count = Math.max(card.length, program.length);
  const first = Array.from({ length: count }).findIndex((_, i) => !agree(card[i], program[i], strictly));
  if (first < 0) return undefined;
  const from = first < SHOWN ? 0 : first;
  return `the card's ${side} are ${listed(card, from)}, the model's ${listed(program, from)}`;
}

/** A card may fix a dimension that the model leaves free: then nobody runs several items as rows. */
function agree(published: TensorSpec | undefined, own: NamedSpec | undefined, strictly: boolean): boolean {
  if (published === undefined || own === undefined) return false;
  if (strictly && published.shape[0] === -1 && own.shape[0] !== -1) return false;
  const [asked, given] = [itemType(published), itemType(own)];
  return published.name === own.name && asked.dtype === given.dtype && sameShape(asked.shape, given.shape);
}

function listed(side: readonly TensorSpec[], from: number): string {
  if (side.length === 0) return 'none';
  const shown = side.slice(from, from + SHOWN).map(({ name = '', dtype, shape }) => {
    const dims = shape.map((dim) => (dim === -1 ? 'N' : dim)).join(', ');
    return `${/^[\w./:-]{1,80}$/.test(name) ? name : quote(name)} ${dtype} [${dims}]`;
  });
  const rest = side.length - from - shown.length;
  return [
    ...(from > 0 ? [`${Math.min(from, side.length)} others`] : []),
    ...shown,
    ...(rest > 0 ? [`${rest} more`] : []),
  ].join(', ');
}
