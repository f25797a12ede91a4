import { ProtocolError } from '#core/errors.ts';
import type { Hex } from '#ports/chain.ts';
import type { Journal, RecordedResult } from '#ports/journal.ts';
import type { Sql } from '#ports/sql.ts';

/** What this process is committed to: written once per request. */
export const resultTable = (sql: Sql): Pick<Journal, 'checkAndRecord' | 'result'> => ({
  async checkAndRecord(result: RecordedResult): Promise<'recorded' | 'same'> {
    const inserted = await sql.query(
      `insert into journal_result (request_id, output_hash, submission, output) values ($1, $2, $3, $4)
       on conflict do nothing returning request_id`,
      [result.requestId, result.outputHash, result.submission, result.output],
    );
    if (inserted.length > 0) return 'recorded';

    // Results are never updated, so what is read now is what stood in the way.
    const recorded = await read(sql, result.requestId);
    if (recorded && sameResult(recorded, result)) return 'same';
    throw new ProtocolError('journal.equivocation', {
      requestId: result.requestId,
      recorded: recorded?.outputHash ?? 'unknown',
      offered: result.outputHash,
    });
  },

  result: (requestId) => read(sql, requestId),
});

async function read(sql: Sql, requestId: Hex): Promise<RecordedResult | undefined> {
  const [row] = await sql.query<StoredResult>('select * from journal_result where request_id = $1', [requestId]);
  return (
    row && {
      requestId: row.request_id,
      outputHash: row.output_hash,
      submission: new Uint8Array(row.submission),
      output: new Uint8Array(row.output),
    }
  );
}

interface StoredResult {
  readonly request_id: Hex;
  readonly output_hash: Hex;
  readonly submission: Uint8Array;
  readonly output: Uint8Array;
}

const sameResult = (a: RecordedResult, b: RecordedResult) =>
  a.outputHash === b.outputHash &&
  Buffer.compare(a.submission, b.submission) === 0 &&
  Buffer.compare(a.output, b.output) === 0;
