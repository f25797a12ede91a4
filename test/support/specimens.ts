/** Operators of every kind over random index spaces, with what they read and elements to decide: what a step can be, cheap and dear. */
import type { TensorData } from '#core/commitment/dtype.ts';
import { DTYPES, type Dtype } from '#core/commitment/dtype.ts';
import type { ElementwiseKind, Kind } from '#core/semantics/kinds.ts';
import { KINDS } from '#core/semantics/kinds.ts';
import { bitsOfFloat } from '#core/semantics/primitives/elementwise.ts';
import type { Access, Guard, Operator } from '#core/semantics/program.ts';
import { elementCount, type Tensor } from '#core/tensor.ts';
import type { Specimen } from './contracts/wrongEverywhere.ts';
import { familiesOf, patterns, scalarOf } from './elements.ts';
import { randomDots } from './randomDots.ts';
import type { Seeded } from './seeded.ts';

/** Factors of an int32 product; those of an int64 one are int64. */
const INTEGERS: readonly Dtype[] = ['uint8', 'int8', 'int32'];
const ALL: readonly Dtype[] = ['float32', 'int32', 'int64', 'uint8', 'int8', 'bool'];
const EXPONENTS = [0, 1, -1, 2, 3, -7, 16, 0.25, -0.75, 2.5, 2.2, 1 / 2.4, 1 / 3].map(Math.fround);
/** Up to this many elements an input of a request may have here: all inputs together are calldata of one request. */
const SMALL = 100;

