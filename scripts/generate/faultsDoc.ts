/** Writes docs/faults.md from the scenarios and from what was seen when they were last run in full. */
import { writeFileSync } from 'node:fs';
import { alone } from '../../test/faults/scenarios/alone.ts';
import { areas, type Scenario } from '../../test/faults/scenarios/index.ts';
import { outcomes } from '../faults/outcomes.ts';

const TARGET = new URL('../../docs/faults.md', import.meta.url);

export function faultsDoc(): string {
  const seen = outcomes();
  const result = (name: string) => {
    const outcome = seen[name];
    if (!outcome) return 'not run in full yet';
    return [outcome.held ? 'holds' : '**FAILS**', outcome.saw, `${outcome.seconds} s`].filter(Boolean).join('; ');
  };
  const row = ({ name, fault, injection, holds, test }: Scenario) =>
    `| [${name}](../${test})${alone.has(name) ? ' *' : ''} | ${[fault, injection, holds, result(name)].join(' | ')} |`;
  const sections = areas.map(([title, rows]) =>
    [
      `## ${title}`,
      '| name | fault | how it is injected | what must hold | result |',
      '|---|---|---|---|---|',
      ...rows.map(row),
    ].join('\n'),
  );
  return [
    '# Faults',
    'What workers survive, each with a name and a seed. `npm run faults` lists them, `npm run faults -- NAME... --seed N` runs some in full,',
    'with `--record` it writes the results here, and `npm run faults -- all` runs every one so. `npm test -- --faults`, and CI, runs those without a star in a short form (the others take long, or are sensitive to what else the',
    'machine does); those of test/workers are also in `npm test`. outages, killedNode, hidden and results of test/faults run beside them, always in full, and have no row here. Generated from test/faults/scenarios by scripts/generate/faultsDoc.ts; do not edit. Seconds are those of a machine with two cores and say nothing about speed.\n',
    ...sections,
    '',
  ].join('\n');
}

export const writeFaultsDoc = (): void => writeFileSync(TARGET, faultsDoc());

if (import.meta.main) writeFaultsDoc();
