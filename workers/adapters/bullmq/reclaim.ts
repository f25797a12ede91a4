import type { QueuePool } from './backend.ts';
import { MAX_STALLED } from './timing.ts';

/**
 * Lets the jobs of a queue that a process took and did not end wait again, at once. Only for a queue that no other process consumes, before
 * this one does: then nobody runs them, whatever their locks say. BullMQ's own sweep of abandoned jobs does it, told that every lock has
 * run out and was seen before, and that no sweep was lately; so a job that kills its process is counted as ever, and dropped in the end.
 * Returns how many.
 */
export async function reclaimJobs(pool: QueuePool, queue: string): Promise<number> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const expire = `update job set locked_until_ms = 0, stalled_marked = true where queue = $1 and state = 'active'`;
    await client.query(expire, [queue]);
    await client.query(`delete from meta where queue = $1 and field = 'stalled-check'`, [queue]);
    const sweep = 'select * from move_stalled_jobs_to_wait($1, $2, $3, $4)';
    const { rows } = await client.query(sweep, [queue, MAX_STALLED, Date.now(), 0]);
    await client.query('commit');
    return rows.length;
  } finally {
    client.release();
  }
}
