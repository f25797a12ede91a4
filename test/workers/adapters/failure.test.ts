import { expect } from 'chai';
import { isProtocolError } from '#core/errors.ts';
import { Reverted } from '../../../workers/adapters/ethers/failure.ts';
import { Rpc } from '../../../workers/adapters/ethers/rpc.ts';
import { Anvil, CHAIN_ID } from '../../support/anvil.ts';
import { serveHttp, type TestServer } from '../../support/httpServer.ts';

type Failure = readonly [words: string, code: number, method: string, data?: string];

const CALL = 'eth_call';
const ESTIMATE = 'eth_estimateGas';

/** What nodes answer, by what it means. Of geth where nothing else is said. */
const SAID: Readonly<Record<string, readonly Failure[]>> = {
  reverted: [
    ['execution reverted', 3, CALL, '0x08c379a0'],
    ['execution reverted', -32000, CALL],
    ['execution reverted: Escrow_Insufficient', 3, ESTIMATE, `0x${'ab'.repeat(36)}`],
    ['gas required exceeds allowance (30000000)', -32000, ESTIMATE],
    ['out of gas', -32000, CALL],
    ['invalid opcode: INVALID', -32000, CALL],
    ['invalid jump destination', -32000, CALL],
    ['VM execution error.', -32015, CALL], // Nethermind
    ['EVM error InvalidFEOpcode', -32603, CALL], // Anvil
    ['VM Exception while processing transaction: reverted with panic code 0x11', -32603, CALL], // Hardhat
  ],
  'rpc.unavailable': [
    ['header not found', -32000, CALL],
    ['header for hash not found', -32000, CALL],
    ['hash is not currently canonical', -32000, CALL],
    ['missing trie node 1f (path )', -32000, CALL],
    ['missing trie node 1f (path )', -32000, ESTIMATE],
    ['Resource not found', -32001, CALL], // Anvil
    ['Resource unavailable', -32002, CALL],
    ['state at block #19 is pruned', 4444, CALL], // Reth
    ['World state unavailable', -32000, CALL], // Besu
    ['block is out of range', -32602, CALL], // Anvil
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
    const error = await rpc.send(method, parameters).then(
      () => undefined,
      (failed: unknown) => failed,
    );
    if (error instanceof Reverted) return 'reverted';
    return isProtocolError(error) ? error.code : `neither: ${error}`;
  }

  for (const [meaning, failures] of Object.entries(SAID))
    for (const failure of failures)
      it(`is ${meaning} where ${failure[2]} is answered "${failure[0]}"`, async () => {
        expect(await failureOf(failure)).to.equal(meaning);
      });

  it('is rpc.unavailable where a call is made at a block that fell out', async () => {
    const anvil = await Anvil.start('--no-mining');
    const real = await Rpc.connect({ url: anvil.url, chainId: CHAIN_ID });
    try {
      await anvil.mine(3);
      const { hash } = await real.send<{ readonly hash: string }>('eth_getBlockByNumber', ['latest', false]);
      const atIt = () => real.send<string>(CALL, [call, { blockHash: hash }]);
      expect(await atIt()).to.equal('0x');
      await real.send('anvil_reorg', [2, []]);
      const error = await atIt().then(
        () => undefined,
        (failed: unknown) => failed,
      );
      expect(isProtocolError(error, 'rpc.unavailable'), String(error)).to.equal(true);
    } finally {
      real.close();
      await anvil.stop();
    }
  });
});
