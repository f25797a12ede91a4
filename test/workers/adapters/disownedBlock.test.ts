/** A provider whose headers do not descend from each other: said so, with a pause, instead of taken back and read again for ever. */
import { expect } from 'chai';
import { isProtocolError } from '#core/errors.ts';
import type { ChainFact, Hex } from '#ports/chain.ts';
import type { EventDecoder } from '../../../workers/adapters/ethers/decodeEvents.ts';
import type { JsonRpc } from '../../../workers/adapters/ethers/jsonRpc.ts';
import { EthersReader } from '../../../workers/adapters/ethers/reader.ts';

const hashOf = (text: string) => `0x${text.padStart(64, '0')}` as Hex;
const block = (number: number, hash: Hex, parentHash: Hex) => ({
  number: `0x${number.toString(16)}`,
  hash,
  parentHash,
  timestamp: `0x${(1_000 + number).toString(16)}`,
  logsBloom: `0x${'0'.repeat(512)}`,
});

describe('a block that its child does not descend from', () => {
  it('is taken back once, and then the provider is given a rest', async () => {
    const blocks = [
      block(0, hashOf('a0'), hashOf('0')),
      block(1, hashOf('a1'), hashOf('a0')),
      block(2, hashOf('a2'), hashOf('bad')),
    ];
    const answer = (_method: string, [tag]: readonly unknown[]) =>
      tag === 'latest' ? blocks.at(-1) : blocks[Number(tag)];
    const rpc = {
      url: 'test',
      agreement: 1,
      agreed: async (method: string, parameters: readonly unknown[]) =>
        method === 'eth_getLogs' ? [] : (answer(method, parameters) ?? null),
      newest: async () => blocks.at(-1) ?? null,
      send: async () => [],
    } as unknown as JsonRpc;
    const decoder = { addresses: [], topics: [] } as unknown as EventDecoder;
    const options = { finality: { kind: 'depth', blocks: 10 }, pollMs: 1 } as const;
    const reader = new EthersReader(rpc, 1, decoder, options);
    const facts: ChainFact['kind'][] = [];
    const follow = async () => {
      const cursor = { final: undefined, recent: [] } as never;
      for await (const { kind } of reader.follow(cursor, 0, AbortSignal.timeout(5_000))) facts.push(kind);
    };
    const error = await follow().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(isProtocolError(error, 'rpc.unavailable'), String(error)).to.equal(true);
    expect(facts).to.deep.equal(['block', 'block', 'reorg']);
  });
});
