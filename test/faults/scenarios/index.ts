import { providers, reorganisations } from './chain.ts';
import { fees } from './fees.ts';
import type { Scenario } from './scenario.ts';

export type { Scenario } from './scenario.ts';

/** The areas in the order of docs/faults.md. */
export const areas: readonly (readonly [title: string, scenarios: readonly Scenario[]])[] = [
  ['Reorganisations', reorganisations],
  ['Chain nodes that fail or lie', providers],
  ['The price of gas', fees],
];

export const scenarios: readonly Scenario[] = areas.flatMap(([, rows]) => rows);
