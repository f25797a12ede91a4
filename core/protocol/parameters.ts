/** The struct ParameterSet: everything governance decides about requests. A request keeps its set to the end. */
import type { Address } from '../hex.ts';
import { addressField, smallField, wideField } from './fields.ts';

export interface ParameterSet {
  /** Seconds; tc = tcBase + items * cost / 2^tcRateLog2. */
  readonly tcBase: number;
  readonly tcRateLog2: number;
  readonly maxLifeDays: number;
  /** Wei of OPG. */
  readonly sliceFloor: bigint;
  readonly thetaPct: number;
  readonly protocolBps: number;
  readonly tipBps: number;
  /** Bytes of input in calldata, all items together. */
  readonly maxInput: number;
  readonly penaltyBps: number;
  /** The challenge game; the zero address = none. */
  readonly arbiter: Address;
  readonly windowSeconds: number;
  readonly responseSeconds: number;
  readonly psiBps: number;
  readonly rhoBps: number;
  readonly tipDelay: number;
  readonly rescueDelay: number;
  readonly callbackCap: number;
}

export function parametersField(value: unknown): ParameterSet {
  const set = value as { [K in keyof ParameterSet]: unknown };
  return {
    tcBase: smallField(set.tcBase),
    tcRateLog2: smallField(set.tcRateLog2),
    maxLifeDays: smallField(set.maxLifeDays),
    sliceFloor: wideField(set.sliceFloor),
    thetaPct: smallField(set.thetaPct),
    protocolBps: smallField(set.protocolBps),
    tipBps: smallField(set.tipBps),
    maxInput: smallField(set.maxInput),
    penaltyBps: smallField(set.penaltyBps),
    arbiter: addressField(set.arbiter),
    windowSeconds: smallField(set.windowSeconds),
    responseSeconds: smallField(set.responseSeconds),
    psiBps: smallField(set.psiBps),
    rhoBps: smallField(set.rhoBps),
    tipDelay: smallField(set.tipDelay),
    rescueDelay: smallField(set.rescueDelay),
    callbackCap: smallField(set.callbackCap),
  };
}
