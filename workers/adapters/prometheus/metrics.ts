import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Labels, Metrics } from '#ports/telemetry.ts';
import { declared } from './table.ts';

/** The Metrics port, and the text Prometheus scrapes. */
export interface PrometheusMetrics extends Metrics {
  readonly contentType: string;
  text(): Promise<string>;
}

type Declared = NonNullable<ReturnType<typeof declared.get>>;

/** Measurements of one process: the declared ones, and prom-client's own of memory, CPU and the event loop. */
export function createMetrics(): PrometheusMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counters = new Map<string, Counter>();
  const gauges = new Map<string, Gauge>();
  const histograms = new Map<string, Histogram>();
  for (const [name, { type, help, labels = [], buckets = [] }] of declared) {
    const common = { name, help, labelNames: [...labels], registers: [registry] };
    if (type === 'counter') counters.set(name, new Counter(common));
    else if (type === 'gauge') gauges.set(name, new Gauge(common));
    else histograms.set(name, new Histogram({ ...common, buckets: [...buckets] }));
  }

  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    count: (name, labels = {}, by = 1) => of(counters, 'counter', name, labels).inc({ ...labels }, by),
    gauge: (name, value, labels = {}) => of(gauges, 'gauge', name, labels).set({ ...labels }, value),
    observe: (name, value, labels = {}) => of(histograms, 'histogram', name, labels).observe({ ...labels }, value),
  };
}

/** A name or label nobody declared is a mistake in the program, and nobody would find the measurement. */
function of<M>(metrics: ReadonlyMap<string, M>, type: Declared['type'], name: string, labels: Labels): M {
  const metric = metrics.get(name);
  if (!metric) {
    const other = declared.get(name);
    throw new Error(
      `The metric ${name} is ${other ? `declared as a ${other.type}, not a ${type}` : 'not declared in table.ts'}.`,
    );
  }
  const expected = declared.get(name)?.labels ?? [];
  const given = Object.keys(labels);
  if (given.length === expected.length && given.every((label) => expected.includes(label))) return metric;
  throw new Error(`The metric ${name} has the labels [${expected.join(', ')}], not [${given.join(', ')}].`);
}
