import { parseEther } from 'ethers';
import { chainById } from '../chains.ts';
import type { Profile } from './schema.ts';

/** The first set as the contract takes it, without its arbiter: the game that is deployed with it (contracts/requests/RequestTypes.sol). */
export function parameterSet({ firstSet: set }: Profile) {
  return {
    tcBase: set.challengeBaseSeconds,
    tcRateLog2: set.checkRateLog2,
    maxLifeDays: set.maxLifeDays,
    sliceFloor: parseEther(set.sliceFloorOpg),
    thetaPct: set.sliceOfFeePercent,
    protocolBps: set.protocolShareBps,
    tipBps: set.tipBps,
    maxInput: set.maxInputBytes,
    penaltyBps: set.penaltyBps,
    windowSeconds: set.challengeWindowSeconds,
    responseSeconds: set.responseSeconds,
    psiBps: set.requesterShareBps,
    rhoBps: set.challengerShareBps,
    tipDelay: set.tipDelaySeconds,
    rescueDelay: set.rescueDelaySeconds,
    callbackCap: set.callbackGasCap,
  };
}

/** No set of this deployment, also not a later one, may have a shorter challenge window. */
export function leastChallengeBaseSeconds({ chainId }: Profile): number {
  const chain = chainById(chainId);
  if (chain === undefined) throw new Error(`deploy/chains.ts does not know chain ${chainId}.`);
  return chain.least.challengeBaseSeconds;
}

/** Its fields, in the order of the struct. */
export const FIRST_SET = [
  'tcBase',
  'tcRateLog2',
  'maxLifeDays',
  'sliceFloor',
  'thetaPct',
  'protocolBps',
  'tipBps',
  'maxInput',
  'penaltyBps',
  'windowSeconds',
  'responseSeconds',
  'psiBps',
  'rhoBps',
  'tipDelay',
  'rescueDelay',
  'callbackCap',
] as const satisfies readonly (keyof ReturnType<typeof parameterSet>)[];
