import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ProtocolError } from '#core/errors.ts';
import { toAddress } from '#core/hex.ts';
import type { ContractViews, RequestCalls } from '#ports/calls.ts';
import type { ChainReader, ChainSender } from '#ports/chain.ts';
import type { Log, Metrics } from '#ports/telemetry.ts';
import { requestCalls } from './calls.ts';
import { type Contracts, eventDecoder } from './decodeEvents.ts';
import { Providers } from './providers/providers.ts';
import { EthersReader, type Finality } from './reader.ts';
import { EthersSender } from './sender.ts';
import { assertTogether } from './together.ts';
import { contractViews } from './views.ts';

export interface ChainSettings {
  readonly rpcUrls: readonly string[];
  /** How many of them must say the same where money follows from it. */
  readonly agreement: number;
  /** Path of the deployment's addresses file. */
  readonly deployment: string;
  readonly finality: Finality;
  readonly pollMs: number;
}

/** One deployment as seen through one node. */
export interface ChainConnection {
  readonly chainId: number;
  /** First block that can hold an event of the contracts. */
  readonly startBlock: number;
  readonly contracts: Contracts;
  readonly reader: ChainReader;
  readonly sender: ChainSender;
  readonly calls: RequestCalls;
  readonly views: ContractViews;
  close(): void;
}

const address = z.string().transform(toAddress);
const deployment = z.object({
  chainId: z.int().positive(),
  block: z.int().nonnegative(),
  addresses: z.object({
    token: address,
    escrow: address,
    models: address,
    nodes: address,
    requests: address,
    game: address.optional(),
  }),
});

/** Throws `deployment.invalid`, `chain.wrong_id`, `chain.wrong_contract` or `rpc.*`. */
export async function connectChain(
  { rpcUrls: urls, agreement, deployment: path, ...rest }: ChainSettings,
  { log, metrics }: { readonly log: Log; readonly metrics: Metrics },
): Promise<ChainConnection> {
  const { chainId, block: startBlock, addresses: contracts } = await readDeployment(path);
  const rpc = await Providers.connect({ urls, agreement, chainId, log, metrics });
  const reader = new EthersReader(rpc, chainId, eventDecoder(contracts), rest);
  try {
    await assertTogether(reader, contracts);
  } catch (error) {
    rpc.close();
    throw error;
  }
  return {
    chainId,
    startBlock,
    contracts,
    reader,
    sender: new EthersSender(rpc),
    calls: requestCalls(contracts.requests),
    views: contractViews(reader, contracts),
    close: () => rpc.close(),
  };
}

async function readDeployment(path: string): Promise<z.infer<typeof deployment>> {
  try {
    return deployment.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new ProtocolError('deployment.invalid', { reason: `${path}: ${reason}` }, { cause: error });
  }
}
