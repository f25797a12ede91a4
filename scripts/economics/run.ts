import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { ProgramSize } from '#core/challenges/economics.ts';
import { CHEAPEST, DEAREST, promises } from '#core/challenges/safety.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { largestStep, multiplyAdds, treeLevels } from '#core/semantics/cost.ts';
import { columns } from '../../sdk/table.ts';
import { exampleModel } from '../demo/models.ts';
import { figuresOf, reportOf, warningsOf } from './report.ts';
import { fromChain, fromProfile, type Named, shipped } from './rules.ts';
import { marketOf, STATED, type Stated } from './stated.ts';

const PLACES = {
  profile: { about: 'a file like those of deploy/parameters, instead of the shipped ones' },
  chain: { about: 'read the current set of this chain’s deployment (deploy/addresses); needs --rpc' },
  addresses: { about: 'the same for an addresses file anywhere' },
  rpc: { about: 'endpoint of the chain' },
  model: { about: 'an ONNX file, instead of digits-cnn' },
} as const;

/** What a program costs, from a model's file. */
function sizeOf(file: string | URL): ProgramSize {
  const program = compile(readFileSync(file));
  return {
    levels: BigInt(treeLevels(program)),
    largestStep: BigInt(largestStep(program)),
    cost: multiplyAdds(program),
  };
}

/** Gives the exit code: 1 if a promise is broken (of every set that is read), 2 for a command line that cannot be used. */
export async function economics(argv: readonly string[], out: (text: string) => void): Promise<number> {
  let parsed: ReturnType<typeof read>;
  try {
    parsed = read(argv);
  } catch (error) {
    out(`${(error as Error).message}\n${HELP}`);
    return 2;
  }
  const { values, positionals } = parsed;
  if (values['help'] === true) {
    out(HELP);
    return 0;
  }
  const text = (name: string) => values[name] as string | undefined;
  const sets = await setsOf(text);
  const found = sets.map(({ name, rules, chain }) => ({ name, promises: promises(rules, chain?.least) }));
  const broken = found.flatMap(({ name, promises: all }) =>
    all.filter(({ holds }) => !holds).map((one) => ({ set: name, ...one })),
  );
  const programs = positionals[0] === 'check' ? [] : programsOf(text('model'));
  const stated = Object.fromEntries(
    Object.entries(STATED).map(([name, { fallback }]) => [name, text(name) ?? fallback]),
  ) as Stated;
  const reports = sets.flatMap(({ name, rules }) =>
    programs.map(([program, size]) => ({
      set: name,
      program,
      report: reportOf(rules, size, marketOf(stated, size.cost)),
    })),
  );
  const warnings = reports.flatMap(({ set, program, report }) =>
    warningsOf(report).map((warning) => `${set}, ${program}: ${warning}`),
  );
  if (values['json'] === true) {
    const body = { sets: found, reports, warnings };
    out(`${JSON.stringify(body, (_, value) => (typeof value === 'bigint' ? value.toString() : value), 2)}\n`);
  } else {
    for (const set of new Set(reports.map((report) => report.set))) {
      const own = reports.filter((report) => report.set === set);
      out(`${tableOf(set, own)}\n\n`);
    }
    for (const { name, promises: all } of found)
      out(`${name}: ${all.filter(({ holds }) => holds).length} of ${all.length} promises hold\n`);
    for (const warning of warnings) out(`WARNING ${warning}\n`);
    for (const { set, name, inequality } of broken) out(`UNSAFE ${set}: ${name}: not ${inequality}\n`);
  }
  return broken.length > 0 ? 1 : 0;
}

function tableOf(
  set: string,
  reports: readonly { program: string; report: Parameters<typeof figuresOf>[0] }[],
): string {
  const tables = reports.map(({ report }) => figuresOf(report));
  const rows = (tables[0] ?? []).map(([label], row) => [label, ...tables.map((figures) => figures[row]?.[1] ?? '')]);
  return columns([[set, ...reports.map(({ program }) => program)], ...rows]).join('\n');
}

function programsOf(model: string | undefined): [string, ProgramSize][] {
  const own = model ?? exampleModel('digits-cnn').file;
  return [
    [model ?? 'digits-cnn', sizeOf(own)],
    ['cheapest dispute', CHEAPEST],
    ['dearest dispute', DEAREST],
  ];
}

async function setsOf(text: (name: string) => string | undefined): Promise<Named[]> {
  const [profile, chain, addresses, rpc] = ['profile', 'chain', 'addresses', 'rpc'].map(text);
  if (profile !== undefined) return [fromProfile(profile)];
  if (chain === undefined && addresses === undefined) return shipped();
  if (rpc === undefined) throw new Error('--chain and --addresses need --rpc URL.');
  return [await fromChain({ ...(chain && { chain }), ...(addresses && { addresses }), rpc })];
}

function read(argv: readonly string[]) {
  const names = [...Object.keys(STATED), ...Object.keys(PLACES)];
  const flags = { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const;
  const strings = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  const parsed = parseArgs({ args: [...argv], options: { ...strings, ...flags }, allowPositionals: true });
  const [mode, ...more] = parsed.positionals;
  if (more.length > 0 || (mode !== undefined && mode !== 'check'))
    throw new Error(`Say check, or nothing, not ${parsed.positionals.join(' ')}.`);
  return parsed as { values: Record<string, string | boolean | undefined>; positionals: string[] };
}

const HELP = [
  'What disputes cost and pay under a parameter set. `check`: the promises alone. Exit code 1: a promise is broken.',
  '',
  ...columns([
    ...Object.entries(PLACES).map(([name, { about }]) => [`--${name}`, about]),
    ...Object.entries(STATED).map(([name, { about, fallback }]) => [
      `--${name}`,
      `${about}${fallback === '' ? '' : ` (${fallback})`}`,
    ]),
    ['--json', 'JSON instead of tables'],
  ]),
  '',
].join('\n');
