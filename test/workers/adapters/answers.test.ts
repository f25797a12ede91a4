/** Answers of a chain node that are none: said of the node, so that whoever asked waits or asks another, instead of ending the process. */
import { expect } from 'chai';
import type { Hex } from '#ports/chain.ts';
import type { Contracts, EventDecoder } from '../../../workers/adapters/ethers/decodeEvents.ts';
import { gameViews } from '../../../workers/adapters/ethers/game.ts';
import { submitters } from '../../../workers/adapters/ethers/permissions.ts';
import { Providers } from '../../../workers/adapters/ethers/providers/providers.ts';
import { EthersReader } from '../../../workers/adapters/ethers/reader.ts';
import { Rpc } from '../../../workers/adapters/ethers/rpc.ts';
import { EthersSender } from '../../../workers/adapters/ethers/sender.ts';
import { contractViews } from '../../../workers/adapters/ethers/views.ts';
import { CHAIN_ID } from '../../support/anvil.ts';
import { serveHttp, type TestServer } from '../../support/httpServer.ts';
import { rejectsLater } from '../../support/rejects.ts';
import { recordedLog, recordedMetrics } from '../../support/telemetry.ts';

const word = (digit: string) => `0x${digit.repeat(64)}` as Hex;
const ACCOUNT = `0x${'1'.repeat(40)}` as Hex;
const block = { number: '0x5', hash: word('5'), parentHash: word('4'), timestamp: '0x64', transactions: [word('a')] };
const log = {
  address: ACCOUNT,
  topics: [word('c')],
  data: '0x',
  blockNumber: '0x5',
  blockHash: word('5'),
  transactionHash: word('a'),
  logIndex: '0x0',
};
const receipt = {
  transactionHash: word('a'),
  blockNumber: '0x5',
  blockHash: word('5'),
  status: '0x1',
  gasUsed: '0x1',
  logs: [log],
};
const USUAL: Readonly<Record<string, unknown>> = {
  eth_chainId: `0x${CHAIN_ID.toString(16)}`,
  eth_getBlockByNumber: block,
  eth_getLogs: [log],
  eth_getTransactionReceipt: receipt,
  eth_call: '0x1234',
  eth_estimateGas: '0x5208',
  eth_getBalance: '0x0',
  eth_getTransactionCount: '0x0',
  eth_maxPriorityFeePerGas: '0x1',
};

const without = (whole: object, name: string) =>
  Object.fromEntries(Object.entries(whole).filter(([key]) => key !== name));
const ODD: Readonly<Record<string, readonly unknown[]>> = {
  eth_chainId: [null, 'one', {}],
  eth_getBlockByNumber: [
    'busy',
    {},
    without(block, 'timestamp'),
    without(block, 'parentHash'),
    { ...block, timestamp: null },
    { ...block, number: 5 },
    { ...block, logsBloom: '0x0' },
    { ...block, baseFeePerGas: 'much' },
    { ...block, transactions: [{}] },
  ],
  eth_getLogs: [null, {}, [null], [without(log, 'topics')], [{ ...log, data: '0x1' }], [{ ...log, logIndex: null }]],
  eth_getTransactionReceipt: [[], without(receipt, 'gasUsed'), without(receipt, 'status'), { ...receipt, logs: null }],
  eth_call: [null, 'nothing', '0x1', {}],
  eth_estimateGas: [null, '', '21000'],
  eth_getBalance: [null, '0x'],
  eth_getTransactionCount: [null, word('f')],
  eth_maxPriorityFeePerGas: [null, 1],
};

