/** Disputes: gas of whole ones and of their moves, seconds from a wrong result to its challenge, results checked a second. */
import { benchChecks, type CheckRate } from './checks.ts';
import { benchDetection, type Detection } from './detection.ts';
import { type DisputeGas, disputeGas } from './gasRows.ts';

export interface DisputesReport {
  readonly gas: DisputeGas;
  readonly detection: readonly Detection[];
  readonly checks: readonly CheckRate[];
}

const say = (text: string) => console.log(`  ${text}`);

export async function benchDisputes(): Promise<DisputesReport> {
  const checks = await benchChecks(say);
  const detection = await benchDetection(say);
  say('whole disputes on the production build (it takes minutes to compile when contracts changed)');
  return { gas: disputeGas(), detection, checks };
}
