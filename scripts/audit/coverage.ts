// Lines and branches of the contracts that their tests pass, against 100 %. What is not passed has to be named: with its reason in
// probes/exceptions.json if no test can pass it, or else in probes/open.json until there is one. Nothing may stand there that is passed.
//   node scripts/audit/coverage.ts           builds with probes, runs the tests of the contracts: many minutes
//   node scripts/audit/coverage.ts FILE ...  only these test files, added to what was passed before: valid while no contract has changed
//   node scripts/audit/coverage.ts report    the last run once more; with --open it writes open.json
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { files } from '../checks/tree.ts';
import { contractTests } from './contractTests.ts';
import { instrument } from './probes/instrument.ts';
import { HITS, isMeasured } from './probes/plugin.ts';

interface Exception {
  readonly file: string;
  /** Lines as they are written, and branches as they are reported; one that is listed twice is missed in two places. */
  readonly missed: readonly string[];
  readonly reason: string;
}
interface Count {
  passed: number;
  all: number;
}

const EXCEPTIONS = 'scripts/audit/probes/exceptions.json';
const OPEN = 'scripts/audit/probes/open.json';
/** What measures gas, which probes change, and long runs over states that others reach as well. */
const LEFT_OUT =
  /^test\/(steps\/stepGas|challenges\/(calldata|crowds|exhaustive|interleavings|largeSteps|lies|everyMove|costs|prices)|invariants\/(randomRun|constantCost))\./;

if (!process.argv.includes('report')) {
  const named = process.argv.slice(2).filter((argument) => argument.endsWith('.ts'));
  const tests = named.length > 0 ? named : contractTests().filter((file) => !LEFT_OUT.test(file));
  if (named.length === 0) rmSync(HITS, { recursive: true, force: true });
  const config = ['--config', 'hardhat.coverage.config.ts'];
  const run = (...task: string[]) =>
    spawnSync('hardhat', [...config, ...task], { stdio: ['ignore', 'inherit', 'inherit'] });
  if (run('build', '--quiet', '--no-tests').status !== 0) {
    console.error('The contracts do not build with the probes in.');
    process.exit(1);
  }
  // Probes cost gas, so tests that bound gas fail here. Whether tests pass is told by `npm test`; one that stops early passes fewer probes.
  if (run('test', 'mocha', '--no-compile', ...tests).status !== 0)
    console.log('The tests above failed with the probes in: where they bound gas, that is the probes’.\n');
}

const passed = new Set<string>(
  readdirSync(HITS).flatMap((name) => JSON.parse(readFileSync(path.join(HITS, name), 'utf8')) as string[]),
);
const exceptions: readonly Exception[] = JSON.parse(readFileSync(EXCEPTIONS, 'utf8'));
const before: Readonly<Record<string, readonly string[]>> = JSON.parse(readFileSync(OPEN, 'utf8'));
const writes = process.argv.includes('--open');
const open: Record<string, string[]> = {};
const complaints: string[] = [];
const total = { lines: { passed: 0, all: 0 }, branches: { passed: 0, all: 0 } };
const share = ({ passed, all }: Count) =>
  `${`${passed} of ${all}`.padStart(13)} ${(all === 0 ? 100 : (100 * passed) / all).toFixed(1).padStart(6)} %`;

console.log(`${'contract'.padEnd(58)}${'lines'.padStart(22)}${'branches'.padStart(24)}${'exceptions'.padStart(12)}`);
for (const file of files(['.sol'], 'contracts').filter(isMeasured)) {
  const source = readFileSync(file, 'utf8');
  const { points } = instrument(file, source);
  const lines = new Map<number, boolean>();
  const missed: { readonly what: string; readonly line: number }[] = [];
  const branches = { passed: 0, all: 0 };
  for (const point of points) {
    const seen = passed.has(point.tag);
    if (point.kind === 'line') lines.set(point.line, seen && (lines.get(point.line) ?? true));
    else {
      branches.all++;
      if (seen) branches.passed++;
      else missed.push({ what: point.text, line: point.line });
    }
  }
  const written = source.split('\n');
  for (const [line, seen] of lines) if (!seen) missed.push({ what: written[line - 1]?.trim() ?? '', line });
  const named = exceptions.filter((exception) => exception.file === file).flatMap((exception) => exception.missed);
  const waiting = [...(before[file] ?? [])];
  for (const { what, line } of missed.sort((a, b) => a.line - b.line)) {
    if (take(named, what)) continue;
    if (!take(waiting, what) && !writes) complaints.push(`${file}:${line}: not passed: ${what}`);
    open[file] = [...(open[file] ?? []), what];
  }
  for (const what of named) complaints.push(`${file}: named in ${EXCEPTIONS}, and passed or not there: ${what}`);
  if (!writes)
    for (const what of waiting) complaints.push(`${file}: named in ${OPEN}, and passed or not there: ${what}`);
  const count = { passed: [...lines.values()].filter(Boolean).length, all: lines.size };
  for (const [name, { passed, all }] of [
    ['lines', count],
    ['branches', branches],
  ] as const) {
    total[name].passed += passed;
    total[name].all += all;
  }
  if (points.length > 0)
    console.log(
      `${file.slice('contracts/'.length).padEnd(58)}${share(count)}${share(branches).padStart(24)}${String(missed.length || '').padStart(12)}`,
    );
}
console.log(`${'all'.padEnd(58)}${share(total.lines)}${share(total.branches).padStart(24)}`);
const named = [...exceptions.map(({ file }) => file), ...Object.keys(before)];
for (const file of named.filter((one) => !isMeasured(one))) complaints.push(`${file} is named, and is not measured`);

console.log('\nExceptions');
for (const { file, missed, reason } of exceptions) console.log(`  ${file}: ${missed.join('; ')}\n      ${reason}`);
const still = Object.values(open).flat().length;
console.log(`\n${still} lines and branches in ${Object.keys(open).length} files can be passed and are not: ${OPEN}`);
if (writes) writeFileSync(OPEN, `${JSON.stringify(open, null, 2)}\n`);
for (const complaint of complaints) console.error(complaint);
if (complaints.length > 0)
  console.error(
    `\n${complaints.length} differences: write the test, or name it in ${EXCEPTIONS} with the reason; strike out what is passed.`,
  );
process.exit(complaints.length > 0 ? 1 : 0);

/** Whether the list had it; then once less. */
function take(list: string[], what: string): boolean {
  const at = list.indexOf(what);
  if (at >= 0) list.splice(at, 1);
  return at >= 0;
}
