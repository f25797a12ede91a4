import { expect } from 'chai';
import { AbiCoder, id, zeroPadValue } from 'ethers';
import type { Hex } from '#ports/chain.ts';
import { eventDecoder } from '../../../workers/adapters/ethers/decodeEvents.ts';

const at = (digit: number) => `0x${String(digit).repeat(40)}` as Hex;
const word = (digit: number) => `0x${String(digit).repeat(64)}` as Hex;
const contracts = { escrow: at(1), models: at(2), nodes: at(3), requests: at(4) };
const decoder = eventDecoder(contracts);

const logOf = (address: Hex, topics: readonly string[], types: readonly string[], values: readonly unknown[]) => ({
  address,
  topics: topics as Hex[],
  data: AbiCoder.defaultAbiCoder().encode(types, values) as Hex,
  blockNumber: '0x1',
  blockHash: word(5),
  transactionHash: word(6),
  logIndex: '0x0',
});

/** As setNode emits it: a contract takes any bytes for a text. */
const nodeSet = (bytes: string) =>
  logOf(at(3), [id('NodeSet(address,uint8,string)'), zeroPadValue(at(7), 32)], ['uint8', 'bytes'], [1, bytes]);

describe('decoding events', () => {
  it('reads a text that is no UTF-8 with U+FFFD for each wrong byte, so that no stranger stops who reads it', () => {
    const endpoints = ['0x6869', '0x68ff69', '0x00', '0xefbbbf68', '0xc3'].map((bytes) => {
      const event = decoder.decode(nodeSet(bytes));
      return event?.type === 'NodeSet' ? event.endpoint : undefined;
    });
    expect(endpoints).to.deep.equal(['hi', 'h\ufffdi', '\0', '\ufeffh', '\ufffd']);
  });

  it('reads every URI of a version so, and keeps what is beside them', () => {
    const content = [word(1), 5, word(2), word(3), word(4), 1, 2, 3, 256, 5, true, false, word(8)];
    const tuple = 'tuple(bytes32,uint64,bytes32,bytes32,bytes32,uint32,uint32,uint24,uint32,uint40,bool,bool,bytes32)';
    const signature =
      'VersionPublished(uint48,bytes32,(bytes32,uint64,bytes32,bytes32,bytes32,uint32,uint32,uint24,uint32,uint40,bool,bool,bytes32),uint96,string[],string,string)';
    const topics = [id(signature), zeroPadValue('0x09', 32), word(7)];
    const values = [content, 12n, ['0x61', '0xfe'], '0x7b7d', '0xff00'];
    const event = decoder.decode(logOf(at(2), topics, [tuple, 'uint96', 'bytes[]', 'bytes', 'bytes'], values));
    expect(event).to.include({ type: 'VersionPublished', model: 9, royalty: 12n, schema: '{}', metadata: '\ufffd\0' });
    if (event?.type !== 'VersionPublished') return;
    expect(event.uris).to.deep.equal(['a', '\ufffd']);
    expect(event.content).to.include({ size: 5n, exact: true, rows: false });
  });

  it('reads who a model goes to, from its token', () => {
    const topics = [id('Transfer(address,address,uint256)'), ...[at(7), at(8), '0x05'].map((v) => zeroPadValue(v, 32))];
    const log = logOf(at(2), topics, [], []);
    expect(decoder.topics).to.include(topics[0]);
    expect(decoder.decode(log)).to.deep.equal({ type: 'Transfer', from: at(7), to: at(8), tokenId: 5 });
    expect(decoder.decode({ ...log, address: at(3) })).to.equal(undefined);
  });
});
