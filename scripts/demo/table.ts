/** The closing table. */
import { type Balances, UNCLAIMED } from './balances.ts';
import { exact, type Screen } from './screen.ts';

const NAME = 28;
const NUMBER = 20;
const PLACES = 4;

export function showBalances(screen: Screen, before: Balances, after: Balances): void {
  const heads = ['before', 'after', 'change'].map((head) => head.padStart(NUMBER)).join('');
  screen.line();
  screen.line(`${screen.bold('Balances in OPG, wallets and Escrow together'.padEnd(NAME + 2))}`);
  screen.line(`  ${''.padEnd(NAME)}${screen.dim(heads)}`);
  const shown = Object.keys(after.rows).filter(
    (name) => !name.startsWith(UNCLAIMED) || before.rows[name] || after.rows[name],
  );
  for (const name of shown) row(screen, name, before.rows[name] ?? 0n, after.rows[name] ?? 0n);
  screen.line(`  ${'-'.repeat(NAME + 3 * NUMBER)}`);
  row(screen, 'sum', before.sum, after.sum);
  row(screen, 'supply of the token', before.supply, after.supply);
}

function row(screen: Screen, name: string, before: bigint, after: bigint): void {
  const change = after - before;
  const numbers = [exact(before, PLACES), exact(after, PLACES), `${change > 0n ? '+' : ''}${exact(change, PLACES)}`];
  screen.line(`  ${name.padEnd(NAME)}${numbers.map((number) => number.padStart(NUMBER)).join('')}`);
}
