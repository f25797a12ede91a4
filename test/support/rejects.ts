import { AssertionError } from 'chai';
import type { ErrorCode, ProtocolError } from '#core/errors.ts';
import { isProtocolError } from '#core/errors.ts';

/** The ProtocolError `act` throws; fails unless it has this code. */
export function rejects<C extends ErrorCode>(code: C, act: () => unknown): ProtocolError<C> {
  try {
    act();
  } catch (error) {
    if (isProtocolError(error, code)) return error;
    throw new AssertionError(`expected ${code}, got ${error}`, undefined, rejects);
  }
  throw new AssertionError(`expected ${code}, but nothing was thrown`, undefined, rejects);
}

/** The same for a promise. */
export async function rejectsLater<C extends ErrorCode>(code: C, promise: Promise<unknown>): Promise<ProtocolError<C>> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  return rejects(code, () => {
    if (outcome !== undefined) throw outcome.error;
  });
}
