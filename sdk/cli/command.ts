/** What every command of `opg` is made of. */
import type { ParseArgsOptionsConfig } from 'node:util';

export const EXIT = { ok: 0, finding: 1, usage: 2 } as const;

/** The command line or a file that it names cannot be used: exit code 2, without a word about where in the code. */
export class UsageError extends Error {}

export interface Arguments {
  readonly positionals: readonly string[];
  /** As node:util parseArgs gives them. */
  readonly values: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;
  readonly json: boolean;
}

export interface Terminal {
  /** stdout: what was asked for. */
  readonly out: (text: string) => void;
  /** stderr: progress and errors. */
  readonly err: (text: string) => void;
  /** stderr is a terminal whose line can be written again. */
  readonly interactive: boolean;
  /** Asks for a secret without showing it; undefined: there is nobody to ask. */
  readonly ask?: (question: string) => Promise<string>;
}

export interface Command {
  /** One word or more: `compile`, `model publish`. */
  readonly name: string;
  /** One line, for the list of commands. */
  readonly summary: string;
  /** Names of the positional arguments, all of them needed. */
  readonly positionals: readonly string[];
  /** Besides --json and --help, which every command has. */
  readonly options: ParseArgsOptionsConfig;
  /** What each option is, in the order of the help text: `--dim name=size`, a sentence, and `needed` where it is no option. */
  readonly explained: readonly (readonly [option: string, meaning: string, needed?: 'needed'])[];
  /** What the exit code 1 means. */
  readonly finding: string;
  /** Gives the exit code. A ProtocolError it throws is a finding, a UsageError a usage error, anything else a fault of ours. */
  readonly run: (args: Arguments, terminal: Terminal) => Promise<number> | number;
}

export function text(args: Arguments, option: string): string | undefined {
  const value = args.values[option];
  return typeof value === 'string' ? value : undefined;
}

/** Of an option that may be repeated. */
export function texts(args: Arguments, option: string): readonly string[] {
  const value = args.values[option];
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

/** A number >= 0. */
export function amount(args: Arguments, option: string): number | undefined {
  const given = text(args, option);
  if (given === undefined) return undefined;
  const value = Number(given);
  if (given.trim() === '' || !(value >= 0))
    throw new UsageError(`--${option} takes a number of at least 0, not "${given}"`);
  return value;
}

/** Repeated `--dim name=size`. */
export function dims(args: Arguments): Record<string, number> {
  return Object.fromEntries(
    texts(args, 'dim').map((given) => {
      const at = given.lastIndexOf('=');
      const size = Number(given.slice(at + 1));
      if (at < 1 || !Number.isSafeInteger(size) || size < 0)
        throw new UsageError(`--dim takes name=size, a free dimension and a whole number, not "${given}"`);
      return [given.slice(0, at), size];
    }),
  );
}

export const DIM = {
  option: { dim: { type: 'string', multiple: true } },
  explained: ['--dim name=size', 'size of a free dimension of the model; may be repeated'],
} as const;
