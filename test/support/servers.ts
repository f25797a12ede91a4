/**
 * Real servers for the conformance suites: found on this machine, or installed (debian.ts), each started for the tests on a free port of
 * 127.0.0.1 in a temporary directory.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { findOrInstall, thisMachine } from './debian.ts';

export interface RunningServer {
  readonly url: string;
  /** kill -9. */
  kill(): Promise<void>;
  /** Again, on the same port and data. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

const { isRoot, onPath } = thisMachine;

/** Starts a PostgreSQL of its own; undefined = there is none and none can be installed. */
export async function startPostgres(): Promise<RunningServer | undefined> {
  const bin = findOrInstall('postgresql', postgresBin);
  if (!bin) return undefined;
  // PostgreSQL refuses to run as root.
  const user = isRoot ? 'postgres' : os.userInfo().username;
  const home = mkdtempSync(path.join(os.tmpdir(), 'opg-postgres-'));
  const data = path.join(home, 'data');
  if (isRoot) chownSync(home, Number(id('-u', user)), Number(id('-g', user)));
  const as = (command: string, args: string[]): [string, string[]] =>
    isRoot ? ['setpriv', [`--reuid=${user}`, `--regid=${user}`, '--init-groups', command, ...args]] : [command, args];

  const initdb = as(path.join(bin, 'initdb'), ['-D', data, '-U', 'opg', '-A', 'trust', '--no-sync', '-E', 'UTF8']);
  execFileSync(...initdb, { stdio: 'pipe', cwd: home });
  const port = await freePort();
  const settings = ['-c', 'fsync=off', '-c', `unix_socket_directories=${home}`, '-c', 'listen_addresses=127.0.0.1'];
  const run = () =>
    spawn(...as(path.join(bin, 'postgres'), ['-D', data, '-p', `${port}`, ...settings]), { stdio: 'pipe', cwd: home });
  return supervise(run, `postgres://opg@127.0.0.1:${port}/postgres`, home, 'SIGINT', letsIn);
}

/** Starts a Redis (or Valkey) of its own, with an append-only file. */
export async function startRedis(): Promise<RunningServer | undefined> {
  const binary = findOrInstall('redis-server', () => onPath('redis-server') ?? onPath('valkey-server'));
  if (!binary) return undefined;
  const home = mkdtempSync(path.join(os.tmpdir(), 'opg-redis-'));
  const port = await freePort();
  const settings = [
    '--bind',
    '127.0.0.1',
    '--port',
    `${port}`,
    '--dir',
    home,
    '--appendonly',
    'yes',
    '--appendfsync',
    'always',
  ];
  const run = () => spawn(binary, [...settings, '--save', '', '--maxmemory-policy', 'noeviction'], { stdio: 'pipe' });
  return supervise(run, `redis://127.0.0.1:${port}`, home, 'SIGTERM', answers);
}

async function supervise(
  run: () => ChildProcess,
  url: string,
  home: string,
  stop: NodeJS.Signals,
  isReady: (url: string) => Promise<boolean>,
): Promise<RunningServer> {
  let server = await start(run, url, isReady);
  const end = async (signal: NodeJS.Signals) => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill(signal);
    await ended;
  };
  return {
    url,
    kill: () => end('SIGKILL'),
    start: async () => {
      server = await start(run, url, isReady);
    },
    stop: async () => {
      await end(stop);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Waits until the server is ready; one that ends before has its own words quoted. */
async function start(
  run: () => ChildProcess,
  url: string,
  isReady: (url: string) => Promise<boolean>,
): Promise<ChildProcess> {
  const server = run();
  let said = '';
  server.stdout?.on('data', (chunk) => (said += chunk));
  server.stderr?.on('data', (chunk) => (said += chunk));
  for (let attempt = 0; attempt < 300; attempt++) {
    if (server.exitCode !== null) throw new Error(`The server for ${url} ended at once:\n${said}`);
    if (await isReady(url)) return server;
    await sleep(100);
  }
  server.kill('SIGKILL');
  throw new Error(`The server for ${url} did not answer within 30 seconds:\n${said}`);
}

/** PostgreSQL takes connections before it is ready, and ends them with "the database system is starting up". */
async function letsIn(connectionString: string): Promise<boolean> {
  const client = new Client({ connectionString });
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end();
  }
}

const answers = (url: string) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.end());
  });

export const freePort = () =>
  new Promise<number>((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

/** Debian keeps the servers of each release in a directory of their own, outside of PATH. */
function postgresBin(): string | undefined {
  const root = '/usr/lib/postgresql';
  const releases = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  const release = releases.find((name) => existsSync(path.join(root, name, 'bin', 'initdb')));
  if (release) return path.join(root, release, 'bin');
  const initdb = onPath('initdb');
  return initdb && path.dirname(initdb);
}

const id = (flag: string, user: string) => execFileSync('id', [flag, user], { encoding: 'utf8' }).trim();
