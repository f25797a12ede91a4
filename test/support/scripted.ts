/** A chain of blocks whose events a test writes itself, fed into an index; and an indexer's HTTP over that. */
import type { Address } from '#core/hex.ts';
import { toAddress, toBytes32, toHex, ZERO_BYTES32 } from '#core/hex.ts';
import type { EventNamed, ProtocolEvent } from '#core/protocol/events.ts';
import { toModelId, toRequestId, toVersionId } from '#core/protocol/ids.ts';
import type { ParameterSet } from '#core/protocol/parameters.ts';
import type { BlockRef, Hex, LoggedEvent } from '#ports/chain.ts';
import { createMetrics } from '../../workers/adapters/prometheus/metrics.ts';
import { indexRoutes } from '../../workers/indexer/routes.ts';
import { Health } from '../../workers/lifecycle/health.ts';
import { type HttpServer, serveHttp } from '../../workers/lifecycle/http.ts';
import type { Index } from './indexed.ts';
import { requested } from './story.ts';
import { recordedLog } from './telemetry.ts';

const word = (n: number | bigint): Hex => `0x${n.toString(16).padStart(64, '0')}`;
export const accountOf = (n: number): Address => toAddress(`0x${n.toString(16).padStart(40, '0')}`);
export const versionOf = (n: number) => toVersionId(word(0xfe0000 + n));
export const requestOf = (n: number) => toRequestId(word(0xad0000 + n));

export class ScriptedChain {
  readonly #index: Index;
  readonly #blocks: BlockRef[] = [];

  constructor(index: Index) {
    this.#index = index;
  }

  /** One block with these events, one transaction each. */
  async block(timestamp: number, ...events: readonly ProtocolEvent[]): Promise<BlockRef> {
    const number = this.#blocks.length + 1;
    const block = {
      number,
      hash: word(0xb10c0000 + number * 7),
      parentHash: this.#blocks.at(-1)?.hash ?? word(0),
      timestamp,
    };
    this.#blocks.push(block);
    const logged = events.map(
      (event, logIndex): LoggedEvent => ({ block, transactionHash: word(number * 1_000 + logIndex), logIndex, event }),
    );
    await this.#index.take(block, logged);
    return block;
  }

  /** Takes the newest block back. */
  async takeBack(): Promise<void> {
    await this.#index.store.takeBack(this.#blocks.pop() as BlockRef);
  }
}

/** Only what the index reads of a set. */
export const setAppended = (set: number, { protocolBps = 500, tipBps = 100 } = {}): ProtocolEvent => ({
  type: 'SetAppended',
  set,
  parameters: { protocolBps, tipBps, arbiter: accountOf(5), sliceFloor: 1n } as ParameterSet,
});

export const modelCreated = (model: number, namespace: string, name: string, owner: Address): ProtocolEvent => ({
  type: 'ModelCreated',
  model: toModelId(model),
  namespace,
  name,
  owner,
});

const content: EventNamed<'VersionPublished'>['content'] = {
  sha256Hash: toBytes32(word(1)),
  size: 5n,
  inputSchema: toBytes32(word(2)),
  outputSchema: toBytes32(word(3)),
  programRoot: ZERO_BYTES32,
  atol: 0,
  rtol: 0,
  outputBytes: 4,
  cost: 256,
  sliceFloorGwei: 0n,
  exact: false,
  rows: false,
  licenceHash: ZERO_BYTES32,
};

export const published = (
  version: number,
  model: number,
  metadata: string | object,
  { royalty = 0n, programRoot = ZERO_BYTES32 } = {},
): EventNamed<'VersionPublished'> => ({
  type: 'VersionPublished',
  model: toModelId(model),
  version: versionOf(version),
  content: { ...content, sha256Hash: toBytes32(toHex(new Uint8Array(32).fill(version))), programRoot },
  royalty,
  uris: ['https://models.example.org/a'],
  schema: '{}',
  metadata: typeof metadata === 'string' ? metadata : JSON.stringify(metadata),
});

export const offered = (node: Address, version: number, price: bigint, until: number): ProtocolEvent => ({
  type: 'OfferSet',
  node,
  version: versionOf(version),
  price,
  minReserved: 30,
  until,
});

/** Without a named node unless one is given. */
export function askedFor(n: number, model: number, version: number, requester: Address, node: Address): ProtocolEvent {
  const event = requested({ model: toModelId(model), version: versionOf(version), requester, node, fee: 1_000n });
  return { ...event, id: requestOf(n), nonce: BigInt(n) };
}

/** Serves what an indexer serves; `answersAtOnce` as its configuration says. */
export async function serveIndex(index: Pick<Index, 'answers'>, answersAtOnce = 64): Promise<HttpServer> {
  const metrics = createMetrics();
  const routes = { '/v1/': indexRoutes(index.answers, metrics, answersAtOnce) };
  return serveHttp({ host: '127.0.0.1', port: 0, health: new Health(), metrics, log: recordedLog(), routes });
}
