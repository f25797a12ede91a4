/** The part "Many at once" of docs/benchmarks.md. */
import type { BatchingRow } from './batching.ts';
import type { BurstReport } from './burst.ts';
import type { ScaleRow } from './scale.ts';
import { mib, number, table } from './text.ts';

export interface ManyReport {
  readonly cores: number;
  readonly scale: readonly ScaleRow[] | undefined;
  readonly batching: readonly BatchingRow[];
  readonly burst: BurstReport;
}

export function manySection({ cores, scale, batching, burst }: ManyReport): string {
  const processes = scale?.[0] ? Object.keys(scale[0].perSecond).map(Number) : [];
  const scaleTable = table(
    ['queue', 'model', ...processes.map((count) => `${count} ${count === 1 ? 'process' : 'processes'}`)],
    (scale ?? []).map(({ queue, model, perSecond }) => [
      queue,
      model,
      ...processes.map((count) => number(perSecond[count] ?? 0)),
    ]),
  );
  const batchTable = table(
    ['model', 'held against the reference', 'each alone', 'together', 'gain', 'rows of an execution'],
    batching.map(({ model, checked, alone, together, rows }) => [
      model,
      checked ? 'yes' : 'no',
      number(alone),
      number(together),
      `${(together / alone).toFixed(2)} times`,
      rows.toFixed(1),
    ]),
  );
  return `### Executor processes on one queue

Requests a second, from a PostgreSQL journal and a queue on the server named, one child each; no chain. This machine has ${cores} cores, which
the server, whoever puts the requests in, and the executors with their children share: more processes than cores cannot bring more.

${scale ? scaleTable : 'Not measured: PostgreSQL and Redis are not on this machine.'}

### Requests that share an execution

Requests a second of one executor with one child and 32 requests at a time, journal in memory; best of several rounds in turns. With the
check each item is computed by the reference as well, alone, which is what most of the time then goes to.

${batchTable}

### A burst over the chain

${number(burst.requests)} requests over ${burst.models} models of ${burst.requesters} requesters at once, a node process with its embedded journal and two children, anvil.

| | |
|---|---|
| answers a second, by quarter of the time | ${burst.rates.map((rate) => rate.toFixed(0)).join(', ')} |
| results of a transaction | ${burst.together.toFixed(1)} |
| gas of a submission, per result | ${number(burst.gasPerResult)} |
| sessions loaded | ${burst.loads} |
| peak memory of the node process | ${mib(burst.peakBytes)} |`;
}
