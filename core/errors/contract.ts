/** A contract's custom error as a ProtocolError of the same name. */
import type { ErrorCode, ErrorPayload } from '../errors.ts';
import { errorTable, isErrorCode, ProtocolError } from '../errors.ts';
import type { ErrorEntry, Evidence } from './entry.ts';

/** `values` are the error's arguments in order; undefined for an error that is not the protocol's. */
export function contractError(
  name: string,
  values: readonly unknown[],
  options?: ErrorOptions,
): ProtocolError | undefined {
  if (!isErrorCode(name)) return undefined;
  const { args }: ErrorEntry = errorTable[name];
  if (args === undefined) return undefined;
  const payload = Object.fromEntries(args.map((arg, i) => [arg, evidenceFrom(values[i])]));
  return new ProtocolError(name as ErrorCode, payload as ErrorPayload<ErrorCode>, options);
}

function evidenceFrom(value: unknown): Evidence {
  const plain = typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean';
  return plain ? value : String(value);
}
