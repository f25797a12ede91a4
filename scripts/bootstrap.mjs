// Runs a task of this project from a fresh clone: installs what package-lock.json asks for, then hands over to the pinned Node.
// Plain Node >= 20, no dependencies: it must work before anything is installed.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const modules = path.join(root, 'node_modules');
const bin = path.join(modules, '.bin');
const stampFile = path.join(modules, '.lock-hash');
/** What a task reads contracts by; those without it here build by themselves. */
const CONTRACTS = ['hardhat', 'build', '--quiet', '--no-tests'];
/** A command of every day does not look for changes first. */
const isBuilt = existsSync(path.join(root, 'types/ethers-contracts'));

/** Tasks are made of development packages, which npm leaves out where NODE_ENV is production. */
const DEVELOPMENT = '--include=dev';

// A task is a list of commands; what follows `npm run <task> --` goes to the last of them.
const TASKS = {
  start: [['node', 'scripts/demo.ts']],
  'demo:dispute': [CONTRACTS, ['node', 'scripts/dispute.ts']],
  test: [['node', 'scripts/test.ts']],
  check: [['node', 'scripts/check.ts']],
  bench: [
    ['hardhat', 'build'],
    ['node', 'scripts/bench.ts'],
  ],
  gas: [['node', 'scripts/gas.ts']],
  economics: [CONTRACTS, ['node', 'scripts/economics.ts']],
  audit: [
    ['hardhat', 'build'],
    ['node', 'scripts/audit.ts'],
  ],
  fuzz: [['node', 'scripts/fuzz.ts']],
  faults: [['node', 'scripts/faults.ts']],
  exhaustive: [['node', 'scripts/exhaustive.ts']],
  build: [['hardhat', 'build']],
  deploy: [['node', 'deploy/run.ts']],
  verify: [['node', 'deploy/verify.ts']],
  opg: [...(isBuilt ? [] : [CONTRACTS]), ['node', 'scripts/opg.ts']],
  fix: [
    ['biome', 'check', '--write'],
    ['prettier', '--write', '--log-level', 'warn', '{contracts,test}/**/*.sol'],
  ],
  lock: [
    ['npm', 'install', DEVELOPMENT],
    ['node', 'scripts/fix-lock.mjs'],
    ['node', 'scripts/bootstrap.mjs', 'stamp'],
  ],
  stamp: [],
};
/** Tasks that speak for themselves: what they print is an answer, and their exit code is part of it. */
const QUIET = new Set(['opg']);
/** Tasks with a help of their own. The help of another is the comment that its script begins with. */
const HELPS_ITSELF = new Set(['start', 'demo:dispute', 'economics', 'opg']);
const OLDEST_NODE = 20;
/** Where Node keeps what it compiled: a command, or a role's process, is there a third sooner. */
const COMPILED = { NODE_COMPILE_CACHE: path.join(modules, '.cache/node') };

const [task, ...extra] = process.argv.slice(2);

