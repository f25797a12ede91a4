/** A role as its own process, as an operator starts it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface RoleProcess {
  readonly child: ChildProcess;
  /** Log lines so far. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  /** The `url` of the first line that has one. */
  readonly url: string;
  /** Sends the signal and resolves to the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Resolves when the role has logged the URL it listens on; rejects with what it said if it ends before. */
export async function startRole(main: string, environment: Readonly<Record<string, string>>): Promise<RoleProcess> {
  const file = fileURLToPath(new URL(`../../workers/${main}/main.ts`, import.meta.url));
  const env = { PATH: process.env['PATH'], ...environment };
  const child = spawn(process.execPath, [file], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  const lines: Record<string, unknown>[] = [];
  let said = '';
  child.stderr?.on('data', (text) => {
    said += text;
  });
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (text) => {
      said += `${text}\n`;
      const line = JSON.parse(text);
      lines.push(line);
      if (typeof line.url === 'string') resolve(line.url);
    });
    exited.then(([code]) => reject(new Error(`${main} ended with code ${code}:\n${said}`)), reject);
  });
  return {
    child,
    lines,
    url,
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      const [code] = await exited;
      return code;
    },
  };
}
