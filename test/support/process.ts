/** A role as a process of its own, as an operator runs it. */
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { eventually } from './eventually.ts';

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

export class RoleProcess {
  readonly lines: LogLine[] = [];
  readonly #child: ChildProcess;
  readonly #exit: Promise<number | null>;
  #stderr = '';

  constructor(role: string, environment: Readonly<Record<string, string>>) {
    const main = path.join(import.meta.dirname, `../../workers/${role}/main.ts`);
    const env = { ...process.env, ...environment };
    this.#child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#exit = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.stderr?.on('data', (chunk) => (this.#stderr += chunk));
    if (this.#child.stdout)
      createInterface({ input: this.#child.stdout }).on('line', (line) => this.lines.push(JSON.parse(line)));
  }

  /** Resolves to its exit code when it ends by itself. */
  get exit(): Promise<number | null> {
    return this.#exit;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** What ended it, if it was a signal. */
  get signal(): NodeJS.Signals | null {
    return this.#child.signalCode;
  }

  /** Its exit code, once it has ended by itself. */
  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  count(message: string): number {
    return this.lines.filter((line) => line.message === message).length;
  }

  /** The first line with this message; fails with what the process said if it ends before. */
  async says(message: string, withinMs = 60_000): Promise<LogLine> {
    const found = () => this.lines.find((line) => line.message === message);
    await eventually(`"${message}" in the log`, () => found() || this.exitCode !== null, withinMs);
    const line = found();
    if (line) return line;
    throw new Error(`The process ended with ${this.exitCode}:\n${this.said()}`);
  }

  said(): string {
    return [...this.lines.map((line) => JSON.stringify(line)), this.#stderr].join('\n');
  }

  /** Ends it and returns its exit code. SIGKILL gives it no time for anything. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    if (this.#child.exitCode === null) this.#child.kill(signal);
    return this.#exit;
  }
}