// To stderr: what the task itself prints may be JSON.
const say = (line) => console.error(`[${task}] ${line}`);
const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`;
const stop = (...lines) => {
  for (const line of lines) console.error(line);
  process.exit(1);
};
const lockHash = () =>
  createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
const stamp = () => writeFileSync(stampFile, `${lockHash()}\n`);

// Waits for the command; Ctrl-C reaches the whole foreground group by itself, a SIGTERM sent to us alone is passed on.
function run([command, ...args], searchPath) {
  const env = { ...COMPILED, ...process.env, PATH: searchPath, HARDHAT_DISABLE_TELEMETRY: 'true' };
  // What runs for long under `opg` notices by this channel that we are gone, however we went.
  const stdio = QUIET.has(task) ? ['inherit', 'inherit', 'inherit', 'ipc'] : 'inherit';
  const child = spawn(command, args, { cwd: root, env, stdio, shell: process.platform === 'win32' });
  const forward = () => child.kill('SIGTERM');
  // npm may be killed without a word to us; then we, or the shell between, are another process's child.
  const above = ancestors();
  const orphaned = () => process.env.npm_lifecycle_event && ancestors() !== above && forward();
  const watch = setInterval(orphaned, 500);
  const wait = () => {};
  process.on('SIGTERM', forward).on('SIGINT', wait);
  return new Promise((resolve) => {
    child.on('error', (error) => {
      console.error(`${command}: ${error.message}`);
      resolve(127);
    });
    child.on('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 143)));
  }).finally(() => {
    clearInterval(watch);
    process.off('SIGTERM', forward).off('SIGINT', wait);
  });
}

// Our parent, and the parent of that where it is npm's shell and the system tells.
function ancestors() {
  try {
    const stat = readFileSync(`/proc/${process.ppid}/stat`, 'utf8');
    const isShell = /\((sh|dash|bash)\)/.test(stat);
    return isShell ? `${process.ppid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]}` : `${process.ppid}`;
  } catch {
    return `${process.ppid}`;
  }
}

async function install(outerPath) {
  const installed = existsSync(stampFile) && readFileSync(stampFile, 'utf8').trim();
  if (installed === lockHash()) return;
  const began = Date.now();
  say(
    `${existsSync(modules) ? 'packages are older than package-lock.json' : 'packages are missing'}: npm ci, about a minute`,
  );
  const beat = setInterval(() => say(`installing, ${seconds(began)}`), 10_000);
  const code = await run(['npm', 'ci', DEVELOPMENT], outerPath);
  clearInterval(beat);
  if (code !== 0) {
    stop(
      '',
      `npm ci failed (exit ${code}); its reason is above. Usual causes and what to do:`,
      '  no network, or a proxy npm does not know   check `npm ping`, then run the same command again',
      '  "Missing: ... from lock file"               a dependency was changed without `npm run lock`; run it and commit the lock',
      '  disk full                                   1.1 GB is needed in node_modules',
    );
  }
  stamp();
  say(`packages installed in ${seconds(began)}`);
}

function checkPinnedNode() {
  const wanted = `v${JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')).dependencies.node}`;
  const found = spawnSync(path.join(bin, 'node'), ['--version'], { encoding: 'utf8' });
  if (found.stdout?.trim() === wanted) return;
  stop(
    `The pinned Node ${wanted} does not run from node_modules/.bin/node (${found.error?.message ?? (found.stdout || found.stderr).trim()}).`,
    'If npm is set to ignore-scripts, run `npm ci --ignore-scripts=false`. On a system without glibc (Alpine), use a Debian image.',
  );
}

if (!(task in TASKS)) stop(`No task "${task ?? ''}". Tasks: ${Object.keys(TASKS).join(', ')}.`);
if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
  stop(
    `Node ${process.versions.node} is too old to begin with: install Node ${OLDEST_NODE} or newer, then run the same command again.`,
  );
}

// Before anything is installed: whoever asks for help wants nothing done.
const script = TASKS[task].at(-1)?.[1] ?? '';
if ((extra[0] === '--help' || extra[0] === '-h') && script.endsWith('.ts') && !HELPS_ITSELF.has(task)) {
  const [comment] = /^(\/\/.*\n)+/.exec(readFileSync(path.join(root, script), 'utf8'));
  process.stdout.write(comment.replaceAll(/^\/\/ ?/gm, ''));
  process.exit(0);
}

// npm itself is run by the Node of the system: the pinned one is inside the folder that npm ci replaces.
const outer = (process.env.PATH ?? '').split(path.delimiter).filter((folder) => !folder.startsWith(modules));
if (task === 'stamp') stamp();
else if (task !== 'lock') await install(outer.join(path.delimiter));
checkPinnedNode();

const commands = TASKS[task];
for (const [index, command] of commands.entries()) {
  const began = Date.now();
  const whole = index === commands.length - 1 && task !== 'lock' ? [...command, ...extra] : command;
  if (task === 'lock' && index === 0) whole.push(...extra);
  const isAnswer = QUIET.has(task) && index === commands.length - 1;
  if (!isAnswer) say(whole.join(' '));
  const code = await run(whole, [bin, ...outer].join(path.delimiter));
  if (code !== 0) {
    if (!isAnswer) say(`failed with exit code ${code} after ${seconds(began)}`);
    process.exit(code);
  }
  if (!isAnswer) say(`done in ${seconds(began)}`);
}
