/**
 * RNN, GRU and LSTM (ONNX opset 1, GRU 3, to 22), unrolled: X * W' + Wb + Rb for all steps is one Dot; each step is one Dot whose bias is that
 * row, so that the sum of both products is rounded twice only. A state that starts as zero is left out of the first step.
 */
import type { Context, Lowering } from '../context.ts';
import { contraction } from '../contraction.ts';
import type { Family } from '../operators.ts';
import type { Value } from '../value.ts';
import { expand, reshapeView, slice, squeeze, transpose, unsqueeze } from '../value.ts';
import { type Activation, activationsOf } from './gates.ts';
import { joined } from './slicing.ts';

/** What a state is: undefined while it is still zero. */
type State = Value | undefined;

/** One direction of a node. H units, G gates. */
interface Cell {
  readonly c: Context;
  readonly hidden: number;
  /** [G * H, H]. */
  readonly recurrence: Value;
  /** [G * H] each. */
  readonly bias: readonly [input: Value, recurrent: Value] | undefined;
  /** [3 * H]. */
  readonly peepholes: Value | undefined;
  readonly activations: readonly Activation[];
}

interface Kind {
  readonly gates: number;
  readonly states: 1 | 2;
  readonly activations: readonly string[];
  /** The bias that the products with X already have: [G * H]. */
  readonly inputBias: (cell: Cell) => Value | undefined;
  /** From the row of X * W' of this step, [batch, G * H], and the states, each [batch, H]: the next states, h first. */
  readonly step: (cell: Cell, row: Value, states: readonly State[]) => readonly Value[];
}

/** Columns [from, to) of the gates, in units of H. */
const gate = ({ hidden }: Cell, value: Value, from: number, to = from + 1): Value =>
  slice(value, value.shape.length - 1, from * hidden, 1, (to - from) * hidden);

const gateRows = ({ hidden }: Cell, value: Value, from: number, to = from + 1): Value =>
  slice(value, 0, from * hidden, 1, (to - from) * hidden);

/** RN(bias + h * R'); just the bias while h is zero. */
function recur({ c }: Cell, h: State, weights: Value, bias: Value | undefined): Value | undefined {
  if (h === undefined) return bias;
  const [batch = 0] = h.shape;
  const [outputs = 0, terms = 0] = weights.shape;
  const space = [batch, outputs];
  const left = { view: expand(unsqueeze(h, 1), [...space, terms]) };
  const right = { view: expand(unsqueeze(weights, 0), [...space, terms]) };
  return contraction(c.builder, { space, inner: [terms], left, right, bias });
}

/** The threshold bounds what goes into an activation. */
function clipped({ c }: Cell, x: Value): Value {
  if (!c.has('clip')) return x;
  const threshold = c.float('clip', 0);
  if (!(threshold > 0)) return c.refuse(`clip ${threshold} is not above 0`);
  return threshold === Number.POSITIVE_INFINITY ? x : c.float32('Clip', x, -threshold, threshold);
}

const added = ({ c }: Cell, x: Value, y: Value | undefined): Value => (y === undefined ? x : c.float32('Add', x, y));
const times = ({ c }: Cell, x: Value, y: State): Value | undefined => y && c.float32('Mul', x, y);

const bothBiases = (cell: Cell): Value | undefined => cell.bias && cell.c.float32('Add', ...cell.bias);

const rnn: Kind = {
  gates: 1,
  states: 1,
  activations: ['Tanh'],
  inputBias: bothBiases,
  step: (cell, row, [h]) => {
    const [f] = cell.activations as [Activation];
    return [f(clipped(cell, recur(cell, h, cell.recurrence, row) as Value))];
  },
};

/** Gates z, r, h. h' = (1 - z) * g(...) + z * h. linear_before_reset: r scales h * R' + Rb instead of h. */
const gru: Kind = {
  gates: 3,
  states: 1,
  activations: ['Sigmoid', 'Tanh'],
  inputBias: (cell) => {
    if (cell.bias === undefined || cell.c.int('linear_before_reset', 0) === 0) return bothBiases(cell);
    // The recurrent bias of h stays with h * R'.
    const [input, recurrent] = cell.bias;
    const both = cell.c.float32('Add', gateRows(cell, input, 0, 2), gateRows(cell, recurrent, 0, 2));
    return joined(cell.c, [both, gateRows(cell, input, 2)], 0);
  },
  step: (cell, row, [h]) => {
    const { c, recurrence, bias } = cell;
    const [f, g] = cell.activations as [Activation, Activation];
    const zr = f(clipped(cell, recur(cell, h, gateRows(cell, recurrence, 0, 2), gate(cell, row, 0, 2)) as Value));
    const [z, r] = [gate(cell, zr, 0), gate(cell, zr, 1)];
    const own = gate(cell, row, 2);
    const weights = gateRows(cell, recurrence, 2);
    let candidate: Value;
    if (c.int('linear_before_reset', 0) === 0) candidate = recur(cell, times(cell, r, h), weights, own) as Value;
    else {
      const open = recur(cell, h, weights, bias && gate(cell, bias[1], 2));
      candidate = added(cell, own, times(cell, r, open));
    }
    const fresh = c.float32('Mul', c.float32('Sub', 1, z), g(clipped(cell, candidate)));
    return [added(cell, fresh, times(cell, z, h))];
  },
};

