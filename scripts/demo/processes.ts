/** Processes of the local network: started from a configuration, ready when they say they are healthy, and never left behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const ROOT = path.join(import.meta.dirname, '../..');
const LEASH = path.join(import.meta.dirname, 'leash.ts');
const READY_MS = 180_000;
const STOP_MS = 15_000;
/** Lines of a log that a failure quotes. */
const TAIL = 15;

export interface ProcessOptions {
  /** As people call it. */
  readonly name: string;
  /** The file that is run, from the project's root. */
  readonly script: string;
  readonly environment: Readonly<Record<string, string>>;
  /** The variable that gives it a port. It takes a free one, and the same again when it is started again. */
  readonly portVariable: string;
  readonly logFile: string;
  /** What has to be there before it starts. */
  readonly prepare?: () => Promise<void>;
  /** Whether it is ready, once its log has told where it is. */
  readonly ready: Ready;
}

export type Ready = (url: string) => Promise<boolean>;

/** One process, which may be stopped and started again. */
export class Process {
  readonly name: string;
  readonly logFile: string;
  readonly #options: ProcessOptions;
  #child: ChildProcess | undefined;
  #url: string | undefined;
  /** What its log had before it was started last. */
  #logged = 0;

  constructor(options: ProcessOptions) {
    this.#options = options;
    this.name = options.name;
    this.logFile = options.logFile;
  }

  get url(): string {
    if (this.#url === undefined) throw new Error(`The ${this.name} has not been started.`);
    return this.#url;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves when it is ready to work. `more`: variables for this time. */
  async start(more: Readonly<Record<string, string>> = {}): Promise<void> {
    const { script, environment, portVariable, logFile, prepare } = this.#options;
    await prepare?.();
    mkdirSync(path.dirname(logFile), { recursive: true });
    const log = openSync(logFile, 'a');
    this.#logged = readFileSync(logFile).length;
    this.#child = spawn(process.execPath, ['--import', LEASH, path.join(ROOT, script)], {
      cwd: ROOT,
      env: { ...inherited(), ...environment, ...more, [portVariable]: this.#port() },
      // The fourth is the leash. Of their own group, so that Ctrl-C reaches us first and things end in order.
      stdio: ['ignore', log, log, 'ipc'],
      detached: true,
    });
    closeSync(log);
    this.#child.on('error', () => {}); // `running` tells
    await this.#untilReady();
  }

  /** Asks it to end, and makes it end if it does not. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** Ends it in the middle of whatever it does. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Its exit code, if it has ended by itself. */
  get exitCode(): number | null {
    return this.#child?.exitCode ?? null;
  }

  /** What ended it, if it was a signal. */
  get signal(): NodeJS.Signals | null {
    return this.#child?.signalCode ?? null;
  }

  /** The last lines of its log. */
  tail(lines = TAIL): string {
    return this.#lines().slice(-lines).join('\n');
  }

  /** The end of its log if it is gone, its warnings and errors if it runs; nothing if it was never started. */
  complaints(): string[] {
    if (this.#child === undefined) return [];
    const lines = this.running ? this.#lines().filter((line) => /"level":"(warn|error)"/.test(line)) : this.#lines();
    const state = this.running ? 'runs; its last warnings' : 'has ended; its last lines';
    const shown = lines.slice(-TAIL);
    return shown.length === 0 ? [] : [`The ${this.name} ${state} (${path.relative(ROOT, this.logFile)}):`, ...shown];
  }

  #lines(): string[] {
    return readFileSync(this.logFile, 'utf8').trimEnd().split('\n');
  }

  async #untilReady(): Promise<void> {
    const until = Date.now() + READY_MS;
    while (Date.now() < until) {
      if (!this.running) throw new Error(`The ${this.name} ended while it started. ${this.#quoted()}`);
      const url = this.#toldUrl();
      this.#url = url ?? this.#url;
      if (url !== undefined && (await this.#options.ready(url).catch(() => false))) return;
      await sleep(25);
    }
    throw new Error(`The ${this.name} was not ready within ${READY_MS / 1000} s. ${this.#quoted()}`);
  }

  /** From the first line of this start that says so. */
  #toldUrl(): string | undefined {
    const lines = readFileSync(this.logFile).subarray(this.#logged).toString().split('\n').slice(0, -1);
    return lines.map(startedAt).find((url) => url !== undefined);
  }

  #port(): string {
    return this.#url === undefined ? '0' : new URL(this.#url).port;
  }

  #quoted(): string {
    return `The end of ${path.relative(ROOT, this.logFile)}:\n${this.tail()}`;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child || !this.running) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    child.kill(signal);
    await gone;
    clearTimeout(timer);
  }
}

/** What a person set for workers of their own is not meant for these. */
function inherited(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('OPG_')));
}

export async function healthy(url: string): Promise<boolean> {
  return (await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(5_000) })).ok;
}

/** The URL of a line such as {"message":"storage node started","url":"http://127.0.0.1:9000"}; undefined for any other line. */
function startedAt(line: string): string | undefined {
  if (!line.startsWith('{') || !line.includes('started')) return undefined;
  const { message, url }: { message?: unknown; url?: unknown } = JSON.parse(line);
  return typeof message === 'string' && message.endsWith('started') && typeof url === 'string' ? url : undefined;
}
