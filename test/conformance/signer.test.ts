/** One suite for every Signer: a key in this process, a signer beside it by web3signer's and by Clef's calls, and a chain node's own keys. */
import { expect } from 'chai';
import type { ErrorCode } from '#core/errors.ts';
import type { Hex } from '#ports/chain.ts';
import type { UnsignedTransaction } from '#ports/signer.ts';
import { KeySigner } from '../../workers/adapters/signer/localKey.ts';
import { RemoteSigner, type RemoteSignerOptions } from '../../workers/adapters/signer/remote.ts';
import { Anvil, KEYS } from '../support/anvil.ts';
import { rejectsLater } from '../support/rejects.ts';
import { freePort } from '../support/servers.ts';
import { LIES, type SignerProcess, startSigner } from '../support/signerProcess.ts';
import { shouldBehaveLikeSigner } from './signerSuite.ts';

const KEY = KEYS[1];
const ADDRESS = new KeySigner(KEY).address;
const TOKEN = 'a token that nobody may read';

describe('signers', () => {
  let signer: SignerProcess;
  before(async () => {
    signer = await startSigner(KEY, TOKEN);
  });
  after(() => signer.stop());

  const connect = (way = '', change: Partial<RemoteSignerOptions> = {}) =>
    RemoteSigner.connect({ url: `${signer.url}/${way}`, address: ADDRESS, api: 'eth', timeoutMs: 10_000, ...change });

  describe('a key in this process', () => shouldBehaveLikeSigner(KEY, async () => new KeySigner(KEY)));
  describe('a remote signer', () => shouldBehaveLikeSigner(KEY, () => connect()));
  describe('a remote signer by Clef’s calls', () => shouldBehaveLikeSigner(KEY, () => connect('', { api: 'clef' })));

  describe('the keys of a chain node, an implementation that is not ours', () => {
    let anvil: Anvil;
    before(async () => {
      anvil = await Anvil.start();
    });
    after(() => anvil.stop());
    shouldBehaveLikeSigner(KEY, () => connect('', { url: anvil.url }));

    it('is asked for signatures only: nothing was sent', async () => {
      expect(await anvil.send('eth_getTransactionCount', ADDRESS, 'pending')).to.equal('0x0');
    });
  });

  describe('a remote signer that does otherwise', () => {
    const asked: UnsignedTransaction = {
      chainId: 31_337,
      nonce: 5,
      to: `0x${'c3'.repeat(20)}`,
      data: '0x1234',
      gasLimit: 90_000n,
      maxFeePerGas: 30n * 10n ** 9n,
      maxPriorityFeePerGas: 10n ** 9n,
    };
    const failure = async <C extends ErrorCode>(code: C, way: string, change: Partial<RemoteSignerOptions> = {}) =>
      rejectsLater(code, (await connect(way, change)).sign(asked));

    for (const lie of LIES) {
      it(`is not believed: ${lie}`, async () => {
        const error = await failure('signer.wrong_answer', lie);
        expect(error.retryable).to.equal(true);
        // What it signed could be sent by whoever reads a log.
        expect(error.message).not.to.match(/0x[0-9a-f]{100}/);
      });
    }

    for (const [way, reason] of [
      ['dropped', ''],
      ['half', ''],
      ['broken', 'HTTP status 500'],
      ['moved', 'redirect'],
      ['endless', 'more than 1048576 bytes'],
    ] as const) {
      it(`is asked again later: ${way}`, async () => {
        const error = await failure('signer.unavailable', way);
        expect(error.retryable).to.equal(true);
        expect(error.message).to.contain(reason);
      });
    }

    it('is asked again later: no answer in time', async () => {
      const error = await failure('signer.unavailable', 'slow', { timeoutMs: 300 });
      expect(error.message).to.contain('nothing within 300 ms');
    });

    it('is asked again later: it is not there', async () => {
      const url = `http://127.0.0.1:${await freePort()}`;
      const error = await rejectsLater('signer.unavailable', connect('', { url }));
      expect(error.message).to.contain('eth_accounts');
    });

    it('says itself why it does not sign', async () => {
      const error = await failure('signer.refused', 'locked');
      expect(error.retryable).to.equal(true);
      expect(error.message).to.contain('the vault is locked');
    });

    it('has another key: that ends the process', async () => {
      const address: Hex = `0x${'d4'.repeat(20)}`;
      const error = await rejectsLater('signer.address', connect('', { address }));
      expect(error.retryable).to.equal(false);
      expect(error.message).to.contain(ADDRESS);
    });

    it('is shown the token, which nobody else is', async () => {
      expect((await connect('token', { token: TOKEN })).address).to.equal(ADDRESS);
      const error = await rejectsLater('signer.refused', connect('token', { token: `${TOKEN}!` }));
      expect(error.message).to.contain('HTTP status 401').and.not.contain(TOKEN);
    });
  });
});
