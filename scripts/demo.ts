// npm start [-- --keep | --json]: a whole network on this machine serves paid requests for real models, and everything adds up.

import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { emptyJournal } from './demo/journalTemplate.ts';
import { Screen } from './demo/screen.ts';

const ROOT = path.join(import.meta.dirname, '..');
const DATA = path.join(ROOT, '.data');

const HELP = `npm start                 run the demo: 20 to 40 s, the first time one or two minutes more
npm start -- --keep       leave the network running until Ctrl-C
npm start -- --json       one line of JSON instead of the report
NO_COLOR=1 npm start      without colours`;

const { values } = parseArgs({
  options: { keep: { type: 'boolean' }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
});

async function main(): Promise<number> {
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const began = performance.now();
  const { stdout, env } = process;
  const interactive = stdout.isTTY && env['TERM'] !== 'dumb';
  const screen = new Screen({
    out: values.json ? { write: () => true } : stdout,
    interactive,
    colour: interactive && !env['NO_COLOR'],
  });
  screen.line();
  screen.line(
    screen.bold(
      'An open network for verifiable AI: models are published, inference is paid for, results settle on a chain.',
    ),
  );
  screen.section('A network on this machine');
  emptyJournal().catch(() => {}); // made while the compiler works; whoever needs it is told why there is none
  await screen.step('contracts: compiled (20 to 90 s the first time)', compile);

  // Only now: what follows imports types that the compiler just generated.
  const { LocalNetwork } = await import('./demo/localNetwork.ts');
  const { runDemo } = await import('./demo/run.ts');
  const { report } = await import('./demo/report.ts');
  const { directory, release } = claimDirectory();
  const local = new LocalNetwork(directory);
  const asked = untilAskedToStop();
  try {
    const outcome = await Promise.race([runDemo(local, screen), asked.then(() => undefined)]);
    if (outcome === undefined) return await stopped(screen, 130);
    if (values.keep) await local.indexer(outcome.stage).start();
    const summary = report(screen, outcome, (performance.now() - began) / 1000, values.keep === true);
    if (values.json) console.log(JSON.stringify(summary));
    if (!values.keep || !summary.ok) return summary.ok ? 0 : 1;
    await outcome.stage.node.start();
    await asked;
    return await stopped(screen, 0);
  } catch (error) {
    const text = [`\n${error instanceof Error ? error.message : error}`, '', ...local.complaints()].join('\n');
    console.error(text);
    if (values.json) console.log(JSON.stringify({ ok: false, error: String(error) }));
    return 1;
  } finally {
    await local.stop();
    release();
  }
}

/** In a process of its own, whose warnings a newcomer need not read unless it fails. */
async function compile(): Promise<void> {
  const hardhat = path.join(ROOT, 'node_modules/hardhat/dist/src/cli.js');
  try {
    await promisify(execFile)(process.execPath, [hardhat, 'build', '--quiet', '--no-tests'], { cwd: ROOT });
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout?: string; readonly stderr?: string };
    throw new Error(`The contracts do not compile:\n${stdout}${stderr}`);
  }
}

/** A directory no other demo is using. */
function claimDirectory(): { readonly directory: string; release(): void } {
  mkdirSync(DATA, { recursive: true });
  const claim = path.join(DATA, 'demo.pid');
  if (existsSync(claim) && alive(Number(readFileSync(claim, 'utf8')))) {
    const directory = path.join(DATA, `demo-${process.pid}`);
    return { directory, release: () => rmSync(directory, { recursive: true, force: true }) };
  }
  writeFileSync(claim, `${process.pid}`);
  return { directory: path.join(DATA, 'demo'), release: () => rmSync(claim, { force: true }) };
}

function alive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch {
    return false;
  }
}

function untilAskedToStop(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
}

async function stopped(screen: Screen, code: number): Promise<number> {
  screen.line();
  screen.line('Stopping the network.');
  return code;
}

process.exit(await main());