/** Gates i, o, f, c. C' = f * C + i * g(c), h' = o * h(C'); peepholes add P * C to i and f, P * C' to o. */
const lstm: Kind = {
  gates: 4,
  states: 2,
  activations: ['Sigmoid', 'Tanh', 'Tanh'],
  inputBias: bothBiases,
  step: (cell, row, [h, memory]) => {
    const { c, peepholes } = cell;
    const [f, g, out] = cell.activations as [Activation, Activation, Activation];
    const all = recur(cell, h, cell.recurrence, row) as Value;
    const coupled = c.int('input_forget', 0) !== 0;
    const peep = (which: number, state: State): Value =>
      f(
        clipped(
          cell,
          added(cell, gate(cell, all, which), peepholes && times(cell, gate(cell, peepholes, which), state)),
        ),
      );
    // Without peepholes the three gates are neighbours and of one function.
    const three = peepholes ? undefined : f(clipped(cell, gate(cell, all, 0, 3)));
    const i = three ? gate(cell, three, 0) : peep(0, memory);
    const forget = coupled ? c.float32('Sub', 1, i) : three ? gate(cell, three, 2) : peep(2, memory);
    const fresh = c.float32('Mul', i, g(clipped(cell, gate(cell, all, 3))));
    const next = added(cell, fresh, times(cell, forget, memory));
    const o = three ? gate(cell, three, 1) : peep(1, next);
    return [c.float32('Mul', o, out(next)), next];
  },
};

/** Whether step t is within the sequences: of all, of none, or per sequence [batch, 1]. */
type Mask = (t: number) => boolean | Value;

/** sequence_lens [batch], int32; known now or computed. A step behind a sequence's end keeps its states and puts out 0. */
function maskOf(c: Context, steps: number, batch: number): Mask {
  const lengths = c.inputs[4];
  if (lengths === undefined) return () => true;
  c.dtypes(['int32'], lengths);
  if (lengths.shape.join() !== String(batch)) c.refuse(`sequence_lens has shape [${lengths.shape}], not [${batch}]`);
  const known = c.builder.constantOf(lengths);
  const list = known && [...(known.data as Int32Array)];
  if (list?.some((length) => length < 0 || length > steps))
    c.refuse(`sequence_lens [${list}] are not within 0 to ${steps}`);
  return (t) => {
    if (list?.every((length) => t < length)) return true;
    if (list?.every((length) => t >= length)) return false;
    return unsqueeze(c.apply('Less', 'bool', [c.builder.scalar('int32', t), lengths]), 1);
  };
}

/** RN(bias + X * W'), all steps at once: [steps, batch, G * H]. */
function products(c: Context, x: Value, weights: Value, bias: Value | undefined): Value {
  const [outputs = 0, terms = 0] = weights.shape;
  const space = [...x.shape.slice(0, 2), outputs];
  const left = { view: expand(unsqueeze(x, 2), [...space, terms]) };
  const right = { view: expand(weights, [...space, terms]) };
  return contraction(c.builder, { space, inner: [terms], left, right, bias });
}

/** A state of zeros is none. */
function nonZero(c: Context, state: Value): State {
  const known = c.builder.constantOf(state);
  return known && (known.data as Float32Array).every((value) => value === 0) ? undefined : state;
}

/** Along a new first axis. */
const stack = (c: Context, parts: readonly Value[]): Value =>
  joined(
    c,
    parts.map((part) => unsqueeze(part, 0)),
    0,
  );

interface Run {
  /** h after each step, by position in time; 0 behind the end of a sequence. [batch, H] each. */
  readonly rows: readonly Value[];
  readonly states: readonly Value[];
}

