/** What a command says at its end: a table for people, or one line of JSON. */

import { columns } from '../table.ts';
import type { Transacted } from '../transact.ts';
import type { Arguments, Terminal } from './command.ts';
import { EXIT } from './command.ts';

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };

/** `rows`: cells of a table, or the lines to write. Wide integers are text in JSON. */
export function answer(
  { json }: Pick<Arguments, 'json'>,
  { out }: Terminal,
  value: { readonly [key: string]: Json | undefined },
  rows: readonly (readonly string[])[] | string,
): number {
  if (json) out(`${JSON.stringify({ ok: true, ...value })}\n`);
  else out(`${typeof rows === 'string' ? rows : columns(rows).join('\n')}\n`);
  return EXIT.ok;
}

/** What sending cost, for both kinds of readers. */
export function sent(done: Transacted): { readonly transaction: string; readonly block: number; readonly gas: string } {
  const { hash, blockNumber, gasUsed } = done.receipt;
  return { transaction: hash, block: blockNumber, gas: String(gasUsed) };
}

export const sentRows = (done: Transacted): string[][] => [
  ['transaction', done.receipt.hash],
  ['gas', done.receipt.gasUsed.toLocaleString('en-US')],
];
