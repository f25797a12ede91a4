/** Amounts of OPG as people write them. */
import { formatUnits, parseUnits } from 'ethers';
import { UsageError } from './command.ts';

/** `1.5` OPG in wei. `what` names the argument in errors. */
export function opg(written: string, what: string): bigint {
  if (!/^\d+(\.\d{1,18})?$/.test(written))
    throw new UsageError(`${what} is an amount of OPG such as 12 or 0.5, with at most 18 places, not "${written}"`);
  return parseUnits(written, 18);
}

/** Wei as OPG, all places that say something. */
export function shown(wei: bigint): string {
  const [whole = '0', places = ''] = formatUnits(wei, 18).split('.');
  const tail = places.replace(/0+$/, '');
  return `${BigInt(whole).toLocaleString('en-US')}${tail === '' ? '' : `.${tail}`}`;
}

/** The last second of the year 9999: what is later is for ever, and has no ISO date that people would read. */
const FAR = 253_402_300_799;

export const when = (seconds: number): string =>
  new Date(Math.min(seconds, FAR) * 1_000).toISOString().replace(/\.000Z$/, 'Z');