/** One direction. `rows` are the products with X. */
function unroll(kind: Kind, cell: Cell, rows: Value, mask: Mask, backwards: boolean, start: readonly State[]): Run {
  const { c, hidden } = cell;
  const [steps = 0, batch = 0] = rows.shape;
  const zeros = expand(c.builder.scalar('float32', 0), [batch, hidden]);
  const made: Value[] = new Array(steps);
  let states = start;
  for (let n = 0; n < steps; n++) {
    const t = backwards ? steps - 1 - n : n;
    const within = mask(t);
    made[t] = zeros;
    if (within === false) continue;
    const next = kind.step(cell, squeeze(slice(rows, 0, t, 1, 1), [0]), states);
    const where = (x: Value, y: Value) => (within === true ? x : c.apply('Where', 'float32', [within, x, y]));
    made[t] = where(next[0] as Value, zeros);
    states = next.map((state, i) => where(state, states[i] ?? zeros));
  }
  return { rows: made, states: states.map((state) => state ?? zeros) };
}

/** X [steps, batch, inputs], W [directions, G * H, inputs], R [directions, G * H, H], B [directions, 2 * G * H], initial states
 * [directions, batch, H], P [directions, 3 * H]; layout 1 has the batch first in X, Y and the states. */
const recurrentOf =
  (kind: Kind): Lowering =>
  (c) => {
    const layout = c.int('layout', 0);
    if (layout !== 0 && layout !== 1) c.refuse(`layout ${layout} is neither 0 nor 1`);
    const timeFirst = (value: Value): Value =>
      layout === 1 && value.shape.length === 3 ? transpose(value, [1, 0, 2]) : value;
    const [x, w, r] = [timeFirst(c.input(0, 'X')), c.input(1, 'W'), c.input(2, 'R')];
    const direction = c.string('direction', 'forward').toLowerCase();
    if (!['forward', 'reverse', 'bidirectional'].includes(direction)) c.refuse(`direction ${direction} is unknown`);
    const directions = direction === 'bidirectional' ? 2 : 1;
    const [steps = 0, batch = 0, inputs = 0] = x.shape;
    const hidden = r.shape[2] ?? 0;
    const width = kind.gates * hidden;
    const check = (value: Value | undefined, name: string, shape: readonly number[]): Value | undefined => {
      if (value === undefined) return undefined;
      c.dtypes(['float32'], value);
      if (value.shape.join() !== shape.join()) c.refuse(`its input ${name} has shape [${value.shape}], not [${shape}]`);
      return value;
    };
    check(x, 'X', [steps, batch, inputs]);
    check(w, 'W', [directions, width, inputs]);
    check(r, 'R', [directions, width, hidden]);
    if (c.int('hidden_size', hidden) !== hidden) c.refuse(`its hidden_size is not the ${hidden} of R`);
    if (x.shape.includes(0) || hidden === 0) c.refuse(`X [${x.shape}] or R [${r.shape}] has no elements`);
    const b = check(c.inputs[3], 'B', [directions, 2 * width]);
    const initial = Array.from({ length: kind.states }, (_, i) => {
      const state = c.inputs[5 + i];
      return check(state && timeFirst(state), i === 0 ? 'initial_h' : 'initial_c', [directions, batch, hidden]);
    });
    const p = kind.states === 2 ? check(c.inputs[7], 'P', [directions, 3 * hidden]) : undefined;
    const mask = maskOf(c, steps, batch);
    const activations = activationsOf(c, directions, kind.activations);

    const runs = activations.map((functions, d): Run => {
      const own = (value: Value) => squeeze(slice(value, 0, d, 1, 1), [0]);
      const bias = b && own(b);
      const cell: Cell = {
        c,
        hidden,
        recurrence: own(r),
        bias: bias && [slice(bias, 0, 0, 1, width), slice(bias, 0, width, 1, width)],
        peepholes: p && own(p),
        activations: functions,
      };
      const rows = products(c, x, own(w), kind.inputBias(cell));
      const start = initial.map((state) => state && nonZero(c, own(state)));
      return unroll(kind, cell, rows, mask, direction === 'reverse' || d === 1, start);
    });
    const all = () => {
      const y = stack(c, runs[0]?.rows.flatMap((_, t) => runs.map(({ rows }) => rows[t] as Value)) as Value[]);
      const split = reshapeView(y, [steps, directions, batch, hidden]) as Value;
      return layout === 1 ? transpose(split, [2, 0, 1, 3]) : split;
    };
    const finals = Array.from({ length: kind.states }, (_, i) => {
      if (!c.node.outputs[1 + i]) return undefined;
      return timeFirst(
        stack(
          c,
          runs.map(({ states }) => states[i] as Value),
        ),
      );
    });
    return [c.node.outputs[0] ? all() : undefined, ...finals];
  };

export const recurrent: Family = {
  RNN: { since: 1, lower: recurrentOf(rnn) },
  GRU: { since: 3, lower: recurrentOf(gru) },
  LSTM: { since: 1, lower: recurrentOf(lstm) },
};
