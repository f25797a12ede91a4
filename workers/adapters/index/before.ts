import { type Disputes, followDisputes, NO_DISPUTES } from '#core/challenges/postings.ts';
import { decode } from '#core/lossless.ts';
import { isAboutRequest, isGameEvent } from '#core/protocol/events.ts';
import type { ParameterSet } from '#core/protocol/parameters.ts';
import type { RequestRow } from '#core/protocol/request.ts';
import type { Hex, LoggedEvent } from '#ports/chain.ts';
import type { Before, IndexedRequest } from '#ports/indexing.ts';
import type { ChainTables, Transaction } from './store.ts';

interface RequestColumns {
  readonly id: Hex;
  readonly ordinal: string;
  readonly requested_block: string;
  readonly requested_at: string;
  readonly submitted_block: string | null;
  readonly submitted_at: string | null;
  readonly ended_at: string | null;
  readonly disputed: boolean;
  readonly row: unknown;
}

interface SetColumns {
  readonly set: number;
  readonly parameters: unknown;
}

const SETS = 'select set, parameters from index_set where set = any ($1)';

/** What the events of a block meet: their requests, the disputes over them, and who decides those. */
export async function before(
  tx: Transaction,
  chain: ReturnType<ChainTables>,
  events: readonly LoggedEvent[],
): Promise<Before> {
  const plain = events.map(({ event }) => event);
  const ids = [...new Set(plain.filter(isAboutRequest).map(({ id }) => id))];
  const rows =
    ids.length === 0 ? [] : await tx.query<RequestColumns>('select * from index_request where id = any ($1)', [ids]);
  const requests = new Map(rows.map((row) => [row.id, requestFrom(row)]));

  const disputes = new Map<Hex, Disputes>();
  for (const id of new Set(plain.filter(isGameEvent).map(({ id }) => id))) {
    const earlier = (await chain.eventsOf(id)).map(({ event }) => event).filter(isGameEvent);
    disputes.set(id, earlier.reduce(followDisputes, NO_DISPUTES));
  }

  const asked = plain.flatMap((event) => (event.type === 'Requested' ? [event.terms.set] : []));
  const numbers = new Set([...asked, ...[...requests.values()].map(({ row }) => row.terms.set)]);
  const sets = numbers.size === 0 ? [] : await tx.query<SetColumns>(SETS, [[...numbers]]);
  const arbiters = new Map(sets.map(({ set, parameters }) => [set, (decode(parameters) as ParameterSet).arbiter]));
  return { requests, disputes, arbiters };
}

export function requestFrom(columns: RequestColumns): IndexedRequest {
  const whole = (text: string | null) => (text === null ? undefined : Number(text));
  // JSON has no undefined: what is not there yet is left out.
  const absent = {
    node: undefined,
    outputHash: undefined,
    challengeEnd: undefined,
    end: undefined,
    closing: undefined,
  };
  return {
    row: { ...absent, ...(decode(columns.row) as RequestRow) },
    ordinal: Number(columns.ordinal),
    requestedBlock: Number(columns.requested_block),
    requestedAt: Number(columns.requested_at),
    submittedBlock: whole(columns.submitted_block),
    submittedAt: whole(columns.submitted_at),
    endedAt: whole(columns.ended_at),
    disputed: columns.disputed,
  };
}
