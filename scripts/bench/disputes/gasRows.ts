import { spawnSync } from 'node:child_process';
import type { Bill, MoveRange } from './ledger.ts';

export interface DotBill {
  readonly terms: number;
  /** The exact sum was needed. */
  readonly wide: boolean;
  /** Led by demands, and with a published trace. */
  readonly led: Bill;
  readonly published: Bill;
}

export interface ModelBill {
  readonly name: string;
  readonly multiplyAdds: number;
  readonly operators: number;
  /** Demands in a row at most. */
  readonly levels: number;
  /** Where the lie is: an operator, also in words, the terms of its elements, and one of these. */
  readonly lie: {
    readonly operator: number;
    readonly what: string;
    readonly terms: number;
    readonly element: number;
  };
  /** Sorts of operators that were looked at, disputes that were played to find the dearest. */
  readonly sorts: number;
  readonly tried: number;
  readonly led: Bill;
  readonly published: Bill;
  readonly silent: Bill;
  readonly undisputed: Bill;
  readonly resisted: Bill;
}

export interface DisputeGas {
  readonly dots: readonly DotBill[];
  readonly models: readonly ModelBill[];
  readonly moves: readonly MoveRange[];
  /** The largest part of what a program's root says a step costs at most that a step was seen to cost. */
  readonly boundUsed: { readonly share: number; readonly where: string };
  /** The most that a proof cost beyond what the root says of its step. */
  readonly besideStep: number;
}

const ARGUMENTS = [
  ...['--config', 'hardhat.production.config.ts', '--build-profile', 'production'],
  ...['run', 'scripts/bench/disputeGas.ts'],
];

/** Plays disputes on a chain of the production build, in a process of its own; its progress goes to the terminal. */
export function disputeGas(): DisputeGas {
  const { status, stdout } = spawnSync('hardhat', ARGUMENTS, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 64 * 1024 * 1024,
  });
  const line = stdout.split('\n').findLast((text) => text.startsWith('{'));
  if (status !== 0 || line === undefined) throw new Error(`The gas of disputes could not be measured:\n${stdout}`);
  return JSON.parse(line) as DisputeGas;
}
