/** What is stated on the command line, because no contract knows it. */
import { parseEther, parseUnits } from 'ethers';
import type { Market } from '#core/challenges/economics.ts';

/** With their defaults: docs/economics.md says where they are from. */
export const STATED = {
  'gas-price': { fallback: '0.01', about: 'native gas price, in gwei' },
  'opg-per-native': { fallback: '1000', about: 'OPG that one unit of the native coin costs' },
  fee: { fallback: '1', about: 'of a request, in OPG' },
  gain: { fallback: '', about: 'what one wrong result is worth to a cheat, in OPG; the fee if absent' },
  'check-seconds': {
    fallback: '',
    about: 'of one core, to check one result; from the program’s cost at 0.4 ns per multiply-add if absent',
  },
  'core-hour': { fallback: '0.5', about: 'what an hour of a core costs, in OPG' },
  'win-share': { fallback: '0.5', about: 'chance that whoever finds a wrong result gets its pot' },
  rate: { fallback: '1', about: 'requests per second of one node' },
  'capital-percent': { fallback: '20', about: 'what capital costs a year' },
} as const;

export type Stated = Readonly<Record<keyof typeof STATED, string>>;

/** Seconds per multiply-add of the reference on one core (docs/benchmarks.md). */
const REFERENCE_SECONDS = 0.4e-9;
/** Reading a result, opening a file, whatever small: no check takes less. */
const LEAST_SECONDS = 0.001;
const GWEI_DIGITS = 9;

export function marketOf(stated: Stated, cost: bigint): Market {
  const native = parseUnits(stated['gas-price'], GWEI_DIGITS);
  const seconds =
    stated['check-seconds'] === ''
      ? Math.max(LEAST_SECONDS, Number(cost) * REFERENCE_SECONDS)
      : Number(stated['check-seconds']);
  const coreHour = Number(parseEther(stated['core-hour']));
  return {
    paidPerGas: (native * parseEther(stated['opg-per-native'])) / 10n ** 18n,
    fee: parseEther(stated.fee),
    gain: parseEther(stated.gain === '' ? stated.fee : stated.gain),
    checkCost: BigInt(Math.ceil((seconds / 3600) * coreHour)),
    winShare: Number(stated['win-share']),
    requestsPerSecond: Number(stated.rate),
    capitalRate: Number(stated['capital-percent']) / 100,
  };
}
