/** docs/soak.md and its picture, from what a soak measured. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { columns } from '../../../sdk/table.ts';
import { picture } from './picture.ts';
import type { Sample } from './samples.ts';
import type { Scheduled } from './weather.ts';

export interface Soaked {
  readonly seed: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly samples: readonly Sample[];
  readonly blows: readonly Scheduled[];
  /** Requests to the honest node, each answered and paid exactly once. */
  readonly answered: number;
  /** Wrong results, each challenged with success. */
  readonly condemned: number;
  /** Seconds from the end of the load to the last payment. */
  readonly drainSeconds: number;
}

export interface Growth {
  readonly role: string;
  readonly early: number;
  readonly late: number;
}

/** Medians of the second and of the last quarter: the first is start and warm-up. */
export function growthOf(samples: readonly Sample[], field: 'residentMiB' | 'handles' | 'diskMiB'): readonly Growth[] {
  const end = Math.max(...samples.map(({ at }) => at));
  const median = (role: string, from: number, to: number) => {
    const values = samples
      .filter((sample) => sample.role === role && sample.at >= from * end && sample.at <= to * end)
      .map((sample) => sample[field])
      .sort((a, b) => a - b);
    return values[Math.floor(values.length / 2)] ?? 0;
  };
  const roles = [...new Set(samples.map(({ role }) => role))];
  return roles.map((role) => ({ role, early: median(role, 0.25, 0.5), late: median(role, 0.75, 1) }));
}

export function writeSoakPage(folder: string, soaked: Soaked): void {
  writeFileSync(`${folder}/soak.svg`, picture(soaked.samples, soaked.blows));
  writeFileSync(`${folder}/soak.md`, pageOf(soaked));
}

function pageOf({ seed, seconds, perSecond, samples, blows, answered, condemned, drainSeconds }: Soaked): string {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const counted = new Map<string, number>();
  for (const { blow } of blows) counted.set(blow.kind, (counted.get(blow.kind) ?? 0) + 1);
  const of = (kind: string) => counted.get(kind) ?? 0;
  const number = (value: number) => (value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toFixed(1));
  const [memory, handles, disk] = (['residentMiB', 'handles', 'diskMiB'] as const).map((field) =>
    growthOf(samples, field),
  );
  const rows = (memory ?? []).map(({ role, early, late }, i) => {
    const pair = (growth?: Growth) => `${number(growth?.early ?? 0)} | ${number(growth?.late ?? 0)}`;
    return `| ${role} | ${number(early)} | ${number(late)} | ${pair(handles?.[i])} | ${pair(disk?.[i])} |`;
  });
  return [
    '# Soak',
    'A local network of real processes under steady load, while a seeded schedule kills, freezes and misleads them. Written by',
    `\`npm run faults -- soak --seed ${seed}\`; \`npm test -- --faults\` runs a short one. Do not edit.\n`,
    `Commit ${commit}; ${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node ${process.version}. Everything shares that one machine.\n`,
    `${number(seconds / 60)} minutes at ${perSecond} requests a second. ${blows.length} faults: ${of('kill')} times SIGKILL, ${of('term')} times SIGTERM, ${of('freeze')} times frozen`,
    `(SIGSTOP), ${of('rpc')} times a chain node that drops, delays, refuses, cuts, is behind or answers broadcasts wrongly, ${of('cheat')} wrong results of a cheating node.\n`,
    `**${answered.toLocaleString('en-US')} requests, each answered once and paid once; ${condemned} wrong results, each challenged and condemned.** The last payment came ${number(drainSeconds)} s after the`,
    'load ended. Balances were what the events say, Escrow held their sum, no nonce was left out, and the index agreed with the chain.\n',
    '![memory, handles, disk and lag over time](soak.svg)\n',
    'Medians of the second quarter of the time and of the last one (the first quarter is start and warm-up):\n',
    '| role | memory, MiB | later | file handles | later | disk, MiB | later |',
    '|---|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

/** The same for a terminal. */
export const growthTable = (samples: readonly Sample[]): string =>
  columns([
    ['role', 'memory, MiB', 'later'],
    ...growthOf(samples, 'residentMiB').map(({ role, early, late }) => [role, early.toFixed(0), late.toFixed(0)]),
  ]).join('\n');