export function randomSpecimens(r: Seeded) {
  const { int, pick } = r;
  const dots = randomDots(r);
  const sizes = () => pick([1, 2, 3, 5, 8, 20, 64, 65, 130, 700]);

  /** Values whose bytes are seldom zero, or anything. */
  function fill(dtype: Dtype, count: number): TensorData {
    const data = new DTYPES[dtype].Data(count) as Float32Array;
    const any = patterns(dtype, r);
    const plain = int(2) === 0 && dtype === 'float32';
    for (let i = 0; i < count; i++) data[i] = plain ? r.normal() : (scalarOf(any(), dtype) as number);
    return data;
  }

  /** Strides in a random order over some of the axes, the source larger than they reach; and a base. */
  function accessOf(dtype: Dtype, space: readonly number[], inner: readonly number[], spread = 1): Access {
    const all = [...space, ...inner];
    const order = all
      .map((_, axis) => axis)
      .filter(() => int(5) > 0)
      .sort(() => int(3) - 1);
    const strides = all.map(() => 0);
    let reach = spread;
    for (const axis of order) {
      strides[axis] = reach;
      reach *= all[axis] as number;
    }
    const base = int(3) * int(70);
    return {
      source: { from: 'input', index: 0 },
      dtype,
      elements: base + reach + int(2) * int(5_000),
      base,
      outer: strides.slice(0, space.length),
      inner: inner.length > 0 ? strides.slice(space.length) : [],
      guards: [],
    };
  }

  const spaceOf = () => {
    const space = Array.from({ length: int(4) }, sizes);
    if (int(8) === 0) space.push(...Array.from({ length: 12 }, () => 1 + int(2)));
    while (elementCount(space) > 20_000) space.pop();
    return space;
  };

  /** A tensor for each operand; sometimes one for two that have a dtype. Large ones are never inputs. */
  function specimen(operator: Operator, more: Pick<Specimen, 'claim'> = {}): Specimen {
    const shared = int(6) === 0;
    const tensors: (Tensor | undefined)[] = [];
    const operands = operator.operands.map((access, i) => {
      if (access === undefined) return undefined;
      const at = shared ? operator.operands.findIndex((other) => other?.dtype === access.dtype) : i;
      const alike = operator.operands.filter(
        (other, j) => other && (j === i || (shared && other.dtype === access.dtype)),
      );
      const elements = Math.max(...alike.map((other) => (other as Access).elements));
      tensors[i] = tensors[at] ?? { dtype: access.dtype, shape: [elements], data: fill(access.dtype, elements) };
      return { ...access, elements };
    });
    const distinct = [...new Set(operands.map((_, i) => tensors[i]).filter((one) => one !== undefined))];
    const from = distinct.map(({ data }) =>
      pick(['constant', 'operator', data.length <= SMALL && int(4) === 0 ? 'input' : 'operator'] as const),
    );
    const count = elementCount(operator.space);
    return {
      operator: { ...operator, operands },
      tensors: operands.map((access, i) => access && tensors[i]),
      from,
      elements: [int(count)],
      ...more,
    };
  }

  const operatorOf = (
    kind: Kind,
    dtype: Dtype,
    space: readonly number[],
    inner: readonly number[],
    operands: Operator['operands'],
    attribute = 0,
  ): Operator => ({ kind, dtype, shape: [elementCount(space)], space, inner, attribute, operands });

  function elementwise(kind: ElementwiseKind): Specimen {
    const { from, to } =
      kind === 'Pow' ? { from: ['float32'] as const, to: 'float32' as const } : pick(familiesOf(kind));
    const attribute = kind === 'Pow' ? bitsOfFloat(pick(EXPONENTS)) : 0;
    const space = spaceOf();
    return specimen(
      operatorOf(
        kind,
        to,
        space,
        [],
        from.map((dtype) => accessOf(dtype, space, [])),
        attribute,
      ),
    );
  }

  /** Parts of a concatenation: each operand is there on its stretch of one axis. Some are not there at all. */
  function move(): Specimen {
    const dtype = pick(ALL);
    const space = [...spaceOf(), sizes()];
    const axis = int(space.length);
    const size = space[axis] as number;
    const parts = pick([1, 1, 2, 3, 8, 40, 250]);
    const operands = Array.from({ length: parts }, (_, i): Access => {
      const access = accessOf(dtype, space, []);
      const stride = access.outer[axis] as number;
      const guard: Guard = {
        outer: axis,
        outerStep: 1,
        inner: -1,
        innerStep: 0,
        offset: -Math.floor((size * i) / parts),
        divisor: pick([1, 1, 1, 2]),
        extent: Math.ceil(size / parts),
        stride,
      };
      return { ...access, outer: access.outer.with(axis, 0), guards: parts === 1 && int(2) === 0 ? [] : [guard] };
    });
    return specimen(
      operatorOf(
        'Move',
        dtype,
        space,
        [],
        operands.map((one) => (one.guards.length ? one : { ...one, outer: one.outer })),
      ),
    );
  }

  function gather(): Specimen {
    const dtype = pick(ALL);
    const { space, inner, access } = int(3) === 0 ? pooled(dtype) : reduced(dtype);
    const index = accessOf(pick(['int64', 'int32'] as const), space, []);
    const made = specimen(operatorOf('Gather', dtype, space, inner, [access, index]));
    const taps = elementCount(inner);
    const data = made.tensors[1]?.data as BigInt64Array | Int32Array;
    const value = () => int(2 * taps + 2) - taps - 1;
    if (made.tensors[1] !== made.tensors[0])
      for (let i = 0; i < data.length; i++) data[i] = (data instanceof Int32Array ? value() : BigInt(value())) as never;
    return made;
  }

  /** All of some axes. */
  function reduced(dtype: Dtype) {
    const space = spaceOf();
    const inner = Array.from({ length: 1 + int(3) }, () => pick([2, 3, 17, 130]));
    while (inner.length > 1 && elementCount(inner) * elementCount(space) > 200_000) inner.pop();
    return { space, inner, access: accessOf(dtype, space, inner) };
  }

  /** Windows with guards. */
  function pooled(dtype: Dtype) {
    const made = pick([dots.windowOperator, dots.convolutionOperator, dots.anyOperator])();
    const [access] = made.operands as [Access];
    return { space: made.space, inner: made.inner, access: { ...access, dtype } };
  }

  function argument(kind: 'ArgMax' | 'ArgMin'): Specimen {
    const dtype = pick(ALL.slice(0, 5));
    const { space, inner, access } = int(2) === 0 ? pooled(dtype) : reduced(dtype);
    const out = pick(['int64', 'int32'] as const);
    const taps = elementCount(inner);
    const away = 1 + int(Math.max(1, taps - 1));
    return specimen(operatorOf(kind, out, space, inner, [access]), {
      claim: (right, e) => {
        const found = taps === 1 ? -1 : (Number(right[e]) + away) % taps;
        return out === 'int64' ? BigInt(found) : found;
      },
    });
  }

  function topK(): Specimen {
    const dtype = pick(ALL.slice(0, 5));
    const inner = [pick([3, 70, 300])];
    const [taps] = inner as [number];
    const ranks = pick([1, 2, Math.min(taps, 100), taps]);
    const space = [pick([1, 3, 40]), ranks];
    const access = accessOf(dtype, [space[0] as number], inner);
    const all = { ...access, outer: [access.outer[0] as number, 0] };
    const made = specimen(operatorOf('TopK', 'int64', space, inner, [all], int(2)));
    const swap = int(2) === 0 && ranks > 1;
    return {
      ...made,
      claim: (right, e) => {
        const row = e - (e % ranks);
        const other = row + ((e + 1) % ranks);
        return swap ? (right[other] as bigint) : BigInt((Number(right[e]) + 1) % taps);
      },
    };
  }

  /** Long rows that begin anywhere, as a compiler lays out products. */
  function rowOperator(): Operator {
    const n = pick([1, 9, 64, 100, 384, 1000, 4000, 8192]);
    const space = [pick([1, 3, 10]), pick([1, 7])];
    const access = (outer: readonly number[]): Access => ({
      source: { from: 'input', index: 0 },
      dtype: 'float32',
      elements: n * Math.max(...space) + 70,
      base: int(70),
      outer,
      inner: [1],
      guards: [],
    });
    const bias = int(2) === 0 ? undefined : { ...access([0, 1]), inner: [], elements: 100 };
    const right = int(4) === 0 ? undefined : access([0, n]);
    return operatorOf('Dot', 'float32', space, [n], [access([n, 0]), right, bias]);
  }

  /** Taps apart: every one in a leaf of its own, or close to it. */
  function scatteredOperator(): Operator {
    const inner = pick([[7], [100], [200], [20, 10], [3, 50], [1000], [40, 200], [90, 90]]);
    const apart = () => {
      let reach = pick([1, 2, 17, 64, 130]);
      const strides = inner.map(() => 0);
      for (const axis of inner.map((_, i) => i).sort(() => int(3) - 1)) {
        strides[axis] = reach;
        reach *= inner[axis] as number;
      }
      const elements = reach + 1;
      return elements > 300_000 ? undefined : { strides, elements };
    };
    const [left, right] = [apart(), apart()];
    const access = ({ strides, elements }: { strides: number[]; elements: number }): Access => ({
      source: { from: 'input', index: 0 },
      dtype: 'float32',
      elements,
      base: int(2),
      outer: [],
      inner: strides,
      guards: [],
    });
    const plain: Access = access({
      strides: inner.map((_, i) => elementCount(inner.slice(i + 1))),
      elements: elementCount(inner) + 1,
    });
    return operatorOf('Dot', 'float32', [], inner, [
      left ? access(left) : plain,
      right && int(3) > 0 ? access(right) : plain,
      undefined,
    ]);
  }

  const dotMakers: Readonly<Record<string, () => Operator>> = { ...dots, rowOperator, scatteredOperator };

  /** Values of one size, or of every size, so that the wide sum is needed. */
  function dot(maker = pick(Object.keys(dotMakers))): Specimen {
    const made = specimen((dotMakers[maker] as () => Operator)());
    return made;
  }

  function integerDot(): Specimen {
    const makers = Object.keys(dotMakers).filter((name) => !name.includes('anged'));
    const { operands, ...rest } = (dotMakers[pick(makers)] as () => Operator)();
    const [a, b, bias] = operands;
    const constant = (): Access | undefined =>
      int(3) === 0
        ? undefined
        : { ...(a as Access), elements: 1, base: 0, outer: rest.space.map(() => 0), inner: [], guards: [] };
    const dtype = pick(['int32', 'int64'] as const);
    const [x, y] = dtype === 'int64' ? ([dtype, dtype] as const) : ([pick(INTEGERS), pick(INTEGERS)] as const);
    const typed = (access: Access | undefined, as: Dtype) => access && { ...access, dtype: as };
    return specimen({
      ...rest,
      kind: 'IntegerDot',
      dtype,
      attribute: 0,
      operands: [typed(a, x), typed(b, y), typed(constant(), x), b && typed(constant(), y), typed(bias, dtype)],
    });
  }

  function specimenOf(kind: Kind): Specimen {
    if (kind === 'Dot') return dot();
    if (kind === 'IntegerDot') return integerDot();
    if (kind === 'Move') return move();
    if (kind === 'Gather') return gather();
    if (kind === 'TopK') return topK();
    if (kind === 'ArgMax' || kind === 'ArgMin') return argument(kind);
    return elementwise(kind);
  }

  /** As compilers write it: rows or windows of channels, of values whose exponents are far apart. */
  function compiledDot(): Specimen {
    const operator = pick([rowOperator, rowOperator, dots.convolutionOperator])();
    const made = specimen(operator);
    for (const one of made.tensors)
      one?.data.forEach((_, i) => {
        one.data[i] = Math.fround((int(2) - 0.5) * 2 ** (int(120) - 60) * (1 + r.int(2 ** 20) / 2 ** 20));
      });
    const count = elementCount(operator.space);
    return { ...made, elements: [...new Set(Array.from({ length: 6 }, () => int(count)))] };
  }

  return { specimenOf, compiledDot };
}

export const EVERY_KIND = Object.keys(KINDS) as Kind[];
