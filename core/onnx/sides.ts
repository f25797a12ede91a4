/** What a graph takes and gives, as its file says: the draft of a version's schema. */
import type { Dtype } from '../commitment/dtype.ts';
import { dtypeOfCode } from '../commitment/dtype.ts';
import type { ModelProto, ValueInfo } from './messages.ts';

export interface GraphValue {
  readonly name: string;
  /** Undefined: a data type outside the six. */
  readonly dtype: Dtype | undefined;
  /** -1 = free. */
  readonly shape: readonly number[];
}

/** Constants that older files also list as inputs are left out. */
export function graphSides(model: ModelProto): { readonly inputs: GraphValue[]; readonly outputs: GraphValue[] } {
  const { input = [], output = [], initializer = [] } = model.graph ?? {};
  const constants = new Set(initializer.map((tensor) => tensor.name));
  const value = ({ name, type }: ValueInfo): GraphValue => ({
    name,
    dtype: dtypeOfCode(type?.tensorType?.elemType ?? 0),
    shape: (type?.tensorType?.shape?.dim ?? []).map(({ dimValue }) => dimValue ?? -1),
  });
  return { inputs: input.filter(({ name }) => !constants.has(name)).map(value), outputs: output.map(value) };
}
