import { inspect } from 'node:util';
import { expect } from 'chai';
import { isProtocolError } from '#core/errors.ts';
import { Reverted } from '../../../workers/adapters/ethers/failure.ts';
import { Rpc } from '../../../workers/adapters/ethers/rpc.ts';
import { Anvil, CHAIN_ID } from '../../support/anvil.ts';
import { serveHttp, type TestServer } from '../../support/httpServer.ts';
import { rejectsLater } from '../../support/rejects.ts';

type Failure = readonly [words: string, code: number, method: string, data?: string];

const CALL = 'eth_call';
const ESTIMATE = 'eth_estimateGas';

/**
 * What nodes answer, by what it means: of go-ethereum, or a service in front of it, where nothing else is said; Reth's of its pull
 * request 4092, Besu's of RpcErrorType, Nethermind's of its issues 2098 and 12166. Anvil is asked itself below.
 */
const SAID: Readonly<Record<string, readonly Failure[]>> = {
  reverted: [
    ['execution reverted', 3, CALL, '0x08c379a0'],
    ['execution reverted', -32000, CALL],
    ['execution reverted: Escrow_Insufficient', 3, ESTIMATE, `0x${'ab'.repeat(36)}`],
    ['gas required exceeds allowance (30000000)', -32000, ESTIMATE],
    ['out of gas', -32000, CALL],
    ['invalid opcode: INVALID', -32000, CALL],
    ['invalid jump destination', -32000, CALL],
    ['VM execution error.', -32015, CALL], // Nethermind until 2025, OpenEthereum
    ['out of gas', -32003, CALL], // Nethermind since
    ['Precompile KZG failed with error: invalid', -32003, CALL], // Nethermind since
    ['VM Exception while processing transaction: reverted with panic code 0x11', -32603, CALL], // Hardhat
  ],
  'rpc.unavailable': [
    ['header not found', -32000, CALL],
    ['header for hash not found', -32000, CALL],
    ['hash is not currently canonical', -32000, CALL],
    ['missing trie node 1f (path )', -32000, CALL],
    ['missing trie node 1f (path )', -32000, ESTIMATE],
    ['Resource not found', -32001, CALL], // EIP-1474
    ['Resource unavailable', -32002, CALL], // EIP-1474
    ['State at block #19 is pruned', -32603, CALL], // Reth
    ['World state unavailable', -32000, CALL], // Besu
    ['Block not found', -32000, CALL], // Besu
    ['unknown block', -32000, 'eth_getLogs'],
    ['Internal error', -32603, CALL],
    ['request timed out', -32000, CALL],
  ],
  'rpc.rate_limited': [
    ['daily request count exceeded, request rate limited', -32005, CALL],
    ['Too Many Requests', -32000, ESTIMATE],
  ],
  'rpc.refused': [
    ['the method eth_maxPriorityFeePerGas does not exist/is not available', -32601, 'eth_maxPriorityFeePerGas'],
    ['query returned more than 10000 results', -32000, 'eth_getLogs'],
    ['invalid argument 0: hex string without 0x prefix', -32602, CALL],
  ],
};

describe('a chain node’s failure', () => {
  let server: TestServer;
  let answer: { readonly code: number; readonly message: string; readonly data?: string };
  let rpc: Rpc;
  before(async () => {
    server = await serveHttp(async (request, response) => {
      const { id } = JSON.parse((await request.toArray()).join('')) as { readonly id: number };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ jsonrpc: '2.0', id, error: answer }));
    });
    rpc = Rpc.open({ url: server.url, chainId: CHAIN_ID });
  });
  after(async () => {
    rpc?.close();
    await server?.close();
  });

  const call = { to: `0x${'1'.repeat(40)}`, data: '0x' };
  async function failureOf([message, code, method, data]: Failure): Promise<string> {
    answer = { code, message, ...(data === undefined ? {} : { data }) };
    const parameters = method === 'eth_getLogs' ? [{}] : [call, 'latest'];
    return await meaning(rpc.send(method, parameters));
  }

  for (const [meaning, failures] of Object.entries(SAID))
    for (const failure of failures)
      it(`is ${meaning} where ${failure[2]} is answered "${failure[0]}"`, async () => {
        expect(await failureOf(failure)).to.equal(meaning);
      });

  it('carries nothing of the URL but its origin, in no property and no cause', async () => {
    const down = await serveHttp((_, response) => void response.writeHead(503).end('down'));
    const KEY = 'k3y0123456789';
    const keyed = Rpc.open({ url: `${down.url.replace('//', `//me:${KEY}@`)}/v3/${KEY}?k=${KEY}`, chainId: CHAIN_ID });
    const gone = Rpc.open({ url: `http://nowhere.invalid/${KEY}`, chainId: CHAIN_ID });
    try {
      for (const failing of [keyed, gone]) {
        const error = await rejectsLater('rpc.unavailable', failing.send(CALL, [call, 'latest']));
        expect(inspect(error, { depth: null, showHidden: true }))
          .to.contain('[cause]')
          .and.not.contain(KEY);
      }
    } finally {
      for (const one of [keyed, gone]) one.close();
      await down.close();
    }
  });

  describe('of Anvil', () => {
    let anvil: Anvil;
    let real: Rpc;
    before(async () => {
      anvil = await Anvil.start('--no-mining');
      real = await Rpc.connect({ url: anvil.url, chainId: CHAIN_ID });
      await anvil.mine(3);
    });
    after(async () => {
      real?.close();
      await anvil?.stop();
    });
    const meaningOf = (method: string, ...parameters: unknown[]) => meaning(real.send(method, parameters));

    /** Code that fails so, by what it does. */
    const FAILING = {
      'has an invalid opcode': '0xfe',
      'runs for ever': '0x5b600056',
      'takes from an empty stack': '0x50',
      'jumps nowhere': '0x600356',
      'reverts with nothing': '0x5f5ffd',
    };
    for (const [what, code] of Object.entries(FAILING))
      it(`is reverted where a contract ${what}`, async () => {
        await real.send('anvil_setCode', [call.to, code]);
        expect(await meaningOf(CALL, { ...call, gas: '0x10000' }, 'latest')).to.equal('reverted');
        expect(await meaningOf(ESTIMATE, call, 'latest')).to.equal('reverted');
      });

    it('is rpc.unavailable where a call is made at a block that is yet to come, or fell out', async () => {
      await real.send('anvil_setCode', [call.to, '0x']);
      expect(await meaningOf(CALL, call, '0xfffff')).to.equal('rpc.unavailable');
      const { hash } = await real.send<{ readonly hash: string }>('eth_getBlockByNumber', ['latest', false]);
      expect(await real.send<string>(CALL, [call, { blockHash: hash }])).to.equal('0x');
      await real.send('anvil_reorg', [2, []]);
      expect(await meaningOf(CALL, call, { blockHash: hash })).to.equal('rpc.unavailable');
    });

    it('is rpc.refused where it does not know the method', async () => {
      expect(await meaningOf('eth_nothing')).to.equal('rpc.refused');
    });
  });
});

/** What the failure of a call is sorted as. */
async function meaning(sent: Promise<unknown>): Promise<string> {
  try {
    return `an answer: ${await sent}`;
  } catch (error) {
    if (error instanceof Reverted) return 'reverted';
    return isProtocolError(error) ? error.code : `neither: ${error}`;
  }
}
