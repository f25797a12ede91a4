/** What a faulty role for testnets can be told to do wrong; docs/workers/faults.md has a line for each name. */

/** What is given as a result. `right` is no fault: it makes room in a schedule. */
export const RESULT_FAULTS = [
  'right',
  'weight',
  'half',
  'tf32',
  'model',
  'stale-input',
  'stale-result',
  'truncated',
  'short',
] as const;
export type ResultFault = (typeof RESULT_FAULTS)[number];

/** What is not done: moves of disputes by the names of their intents, and a node's other duties. */
export const SILENCES = [
  'accept',
  'submit',
  'deliver',
  'demand',
  'answer',
  'prove',
  'lapse',
  'uphold',
  'claimPot',
  'reclaim',
  'demandOutput',
  'answerOutput',
  'lapseOutput',
] as const;

export interface SilenceRule {
  readonly silent: ReadonlySet<string>;
  /** Pieces of a dispute that are demanded (or, of its own demands to answer, answered) before the silence begins. */
  readonly silentAfter: number;
}
