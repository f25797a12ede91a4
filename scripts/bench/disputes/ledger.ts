/** What the gas of disputes adds up to. */
import type { Outcome, Played } from './outcomes.ts';
import type { Move } from './play.ts';

/** One dispute. */
export interface Bill {
  readonly outcome: Outcome;
  readonly transactions: number;
  readonly challenger: number;
  readonly node: number;
  readonly total: number;
  readonly largest: Pick<Move, 'name' | 'gas'>;
}

export function billOf({ outcome, moves }: Played): Bill {
  const spent = (by?: Move['by']) =>
    moves.reduce((sum, move) => sum + (by === undefined || move.by === by ? move.gas : 0), 0);
  const { name, gas } = moves.reduce((most, move) => (move.gas > most.gas ? move : most));
  return {
    outcome,
    transactions: moves.length,
    challenger: spent('challenger'),
    node: spent('node'),
    total: spent(),
    largest: { name, gas },
  };
}

/** What one sort of move cost over all disputes that were played. */
export interface MoveRange {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  /** Where it cost most. */
  readonly where: string;
}

export class MoveRanges {
  readonly #ranges = new Map<string, MoveRange>();

  add(where: string, moves: readonly Move[]): void {
    for (const { name, gas } of moves) {
      const known = this.#ranges.get(name) ?? { name, least: gas, most: gas, where };
      const most = gas > known.most ? { most: gas, where } : {};
      this.#ranges.set(name, { ...known, least: Math.min(known.least, gas), ...most });
    }
  }

  get all(): MoveRange[] {
    return [...this.#ranges.values()].sort((a, b) => a.name.localeCompare(b.name));
  }
}