describe('an answer of a chain node', () => {
  let answers: Record<string, unknown> = {};
  const servers: TestServer[] = [];
  /** One with `answers`, and one that is well. */
  before(async () => {
    for (const own of [() => answers, () => USUAL])
      servers.push(
        await serveHttp(async (request, response) => {
          const { id, method } = JSON.parse((await request.toArray()).join(''));
          response.setHeader('content-type', 'application/json');
          response.end(JSON.stringify({ jsonrpc: '2.0', id, result: own()[method] }));
        }),
      );
  });
  beforeEach(() => {
    answers = { ...USUAL };
  });
  after(() => Promise.all(servers.map((server) => server.close())));

  /** What workers ask, by the method that answers it. */
  function questions(rpc: Rpc | Providers): Readonly<Record<string, () => Promise<unknown>>> {
    const decoder: EventDecoder = { addresses: [ACCOUNT], topics: [word('c')], decode: () => undefined };
    const reader = new EthersReader(rpc, CHAIN_ID, decoder, { finality: { kind: 'tag' }, pollMs: 1 });
    const sender = new EthersSender(rpc);
    const follow = async () => {
      for await (const fact of reader.follow({ recent: [], final: undefined }, 5, new AbortController().signal))
        return fact;
      return undefined;
    };
    return {
      eth_chainId: () => rpc.send('eth_chainId', []),
      eth_getBlockByNumber: () => reader.head(),
      eth_getLogs: follow,
      eth_getTransactionReceipt: () => sender.receipt(word('a')),
      eth_call: () => reader.call(ACCOUNT, '0x'),
      eth_estimateGas: () => sender.estimateGas(ACCOUNT, ACCOUNT, '0x'),
      eth_getBalance: () => sender.balance(ACCOUNT),
      eth_getTransactionCount: () => sender.minedNonce(ACCOUNT),
      eth_maxPriorityFeePerGas: () => sender.fees(),
    };
  }

  for (const [method, odd] of Object.entries(ODD))
    it(`to ${method} is none where it cannot be, in ${odd.length} ways`, async () => {
      const rpc = Rpc.open({ url: servers[0]?.url ?? '', chainId: CHAIN_ID });
      const ask = questions(rpc)[method] as () => Promise<unknown>;
      await ask();
      for (const one of odd) {
        answers = { ...USUAL, [method]: one };
        const error = await rejectsLater('rpc.unavailable', ask());
        expect(error.payload.method).to.equal(method);
      }
      rpc.close();
    });

  it('is taken from another provider where one says what cannot be', async () => {
    const urls = servers.map(({ url }) => url);
    const common = { chainId: CHAIN_ID, log: recordedLog(), metrics: recordedMetrics() };
    for (const [method, [odd]] of Object.entries(ODD)) {
      answers = { ...USUAL, [method]: odd };
      const rpc = await Providers.connect({ ...common, urls, agreement: 1 });
      await questions(rpc)[method]?.();
      rpc.close();
    }
  });

  it('to a call is none where the contract cannot have returned it, as of a node that is behind its deployment', async () => {
    const [nodes, escrow, models, requests, game] = ['2', '3', '4', '5', '6'].map(
      (digit) => `0x${digit.repeat(40)}` as Hex,
    );
    const contracts = { nodes, escrow, models, requests, game } as Readonly<Record<keyof Contracts, Hex>>;
    for (const returned of ['0x', '0x1234'] as const) {
      const reader = { call: async () => returned };
      const [views, disputes] = [contractViews(reader, contracts), gameViews(reader, contracts)];
      await rejectsLater('rpc.unavailable', views.freeStake(ACCOUNT));
      await rejectsLater('rpc.unavailable', views.offerOf(ACCOUNT, word('1')));
      await rejectsLater('rpc.unavailable', views.delaysOf(1));
      await rejectsLater('rpc.unavailable', disputes.clocksOf(1));
      const { message } = await rejectsLater(
        'rpc.unavailable',
        submitters(reader, contracts.nodes)(ACCOUNT, contracts.game),
      );
      expect(message).to.contain(`it returned ${returned} for mayAct of ${contracts.nodes}`);
    }
  });

  it('may leave out what a chain need not have', async () => {
    const rpc = Rpc.open({ url: servers[0]?.url ?? '', chainId: CHAIN_ID });
    const bare = { ...without(block, 'transactions'), logsBloom: null, baseFeePerGas: null };
    answers = { ...USUAL, eth_getBlockByNumber: bare };
    expect(await questions(rpc)['eth_getBlockByNumber']?.()).to.deep.include({ number: 5, timestamp: 100 });
    expect(await questions(rpc)['eth_maxPriorityFeePerGas']?.()).to.deep.include({ price: 1n });
    rpc.close();
  });
});
