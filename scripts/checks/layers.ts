// Who may import whom. The reasons are in docs/adr; each layer has one function below.
import { builtinModules } from 'node:module';
import path from 'node:path';
import { conclude, files, read } from './tree.ts';

/** Why `from` may not import `to` (a path from the root, or a package name), or nothing when it may. */
type Rule = (from: string, to: string) => string | undefined;

const OURS = /^(core|workers|contracts|scripts|deploy|test|types)\//;
const inside = (file: string, ...folders: string[]) => folders.some((folder) => file.startsWith(`${folder}/`));
const isBuiltin = (name: string) => name.startsWith('node:') || builtinModules.includes(name.split('/')[0] ?? name);
/** `workers/adapters/queue/bull.ts` and `workers/adapters/queue.ts` are both of the unit `workers/adapters/queue`. */
const unit = (file: string, depth: number) => file.split('/').slice(0, depth).join('/').replace(/\.ts$/, '');

const core: Rule = (_from, to) => {
  if (isBuiltin(to)) return 'core is pure: pass what this module gives as a value';
  if (/^ethers(\/|$)/.test(to)) return 'core does not know the chain library: put this behind a port';
  if (!OURS.test(to) || inside(to, 'core')) return;
  return 'core imports nothing of ours outside core: move the type into core';
};

const adapter: Rule = (from, to) => {
  if (!inside(to, 'workers') || inside(to, 'workers/ports') || unit(from, 3) === unit(to, 3)) return;
  return 'an adapter imports core and ports only: wire it to others in main.ts';
};

const role: Rule = (from, to) => {
  if (!OURS.test(to) || inside(to, 'core', 'workers/ports') || unit(from, 2) === unit(to, 2)) return;
  return 'a role (and a port) imports core, ports and its own folder only: ask for a port and let main.ts wire it';
};

/** Imports the rules forbid and a decision allows: [from, to]. */
const DECIDED: readonly (readonly [string, string])[] = [
  // It creates its Escrow, so that both are immutables of each other (docs/adr/0001, 1).
  ['contracts/requests/InferenceRequests.sol', 'contracts/escrow/Escrow.sol'],
];

const contract: Rule = (from, to) => {
  if (DECIDED.some(([file, imported]) => file === from && imported === to)) return;
  if (!inside(to, 'contracts', 'test')) return;
  if (inside(to, 'contracts/mocks', 'test')) return 'only tests use mocks';
  if (inside(to, 'contracts/lib', 'contracts/types') || unit(from, 2) === unit(to, 2)) return;
  if (/^I[A-Z]/.test(path.posix.basename(to))) return;
  return 'another capability is used through its interface (a file I<Name>.sol), contracts/types or contracts/lib';
};

const others: Rule = (_from, to) => (inside(to, 'contracts/mocks') ? 'only tests use mocks' : undefined);

function ruleFor(file: string): Rule | undefined {
  if (inside(file, 'test', 'contracts/mocks') || file.endsWith('.t.sol')) return;
  if (inside(file, 'core')) return core;
  if (inside(file, 'workers/adapters')) return adapter;
  // Two processes that differ in a part share their wiring.
  if (/^workers\/[^/]+\/(?!(main|wiring)\.ts$)/.test(file)) return role;
  if (inside(file, 'contracts')) return contract;
  return others;
}

const withoutComments = (text: string) => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:])\/\/.*$/gm, '$1');

function imports(file: string, text: string): string[] {
  const pattern = file.endsWith('.sol')
    ? /\bimport\s+(?:[^'";]*\bfrom\s+)?["']([^"']+)["']/g
    : /(?:\bfrom\s+|\bimport\s+|\bimport\s*\(\s*)["']([^"']+)["']/g;
  return [...text.matchAll(pattern)].map((match) => match[1] ?? '');
}

function target(file: string, name: string): string {
  if (name.startsWith('.')) return path.posix.normalize(`${path.posix.dirname(file)}/${name}`);
  return name
    .replace(/^#core\//, 'core/')
    .replace(/^#ports\//, 'workers/ports/')
    .replace(/^#types$/, 'types/index.ts');
}

const IMPURE = /\b(Date\.now|Math\.random|performance\.now|new Date\(\)|crypto\.(randomUUID|getRandomValues))/g;

const findings: string[] = [];
const sources = files(['.ts', '.sol']).filter((file) => !inside(file, 'models'));
for (const file of sources) {
  const text = withoutComments(read(file));
  const rule = ruleFor(file);
  for (const name of rule ? imports(file, text) : []) {
    const reason = rule?.(file, target(file, name));
    if (reason) findings.push(`${file} imports ${name}: ${reason}`);
  }
  for (const [call] of inside(file, 'core') ? text.matchAll(IMPURE) : []) {
    findings.push(`${file} calls ${call}: core is pure, take time and randomness as arguments`);
  }
}
conclude(
  findings,
  'Imports point inwards: main.ts -> roles and adapters -> ports -> core.',
  `${sources.length} files in their layers`,
);
