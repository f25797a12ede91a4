import { load } from './load.ts';
import type { Scenario } from './scenario.ts';

export type { Scenario } from './scenario.ts';

/** The areas in the order of docs/faults.md. */
export const areas: readonly (readonly [title: string, scenarios: readonly Scenario[]])[] = [['Load', load]];

export const scenarios: readonly Scenario[] = areas.flatMap(([, rows]) => rows);
