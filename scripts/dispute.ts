// npm run demo:dispute [-- --json]: a cheating node and a lying verifier on a local chain, and who loses what.
import { rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { runDisputes, showOutcome } from './demo/disputes.ts';
import { LocalNetwork } from './demo/localNetwork.ts';
import { Screen } from './demo/screen.ts';

const HELP = `npm run demo:dispute            about a minute and a half: two disputes, every move with its gas
npm run demo:dispute -- --json  one line of JSON instead
exit code 0 only if the right parties lost`;

const { values } = parseArgs({ options: { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } });

async function main(): Promise<number> {
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const { stdout, env } = process;
  const interactive = stdout.isTTY && env['TERM'] !== 'dumb';
  const colour = interactive && !env['NO_COLOR'];
  const screen = new Screen({ out: values.json ? { write: () => true } : stdout, interactive, colour });
  const directory = path.join(import.meta.dirname, '../.data', `dispute-${process.pid}`);
  const local = new LocalNetwork(directory);
  const stopped = new Promise<undefined>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve(undefined));
  });
  try {
    const outcome = await Promise.race([runDisputes(local, screen), stopped]);
    if (outcome === undefined) return 130;
    showOutcome(screen, outcome);
    const plain = (_: string, value: unknown) => (typeof value === 'bigint' ? value.toString() : value);
    if (values.json) console.log(JSON.stringify(outcome, plain));
    return outcome.verdicts.every(({ holds }) => holds) ? 0 : 1;
  } catch (error) {
    console.error([`\n${error instanceof Error ? error.message : error}`, '', ...local.complaints()].join('\n'));
    return 1;
  } finally {
    await local.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

process.exit(await main());
