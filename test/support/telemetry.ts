import type { Fields, Labels, Log, Metrics } from '#ports/telemetry.ts';

export interface Line extends Fields {
  readonly level: string;
  readonly message: string;
}

/** A log that keeps its lines, for tests to read. */
export function recordedLog(lines: Line[] = [], fields: Fields = {}): Log & { readonly lines: readonly Line[] } {
  const write = (level: string) => (message: string, more?: Fields) => {
    lines.push({ ...fields, ...more, level, message });
  };
  return {
    lines,
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: (more) => recordedLog(lines, { ...fields, ...more }),
  };
}

/** Counts by name and labels: `worker_queue_jobs_total{outcome="done",stage="execute"}`. */
export function recordedMetrics(): Metrics & { readonly values: ReadonlyMap<string, number> } {
  const values = new Map<string, number>();
  const key = (name: string, labels: Labels = {}) => {
    const parts = Object.keys(labels).sort();
    return parts.length === 0 ? name : `${name}{${parts.map((part) => `${part}="${labels[part]}"`).join(',')}}`;
  };
  return {
    values,
    count: (name, labels, by = 1) => void values.set(key(name, labels), (values.get(key(name, labels)) ?? 0) + by),
    gauge: (name, value, labels) => void values.set(key(name, labels), value),
    observe: (name, value, labels) => void values.set(key(name, labels), value),
  };
}
