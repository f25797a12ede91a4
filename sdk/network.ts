/** A deployment one can read, and an account one can act as. */
import type { Provider, Signer } from 'ethers';
import { getAddress, JsonRpcProvider } from 'ethers';
import { ProtocolError } from '#core/errors.ts';
import type { Address } from '#core/hex.ts';
import { toAddress } from '#core/hex.ts';
import type { IChallengeGame, IEscrow, IInferenceRequests, IModelRegistry, INodeRegistry, OPG } from '#types';
import {
  IChallengeGame__factory,
  IEscrow__factory,
  IInferenceRequests__factory,
  IModelRegistry__factory,
  INodeRegistry__factory,
  OPG__factory,
} from '#types';
import { named } from './chainErrors.ts';
import type { Deployment } from './deployment.ts';
import { parseDeployment } from './deployment.ts';
import { Lanes } from './lanes.ts';
import { Nonces } from './nonces.ts';
import { broadcast, wayOut } from './sending.ts';

export interface Network {
  readonly provider: Provider;
  readonly deployment: Deployment;
  readonly token: OPG;
  readonly escrow: IEscrow;
  readonly models: IModelRegistry;
  readonly nodes: INodeRegistry;
  readonly requests: IInferenceRequests;
  /** undefined: the deployment names none. */
  readonly game: IChallengeGame | undefined;
  /** As in ConnectOptions. */
  readonly pollMs: number;
  readonly patienceMs: number;
}

/** A network seen by one account. Use one object per account and process: it hands out nonces and lanes. */
export interface Account extends Network {
  readonly address: Address;
  readonly signer: Signer;
  readonly nonces: Nonces;
  readonly lanes: Lanes;
}

export interface ConnectOptions {
  /**
   * An endpoint's URL, or a provider. A JsonRpcProvider of one's own needs `cacheTimeout: -1`: an answer that is 250 ms old can
   * show a lane free that was just taken.
   */
  readonly provider: string | Provider;
  /** Milliseconds between looks for a receipt, when it is not there at once; default 500. */
  readonly pollMs?: number;
  /** Milliseconds for which the endpoint may fail, or know nothing, after something was sent; default 120,000. */
  readonly patienceMs?: number;
  /** The content of deploy/addresses/<chainId>.json. */
  readonly deployment: unknown;
}

/** Connects and checks that chain and contracts belong together, before any money moves. */
export async function connect({
  provider: source,
  pollMs = 500,
  patienceMs = 120_000,
  deployment: record,
}: ConnectOptions): Promise<Network> {
  const deployment = parseDeployment(record);
  const provider = typeof source === 'string' ? providerOf(source, pollMs) : source;
  const { addresses } = deployment;
  const network: Network = {
    provider,
    deployment,
    token: OPG__factory.connect(addresses.token, provider),
    escrow: IEscrow__factory.connect(addresses.escrow, provider),
    models: IModelRegistry__factory.connect(addresses.models, provider),
    nodes: INodeRegistry__factory.connect(addresses.nodes, provider),
    requests: IInferenceRequests__factory.connect(addresses.requests, provider),
    game: addresses.game === undefined ? undefined : IChallengeGame__factory.connect(addresses.game, provider),
    pollMs,
    patienceMs,
  };
  await named('the reader', () => assertTogether(network));
  return network;
}

/** The network as `signer` sees it. `laneLimit`: how many requests may be in flight at once; wallets keep 16. */
export async function actAs(network: Network, signer: Signer, { laneLimit = 16 } = {}): Promise<Account> {
  const connected = signer.provider === null ? signer.connect(network.provider) : signer;
  const address = toAddress(await connected.getAddress());
  const way = wayOut({ ...network, signer: connected });
  const nonces = new Nonces(
    () => network.provider.getTransactionCount(address, 'pending'),
    (raw) => broadcast(way, raw),
  );
  const lockOf = (lane: number) => network.escrow.lockOf(network.deployment.addresses.requests, address, lane);
  const lanes = new Lanes(address, lockOf, laneLimit);
  return { ...network, address, signer: connected, nonces, lanes };
}

/** Detects the chain once, never answers from a cache. */
function providerOf(url: string, pollingInterval: number): Provider {
  return new JsonRpcProvider(url, undefined, { staticNetwork: true, cacheTimeout: -1, pollingInterval });
}

async function assertTogether({ provider, deployment, escrow, requests, game }: Network): Promise<void> {
  const { chainId, addresses } = deployment;
  const got = (await provider.getNetwork()).chainId;
  if (got !== BigInt(chainId)) throw new ProtocolError('chain.wrong_id', { got, expected: chainId });
  const used = await Promise.all([requests.escrow(), requests.models(), requests.nodes(), escrow.token()]);
  (['escrow', 'models', 'nodes', 'token'] as const).forEach((name, i) => {
    const expected = getAddress(used[i] ?? '');
    const address = addresses[name];
    if (address !== expected) throw new ProtocolError('chain.wrong_contract', { name, address, expected });
  });
  if (game === undefined) return;
  const expected = getAddress(await game.requests());
  if (addresses.requests !== expected)
    throw new ProtocolError('chain.wrong_contract', { name: 'requests', address: addresses.requests, expected });
}
