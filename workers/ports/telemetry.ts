/** Structured log: a constant message in the past tense, data in fields. Secrets never enter a field. */
export interface Log {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  /** A person may need to act. */
  warn(message: string, fields?: Fields): void;
  /** A person must act. */
  error(message: string, fields?: Fields): void;
  child(fields: Fields): Log;
}

export type Fields = Readonly<Record<string, unknown>>;

/** Named measurements, `worker_<stage>_<what>_<unit>`. Implementations refuse names that were not declared. */
export interface Metrics {
  count(name: string, labels?: Labels, by?: number): void;
  gauge(name: string, value: number, labels?: Labels): void;
  /** A duration in seconds, or a size in bytes or rows, as the name's unit says. */
  observe(name: string, value: number, labels?: Labels): void;
}

export type Labels = Readonly<Record<string, string>>;
