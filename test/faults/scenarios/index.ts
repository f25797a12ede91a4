import { providers, reorganisations } from './chain.ts';
import { fees } from './fees.ts';
import { keeping, replicas } from './keeping.ts';
import { killedPlayers, killedRoles } from './killed.ts';
import { load } from './load.ts';
import { operations } from './operations.ts';
import type { Scenario } from './scenario.ts';
import { silences } from './silences.ts';
import { soak } from './soak.ts';

export type { Scenario } from './scenario.ts';

/** The areas in the order of docs/faults.md. */
export const areas: readonly (readonly [title: string, scenarios: readonly Scenario[]])[] = [
  ['Reorganisations', reorganisations],
  ['Chain nodes that fail or lie', providers],
  ['The price of gas', fees],
  ['Roles that are killed', killedRoles],
  ['Players of disputes that are killed', killedPlayers],
  ['Players of disputes that are silent', silences],
  ['Disks, servers, clocks and time', keeping],
  ['More than one', replicas],
  ['Load', load],
  ['Operations', operations],
  ['Everything at once', soak],
];

export const scenarios: readonly Scenario[] = areas.flatMap(([, rows]) => rows);
