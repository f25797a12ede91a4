// Where a deployment is: one file per chain, read by workers, sdk and demo; independent of any ABI.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { getAddress, isAddress } from 'ethers';
import { z } from 'zod';
import type { StepFamily } from './steps.ts';

const FOLDER = path.join(import.meta.dirname, 'addresses');

const address = z
  .string()
  .refine(isAddress)
  .transform((text) => getAddress(text));

const deployment = z.strictObject({
  chainId: z.int().positive(),
  /** First block that can hold an event of these contracts: where an indexer begins. */
  block: z.int().nonnegative(),
  /** sha256 of the parameters deployed with: tells whether a file in deploy/parameters is still what is on chain. */
  parametersHash: z.string().regex(/^[0-9a-f]{64}$/),
  /** Transactions were paid by, and until `handOver` governed by, this account. */
  deployer: address,
  addresses: z.strictObject({
    token: address,
    authority: address,
    models: address,
    nodes: address,
    requests: address,
    extension: address,
    escrow: address,
    allowListPolicy: address,
    tokenHolderPolicy: address,
    multiTokenPolicy: address,
    passPolicy: address,
    splitterFactory: address,
    modelSale: address,
    modelDirectory: address,
    openGradientFacade: address,
    game: address,
    stepVerifier: address,
    traceVerifier: address,
  }),
  /** The step contracts that stepVerifier asks: contracts/challenges/StepVerifier.sol, StepContracts. */
  steps: z.strictObject({
    dot: address,
    integerDot: address,
    movement: address,
    selection: address,
    arithmetic: address,
    functions: address,
    logic: address,
    conversion: address,
  } satisfies Record<StepFamily, typeof address>),
});

export type Deployment = z.infer<typeof deployment>;

const fileOf = (chainId: number, folder: string) => path.join(folder, `${chainId}.json`);

export function writeAddresses(record: Deployment, folder = FOLDER): string {
  mkdirSync(folder, { recursive: true });
  const file = fileOf(record.chainId, folder);
  writeFileSync(file, `${JSON.stringify(deployment.parse(record), undefined, 2)}\n`);
  return file;
}

export function readAddresses(chainId: number, folder = FOLDER): Deployment {
  const file = fileOf(chainId, folder);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new Error(
      `There is no deployment on chain ${chainId}: ${file} does not exist. Deploy first: docs/deploy.md.`,
    );
  }
  const result = deployment.safeParse(JSON.parse(text));
  if (!result.success) throw new Error(`${file} is not a deployment record:\n${z.prettifyError(result.error)}`);
  return result.data;
}

/** The same for every order of keys. */
export function hashOf(parameters: object): string {
  const sorted = (_key: string, value: unknown) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  return createHash('sha256').update(JSON.stringify(parameters, sorted)).digest('hex');
}
