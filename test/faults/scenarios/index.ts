import { keeping, replicas } from './keeping.ts';
import { killedPlayers, killedRoles } from './killed.ts';
import type { Scenario } from './scenario.ts';
import { silences } from './silences.ts';

export type { Scenario } from './scenario.ts';

/** The areas in the order of docs/faults.md. */
export const areas: readonly (readonly [title: string, scenarios: readonly Scenario[]])[] = [
  ['Roles that are killed', killedRoles],
  ['Players of disputes that are killed', killedPlayers],
  ['Players of disputes that are silent', silences],
  ['Disks, servers, clocks and time', keeping],
  ['More than one', replicas],
];

export const scenarios: readonly Scenario[] = areas.flatMap(([, rows]) => rows);
