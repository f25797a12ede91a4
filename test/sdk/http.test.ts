import { expect } from 'chai';
import type { HDNodeWallet } from 'ethers';
import { JsonRpcProvider, Mnemonic, Wallet, HDNodeWallet as Wallets } from 'ethers';
import { network } from 'hardhat';
import { deploySystem } from '../../deploy/system.ts';
import type { Account, Asked } from '../../sdk/index.ts';
import {
  actAs,
  balanceOf,
  cancel,
  connect,
  deposit,
  parseDeployment,
  request,
  waitForResult,
} from '../../sdk/index.ts';
import { rejectsLater } from '../support/rejects.ts';
import { withoutArbiter } from '../support/unruled.ts';
import { OPG, picture, prepare, probabilities, profile, submit } from './system.ts';

/** The accounts every development node starts with. */
const PHRASE = Mnemonic.fromPhrase('test test test test test test test test test test test junk');
const walletOf = (index: number): HDNodeWallet => Wallets.fromMnemonic(PHRASE, `m/44'/60'/0'/0/${index}`);

describe('the SDK over HTTP, with keys of its own', () => {
  let server: Awaited<ReturnType<typeof network.createServer>>;
  let provider: JsonRpcProvider;
  let accounts: readonly [owner: Account, requester: Account, node: Account];
  let options: { version: Awaited<ReturnType<typeof prepare>>; node: Account['address'] };

  before(async () => {
    server = await network.createServer('local', '127.0.0.1', 0);
    const { address, port } = await server.listen();
    const url = `http://${address}:${port}`;
    const connection = await network.create({ network: 'localhost', override: { url } });
    const deployment = parseDeployment(await deploySystem({ connection, parameters: profile }));
    const net = await connect({ provider: url, deployment, pollMs: 20 });
    provider = net.provider as JsonRpcProvider;
    const [owner, requester, node] = await Promise.all([0, 1, 2].map((index) => actAs(net, walletOf(index))));
    if (!owner || !requester || !node) throw new Error('three accounts expected');
    accounts = [owner, requester, node];
    await withoutArbiter(owner);
    options = { version: await prepare(...accounts), node: node.address };
  });

  after(async () => {
    provider?.destroy();
    await server?.close();
  });

  it('should carry requests that overlap to their results', async () => {
    const [, requester, node] = accounts;
    const asked = await Promise.all([0, 1, 2, 3].map((i) => request(requester, options, picture(i / 4))));
    expect(asked.map(({ terms }) => terms.lane).sort()).to.deep.equal([0, 1, 2, 3]);
    const waiting = asked.map((one: Asked) => waitForResult(requester, one, { pollMs: 20 }));
    await Promise.all(asked.map((one, i) => submit(node, one, [probabilities(i)])));
    const results = await Promise.all(waiting);
    expect(results.map(({ items }) => items)).to.deep.equal([0, 1, 2, 3].map((i) => [probabilities(i)]));
  });

  it('should see at once that a lane is taken or free', async () => {
    const [, requester] = accounts;
    const anybody = { version: options.version, fee: 3n * OPG };
    const lanes: number[] = [];
    for (let i = 0; i < 5; i++) {
      const asked = await request(requester, anybody, picture(0));
      lanes.push(asked.terms.lane);
      if (i % 2 === 0) await cancel(requester, asked);
    }
    const [first, again, next, nextAgain, last] = lanes;
    expect([again, nextAgain]).to.deep.equal([first, next]);
    expect(new Set([first, next, last]).size).to.equal(3);
  });

  it('should name the contract error, an empty purse and a dead endpoint', async () => {
    const [, requester] = accounts;
    await rejectsLater('Requests_FeeBelowShares', request(requester, { ...options, fee: 1n }, picture(0)));
    const penniless = await actAs(requester, new Wallet(`0x${'42'.repeat(32)}`, provider));
    await rejectsLater('chain.gas_unfunded', deposit(penniless, 0n));
    const { deployment } = requester;
    const dead = new JsonRpcProvider('http://127.0.0.1:1', deployment.chainId, { staticNetwork: true });
    const error = await rejectsLater(
      'chain.unavailable',
      balanceOf(
        await actAs({ ...requester, provider: dead, escrow: requester.escrow.connect(dead) }, walletOf(1)),
        requester.address,
      ),
    );
    expect(error.retryable).to.equal(true);
    dead.destroy();
  });
});
