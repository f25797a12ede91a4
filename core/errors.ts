/** Every failure of the protocol has a code, evidence, and a sentence that says what to do. docs/errors.md is generated from here. */

import { blobsErrors } from './errors/blobs.ts';
import { chainErrors } from './errors/chain.ts';
import { challengesErrors } from './errors/challenges.ts';
import type { ErrorEntry, PayloadOf } from './errors/entry.ts';
import { render } from './errors/entry.ts';
import { escrowErrors } from './errors/escrow.ts';
import { modelsErrors } from './errors/models.ts';
import { nodesErrors } from './errors/nodes.ts';
import { openGradientErrors } from './errors/openGradient.ts';
import { ownersErrors } from './errors/owners.ts';
import { protocolErrors } from './errors/protocol.ts';
import { requestsErrors } from './errors/requests.ts';
import { runtimeErrors } from './errors/runtime.ts';
import { sdkErrors } from './errors/sdk.ts';
import { searchErrors } from './errors/search.ts';
import { semanticsErrors } from './errors/semantics.ts';
import { storageErrors } from './errors/storage.ts';

/** Codes with an underscore are the contracts' custom errors, verbatim; dotted ones are ours. */
export const errorTable = {
  ...protocolErrors,
  ...sdkErrors,
  ...blobsErrors,
  ...runtimeErrors,
  ...escrowErrors,
  ...modelsErrors,
  ...nodesErrors,
  ...ownersErrors,
  ...openGradientErrors,
  ...requestsErrors,
  ...chainErrors,
  ...challengesErrors,
  ...storageErrors,
  ...semanticsErrors,
  ...searchErrors,
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorTable;
export type ErrorPayload<C extends ErrorCode> = PayloadOf<(typeof errorTable)[C]>;

export class ProtocolError<C extends ErrorCode = ErrorCode> extends Error {
  readonly code: C;
  /** The evidence, by name: what was found, what was expected. */
  readonly payload: ErrorPayload<C>;
  /** True: the same call can succeed later without anybody changing it. False: final, do not repeat it. */
  readonly retryable: boolean;

  constructor(code: C, payload: ErrorPayload<C>, options?: ErrorOptions) {
    super(`${code}: ${render(errorTable[code], payload)}`, options);
    this.name = 'ProtocolError';
    this.code = code;
    this.payload = payload;
    this.retryable = errorTable[code].retryable;
  }
}

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorTable, code);
}

/** Narrows a caught value to a ProtocolError, of one code if given. */
export function isProtocolError<C extends ErrorCode = ErrorCode>(error: unknown, code?: C): error is ProtocolError<C> {
  return error instanceof ProtocolError && (code === undefined || error.code === code);
}
