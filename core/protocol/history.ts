/** One request from its events: the row of the state machine, and the bytes that only the events carry. */
import type { Hex } from '../hex.ts';
import type { RequestEvent } from './events.ts';
import { type RequestRow, reduce } from './request.ts';

export interface History {
  readonly row: RequestRow;
  /** As it was in calldata; the 32-byte commitment for ROOT_INPUT. */
  readonly input: Hex;
  /** As it was submitted; undefined before. */
  readonly output: Hex | undefined;
}

/** undefined = no event stands. Throws `request.illegal_transition` when one is missing or came twice. */
export function historyOf(events: readonly RequestEvent[]): History | undefined {
  let row: RequestRow | undefined;
  let input: Hex | undefined;
  let output: Hex | undefined;
  for (const event of events) {
    row = reduce(row, event);
    if (event.type === 'Requested') input = event.input;
    if (event.type === 'Submitted') output = event.output;
  }
  return row && input !== undefined ? { row, input, output } : undefined;
}
