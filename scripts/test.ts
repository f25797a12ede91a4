// npm test                  builds, then three runners take folders of test/: one computes, two mostly wait, so that two cores have work
// npm test -- --faults      the same with test/faults, which npm test leaves out: the faults of docs/faults.md in their short form, outages, lies
// npm test -- FILE...       what `hardhat test` makes of it
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Chunk, chunks, faultChunks } from './test/chunks.ts';
import { failuresOf, type Progress, runChunk } from './test/runChunk.ts';

const BEAT_MS = 20_000;
/** A signal to us alone does not reach those we started. */
const stop = new AbortController();
process.once('SIGTERM', () => {
  stop.abort();
  process.exit(143);
});

const asked = process.argv.slice(2);
process.exit(await run());

async function run(): Promise<number> {
  if (asked.length === 0) {
    const code = await everyOf(chunks(), 3);
    console.log('What workers survive is tried by npm test -- --faults.');
    return code;
  }
  if (asked.length === 1 && asked[0] === '--faults') return await everyOf(faultChunks(), 2);
  return await hardhat('test', ...asked);
}

async function hardhat(...args: readonly string[]): Promise<number> {
  const [code] = (await once(spawn('hardhat', args, { stdio: 'inherit', signal: stop.signal }), 'exit')) as [
    number | null,
  ];
  return code ?? 1;
}

/** One runner takes the first that is left; the others the last that waits, and in the end the first as well. */
async function everyOf(wanted: readonly Chunk[], runners: number): Promise<number> {
  const began = Date.now();
  const built = await hardhat('build');
  if (built !== 0) return built;
  const left = [...wanted];
  const all: Progress[] = [];

  const work = async (next: () => Chunk | undefined) => {
    for (;;) {
      const chunk = next();
      if (!chunk) return;
      const progress: Progress = { chunk, passed: 0, pending: 0, failed: 0, lines: [], ended: false };
      all.push(progress);
      await runChunk(progress, (line) => console.log(`${chunk.name} FAILS${line}`), stop.signal);
      console.log([`\n${chunk.name}`, ...progress.lines].join('\n'));
    }
  };
  const beat = setInterval(() => console.log(told(all, began)), BEAT_MS);
  const others = Array.from({ length: runners - 1 }, () =>
    work(() => (left.at(-1)?.yields ? left.shift() : left.pop())),
  );
  await Promise.all([work(() => left.shift()), ...others]);
  clearInterval(beat);
  return conclude(all);
}

/** Where it is, in a line. */
function told(all: readonly Progress[], began: number): string {
  const running = all.filter(({ ended }) => !ended).map(({ chunk, passed }) => `${chunk.name} ${passed}`);
  const minutes = ((Date.now() - began) / 60_000).toFixed(1);
  return `[test] ${minutes} min, ${sum(all, 'passed')} passed, ${sum(all, 'failed')} failed; now ${running.join(', ')}`;
}

function conclude(all: readonly Progress[]): number {
  const failing = all.filter(({ failed }) => failed > 0);
  for (const progress of failing) console.log([`\n${progress.chunk.name}`, ...failuresOf(progress)].join('\n'));
  const line = (key: 'passed' | 'failed', word: string) => {
    const every = sum(all, key);
    const solidity = sum(
      all.filter(({ chunk }) => chunk.runner === 'solidity'),
      key,
    );
    return `${every} ${word} (${solidity} solidity, ${every - solidity} mocha)`;
  };
  console.log(`\n${line('passed', 'passing')}`);
  if (sum(all, 'pending') > 0) console.log(`${sum(all, 'pending')} left out, marked - above`);
  if (failing.length > 0) console.log(line('failed', 'failing'));
  return failing.length > 0 ? 1 : 0;
}

function sum(all: readonly Progress[], key: 'passed' | 'pending' | 'failed'): number {
  return all.reduce((total, progress) => total + progress[key], 0);
}
