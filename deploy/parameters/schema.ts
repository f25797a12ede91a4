// What a deployment is made of, checked before anything is sent. A file's mistakes are named together, first those of
// form, then those against each other and against the chain.
import { readFileSync } from 'node:fs';
import { getAddress, isAddress, ZeroAddress } from 'ethers';
import { z } from 'zod';
import type { Chain } from '../chains.ts';
import { chainById } from '../chains.ts';

const DAY = 86_400;
/** Depth of the deepest dispute: the game's D. */
const LEVELS = 8;

const whole = (what: string, least: number, most: number) => {
  const error = `must be a whole number of ${what} from ${least} to ${most}`;
  return z.number({ error }).int({ error }).min(least, { error }).max(most, { error });
};
const address = z
  .string({ error: 'must be an address in quotes, or null' })
  .refine(isAddress, { error: 'is no address: 0x and 40 hex digits, with a valid checksum if in mixed case' })
  .transform((text) => getAddress(text))
  .refine((one) => one !== ZeroAddress, { error: 'is the zero address: nobody has its key' });
const opg = z
  .string({ error: 'must be an amount of OPG in quotes, for instance "2.5"' })
  .regex(/^\d{1,10}(\.\d{1,18})?$/, { error: 'must be an amount of OPG in quotes, for instance "2.5"' });
const bps = (most: number) => whole('basis points', 0, most);

const firstSet = z.strictObject({
  challengeBaseSeconds: whole('seconds', 1, 2 ** 32 - 1),
  checkRateLog2: whole('powers of two of multiply-adds per second', 0, 60),
  maxLifeDays: whole('days', 1, 255),
  sliceFloorOpg: opg.refine((amount) => Number(amount) > 0, {
    error: 'must be more than 0: a node must stand to lose something',
  }),
  sliceOfFeePercent: whole('percent', 0, 65_535),
  protocolShareBps: bps(1_000),
  tipBps: bps(500),
  maxInputBytes: whole('bytes', 1, 2 ** 24 - 1),
  penaltyBps: bps(10_000),
  challengeWindowSeconds: whole('seconds', 1, 2 ** 32 - 1),
  responseSeconds: whole('seconds', 1, 2 ** 32 - 1),
  requesterShareBps: bps(7_500),
  challengerShareBps: bps(7_500),
  tipDelaySeconds: whole('seconds', 0, 2 ** 32 - 1),
  rescueDelaySeconds: whole('seconds', 0, 2 ** 32 - 1),
  callbackGasCap: whole('gas', 0, 2_000_000),
});

const schema = z
  .strictObject({
    chainId: whole('chain id', 1, Number.MAX_SAFE_INTEGER),
    token: address.nullable(),
    holder: address.nullable(),
    treasury: address.nullable(),
    governor: address.nullable(),
    guardian: address.nullable(),
    governorDelaySeconds: whole('seconds', 0, 365 * DAY),
    unbondingDelaySeconds: whole('seconds', 1, 365 * DAY),
    /** What moves of a dispute are paid by: fees and bonds are gas times this. */
    opgPerGas: opg.refine((amount) => Number(amount) > 0 && Number(amount) < 1, {
      error: 'must be more than 0 and less than 1: the price of one gas in OPG, for instance "0.0000001"',
    }),
    firstSet,
  })
  .superRefine((parameters, context) => {
    const wrong = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: path.split('.'), message, input: parameters });
    const chain = chainById(parameters.chainId);
    if (chain) checkTimes(parameters, chain, wrong);
    else
      wrong(
        'chainId',
        `is ${parameters.chainId}, which deploy/chains.ts does not know: add the chain and its least times`,
      );
    checkShares(parameters.firstSet, wrong);
  });

export type Profile = z.infer<typeof schema>;
type Wrong = (path: string, message: string) => void;

function checkTimes(parameters: Profile, chain: Chain, wrong: Wrong): void {
  const set = parameters.firstSet;
  const atLeast = (path: string, got: number, least: number, why: string) => {
    if (got < least) wrong(path, `is ${got} s; ${chain.name} needs at least ${least} s ${why}`);
  };
  const { least } = chain;
  const censored = 'to outlast delayed inclusion';
  atLeast('firstSet.challengeBaseSeconds', set.challengeBaseSeconds, least.challengeBaseSeconds, censored);
  atLeast('firstSet.challengeWindowSeconds', set.challengeWindowSeconds, least.challengeWindowSeconds, censored);
  atLeast('firstSet.responseSeconds', set.responseSeconds, least.responseSeconds, censored);
  atLeast('governorDelaySeconds', parameters.governorDelaySeconds, least.governorDelaySeconds, 'of notice');
  atLeast('unbondingDelaySeconds', parameters.unbondingDelaySeconds, least.unbondingDelaySeconds, 'of notice');

  // A program's cost adds at most 14 days to it (RequestTermsLib.MAX_COST_SECONDS): twice that is within the 30.
  const longestDispute = set.challengeWindowSeconds + 2 * LEVELS * set.responseSeconds;
  const rescue = 2 * longestDispute + 30 * DAY;
  if (set.rescueDelaySeconds <= rescue)
    wrong(
      'firstSet.rescueDelaySeconds',
      `is ${set.rescueDelaySeconds} s; it must exceed ${rescue} s (twice the longest dispute and 30 days), or a rescue could overtake a verdict`,
    );
}

function checkShares(set: Profile['firstSet'], wrong: Wrong): void {
  const { requesterShareBps: psi, challengerShareBps: rho } = set;
  if (psi > rho)
    wrong(
      'firstSet.requesterShareBps',
      `is ${psi}, more than challengerShareBps (${rho}): a fault would pay whoever asked for it`,
    );
  if (psi + rho > 7_500)
    wrong(
      'firstSet.challengerShareBps',
      `and requesterShareBps sum to ${psi + rho}; at most 7500, so that a quarter of a slash burns`,
    );
}

export class ProfileError extends Error {
  readonly findings: readonly string[];

  constructor(source: string, findings: readonly string[]) {
    super(`${source} cannot be deployed:\n${findings.map((finding) => `  ${finding}`).join('\n')}`);
    this.name = 'ProfileError';
    this.findings = findings;
  }
}

/** The parameters in `json`. Throws a ProfileError that names every mistake, each with its path and what would do. */
export function parseProfile(json: unknown, source: string): Profile {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  throw new ProfileError(source, result.error.issues.flatMap(sentences));
}

function sentences(issue: z.core.$ZodIssue): string[] {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map(
      (key) => `${path ? `${path}.` : ''}${key} is not a parameter: check the spelling and the unit in the name`,
    );
  const missing = issue.code === 'invalid_type' && issue.expected === 'object';
  return [`${path || 'the file'} ${missing ? 'is missing, or is no object' : issue.message}`];
}

/** Reads a profile. Throws a ProfileError also if there is no such file, or no JSON in it. */
export function readProfile(file: string): Profile {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new ProfileError(file, [
      `the file ${error instanceof Error ? `cannot be read: ${error.message}` : 'cannot be read'}`,
    ]);
  }
  return parseProfile(json, file);
}
