import { globSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { createMetrics } from '../../../workers/adapters/prometheus/metrics.ts';
import { declared } from '../../../workers/adapters/prometheus/table.ts';

const USE = /\.(count|gauge|observe)\(\s*'(worker_\w+)'/g;
const TYPE = { count: 'counter', gauge: 'gauge', observe: 'histogram' } as const;

/** Every use of a metric in workers/: its name, and the type the call needs. */
const uses = globSync('workers/**/*.ts').flatMap((file) =>
  [...readFileSync(file, 'utf8').matchAll(USE)].map(([, call, name = '']) => ({
    file,
    name,
    type: TYPE[call as keyof typeof TYPE],
  })),
);

describe('the metrics', () => {
  it('are declared wherever they are used', () => {
    expect(uses).to.not.deep.equal([]);
    for (const { file, name, type } of uses) expect(declared.get(name)?.type, `${name} in ${file}`).to.equal(type);
  });

  it('are named worker_<stage>_<what>_<unit>: a counter ends in total, a histogram in its unit', () => {
    for (const [name, { type }] of declared) {
      expect(name).to.match(/^worker_[a-z]+_[a-z_]+$/);
      if (type === 'counter') expect(name).to.match(/_total$/);
      if (type === 'histogram') expect(name).to.match(/_(seconds|bytes|rows)$/);
    }
  });

  it('refuse a name, a type or labels that were not declared', () => {
    const metrics = createMetrics();
    expect(() => metrics.count('worker_watch_blocks')).to.throw('not declared in table.ts');
    expect(() => metrics.count('worker_watch_block')).to.throw('declared as a gauge, not a counter');
    expect(() => metrics.gauge('worker_serve_rows', 1)).to.throw('has the labels [stage], not []');
    expect(() => metrics.gauge('worker_serve_rows', 1, { stage: 'a', id: '0x1' })).to.throw('not [stage, id]');
  });

  it('count, show the last value, and sort into buckets', async () => {
    const metrics = createMetrics();
    metrics.count('worker_queue_jobs_total', { stage: 'execute', outcome: 'done' });
    metrics.count('worker_queue_jobs_total', { stage: 'execute', outcome: 'done' }, 2);
    metrics.gauge('worker_serve_rows', 5, { stage: 'observed' });
    metrics.gauge('worker_serve_rows', 4, { stage: 'observed' });
    metrics.observe('worker_execute_run_seconds', 0.03);
    const text = await metrics.text();
    expect(text).to.contain('worker_queue_jobs_total{stage="execute",outcome="done"} 3');
    expect(text).to.contain('worker_serve_rows{stage="observed"} 4');
    expect(text).to.contain('worker_execute_run_seconds_bucket{le="0.05"} 1');
    expect(text).to.contain('worker_execute_run_seconds_bucket{le="0.025"} 0');
  });
});
