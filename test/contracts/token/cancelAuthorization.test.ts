import { expect } from 'chai';
import {
  ethers,
  FORMS,
  malformed,
  misshapen,
  networkHelpers,
  send,
  sendCancel,
  signAuthorization,
  signCancel,
  token,
} from './fixture.ts';

async function signed() {
  const all = await networkHelpers.loadFixture(token);
  const { opg, payer, authorization } = all;
  const signature = await signCancel(opg, payer, payer.address, authorization.nonce);
  return { ...all, nonce: authorization.nonce, signature };
}

for (const form of FORMS)
  describe(`OPG.cancelAuthorization, ${form} (EIP-3009)`, () => {
    it('uses the nonce up without moving anything', async () => {
      const { opg, payer, nonce, signature } = await signed();
      await expect(sendCancel(opg, form, payer.address, nonce, signature))
        .to.emit(opg, 'AuthorizationCanceled')
        .withArgs(payer.address, nonce);
      expect(await opg.authorizationState(payer, nonce)).to.equal(true);
      expect(await opg.balanceOf(payer)).to.equal(1000n);
    });

    it('given the nonce was used by a transfer, it should revert', async () => {
      const { opg, payer, nonce, authorization, signature } = await signed();
      const transfer = await signAuthorization(opg, payer, 'Transfer', authorization);
      await send(opg, 'Transfer', form, authorization, transfer);
      await expect(sendCancel(opg, form, payer.address, nonce, signature))
        .to.be.revertedWithCustomError(opg, 'ERC3009UsedAuthorization')
        .withArgs(payer.address, nonce);
    });

    it('given it was sent before, it should revert', async () => {
      const { opg, payer, nonce, signature } = await signed();
      await sendCancel(opg, form, payer.address, nonce, signature);
      await expect(sendCancel(opg, form, payer.address, nonce, signature)).to.be.revertedWithCustomError(
        opg,
        'ERC3009UsedAuthorization',
      );
    });

    it('given somebody else signed, it should revert', async () => {
      const { opg, payer, relayer, nonce } = await signed();
      const stranger = await signCancel(opg, relayer, payer.address, nonce);
      await expect(sendCancel(opg, form, payer.address, nonce, stranger)).to.be.revertedWithCustomError(
        opg,
        'ERC3009InvalidSignature',
      );
    });

    it('refuses a transfer signature, and every malformed one', async () => {
      const { opg, payer, nonce, authorization, signature } = await signed();
      const bad = {
        'a transfer': await signAuthorization(opg, payer, 'Transfer', authorization),
        ...malformed(signature),
        ...(form === 'bytes' ? misshapen(signature) : {}),
      };
      for (const [what, wrong] of Object.entries(bad))
        await expect(sendCancel(opg, form, payer.address, nonce, wrong), what).to.be.revert(ethers);
      expect(await opg.authorizationState(payer, nonce)).to.equal(false);
    });
  });

describe('OPG.cancelAuthorization of a contract wallet (ERC-1271)', () => {
  it('is accepted in the bytes form only', async () => {
    const { opg, payer, nonce } = await signed();
    const account = await ethers.deployContract('ContractWallet', [payer.address]);
    const authorizer = await account.getAddress();
    const signature = await signCancel(opg, payer, authorizer, nonce);
    await expect(sendCancel(opg, 'vrs', authorizer, nonce, signature)).to.be.revertedWithCustomError(
      opg,
      'ERC3009InvalidSignature',
    );
    await sendCancel(opg, 'bytes', authorizer, nonce, signature);
    expect(await opg.authorizationState(authorizer, nonce)).to.equal(true);
  });
});
