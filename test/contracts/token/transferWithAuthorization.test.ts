import { expect } from 'chai';
import { ZeroAddress } from 'ethers';
import type { Form } from './fixture.ts';
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

const { time, loadFixture } = networkHelpers;

async function signed() {
  const all = await loadFixture(token);
  const signature = await signAuthorization(all.opg, all.payer, 'Transfer', all.authorization);
  return { ...all, signature };
}

for (const form of FORMS)
  describe(`OPG.transferWithAuthorization, ${form} (EIP-3009)`, () => {
    it('moves the value and marks the nonce, whoever sends it', async () => {
      const { opg, payer, payee, relayer, authorization, signature } = await signed();
      expect(await opg.authorizationState(payer, authorization.nonce)).to.equal(false);
      const sent = send(opg.connect(relayer), 'Transfer', form, authorization, signature);
      await expect(sent).to.emit(opg, 'AuthorizationUsed').withArgs(payer.address, authorization.nonce);
      expect([await opg.balanceOf(payer), await opg.balanceOf(payee)]).to.deep.equal([600n, 400n]);
      expect(await opg.authorizationState(payer, authorization.nonce)).to.equal(true);
    });

    for (const again of FORMS)
      it(`given it was used, when it is replayed as ${again}, it should revert`, async () => {
        const { opg, payer, authorization, signature } = await signed();
        await send(opg, 'Transfer', form, authorization, signature);
        await expect(send(opg, 'Transfer', again, authorization, signature))
          .to.be.revertedWithCustomError(opg, 'ERC3009UsedAuthorization')
          .withArgs(payer.address, authorization.nonce);
      });

    it('given it was cancelled, it should revert', async () => {
      const { opg, payer, authorization, signature } = await signed();
      const { nonce } = authorization;
      await sendCancel(opg, form, payer.address, nonce, await signCancel(opg, payer, payer.address, nonce));
      await expect(send(opg, 'Transfer', form, authorization, signature)).to.be.revertedWithCustomError(
        opg,
        'ERC3009UsedAuthorization',
      );
    });

    it('given validAfter = now, it should revert; a second later it works', async () => {
      const { opg, payer, authorization, now } = await signed();
      const later = { ...authorization, validAfter: now + 50n };
      const signature = await signAuthorization(opg, payer, 'Transfer', later);
      await time.setNextBlockTimestamp(now + 50n);
      await expect(send(opg, 'Transfer', form, later, signature))
        .to.be.revertedWithCustomError(opg, 'ERC3009InvalidAuthorizationTime')
        .withArgs(later.validAfter, later.validBefore);
      await time.setNextBlockTimestamp(now + 51n);
      await send(opg, 'Transfer', form, later, signature);
    });

    it('given validBefore = now, it should revert; a second earlier it works', async () => {
      const { opg, authorization, signature } = await signed();
      await time.setNextBlockTimestamp(authorization.validBefore);
      await expect(send(opg, 'Transfer', form, authorization, signature)).to.be.revertedWithCustomError(
        opg,
        'ERC3009InvalidAuthorizationTime',
      );
      const again = await signed();
      await time.setNextBlockTimestamp(again.authorization.validBefore - 1n);
      await send(again.opg, 'Transfer', form, again.authorization, again.signature);
    });

    it('reads bounds with bit 47 set as seconds, not as block numbers', async () => {
      const { opg, payer, authorization } = await signed();
      const future = { ...authorization, validAfter: 2n ** 47n, validBefore: 2n ** 47n + 1000n };
      const signature = await signAuthorization(opg, payer, 'Transfer', future);
      await expect(send(opg, 'Transfer', form, future, signature)).to.be.revertedWithCustomError(
        opg,
        'ERC3009InvalidAuthorizationTime',
      );
      const endless = { ...authorization, validAfter: 0n, validBefore: 2n ** 256n - 1n };
      await send(opg, 'Transfer', form, endless, await signAuthorization(opg, payer, 'Transfer', endless));
    });

    for (const field of ['to', 'value', 'validAfter', 'validBefore', 'nonce', 'from'] as const)
      it(`given ${field} differs from what was signed, it should revert`, async () => {
        const { opg, relayer, authorization, signature } = await signed();
        const other = {
          from: relayer.address,
          to: relayer.address,
          value: 401n,
          validAfter: 0n,
          validBefore: authorization.validBefore + 1n,
          nonce: `0x${'cd'.repeat(32)}`,
        };
        const changed = { ...authorization, [field]: other[field] };
        await expect(send(opg, 'Transfer', form, changed, signature)).to.be.revertedWithCustomError(
          opg,
          'ERC3009InvalidSignature',
        );
      });

    for (const [what, overrides] of Object.entries({
      'another chain': { chainId: 1 },
      'another token': { verifyingContract: `0x${'77'.repeat(20)}` },
      'another version': { version: '2' },
      'another name': { name: 'OPG' },
    }))
      it(`signed for ${what}, it should revert`, async () => {
        const { opg, payer, authorization } = await signed();
        const signature = await signAuthorization(opg, payer, 'Transfer', authorization, overrides);
        await expect(send(opg, 'Transfer', form, authorization, signature)).to.be.revertedWithCustomError(
          opg,
          'ERC3009InvalidSignature',
        );
      });

    it('signed as a receive authorization, it should revert', async () => {
      const { opg, payer, authorization } = await signed();
      const signature = await signAuthorization(opg, payer, 'Receive', authorization);
      await expect(send(opg, 'Transfer', form, authorization, signature)).to.be.revertedWithCustomError(
        opg,
        'ERC3009InvalidSignature',
      );
    });

    it('refuses every malformed signature and leaves the nonce unused', async () => {
      const { opg, payer, authorization, signature } = await signed();
      const bad = { ...malformed(signature), ...(form === 'bytes' ? misshapen(signature) : {}) };
      for (const [what, wrong] of Object.entries(bad))
        await expect(send(opg, 'Transfer', form, authorization, wrong), what).to.be.revert(ethers);
      expect(await opg.authorizationState(payer, authorization.nonce)).to.equal(false);
    });

    it('refuses the zero address as signer', async () => {
      const { opg, authorization, signature } = await signed();
      const fromNobody = { ...authorization, from: ZeroAddress, value: 0n };
      for (const wrong of [`${signature.slice(0, 130)}63`, `0x${'00'.repeat(65)}`])
        await expect(send(opg, 'Transfer', form, fromNobody, wrong)).to.be.revert(ethers);
    });

    it('given the balance is too small, it should revert and leave the nonce unused', async () => {
      const { opg, payer, authorization } = await signed();
      const tooMuch = { ...authorization, value: 1001n };
      const signature = await signAuthorization(opg, payer, 'Transfer', tooMuch);
      await expect(send(opg, 'Transfer', form, tooMuch, signature)).to.be.revertedWithCustomError(
        opg,
        'ERC20InsufficientBalance',
      );
      expect(await opg.authorizationState(payer, authorization.nonce)).to.equal(false);
    });

    it('keeps the nonces of two signers apart', async () => {
      const { opg, payer, payee, authorization, signature } = await signed();
      await send(opg, 'Transfer', form, authorization, signature);
      expect(await opg.authorizationState(payer, authorization.nonce)).to.equal(true);
      expect(await opg.authorizationState(payee, authorization.nonce)).to.equal(false);
    });
  });

describe('OPG.transferWithAuthorization of a contract wallet (ERC-1271)', () => {
  const HONEST = 0n;
  const WRONG_MAGIC = 2n;
  const SHORT = 3n;
  const REVERTS = 4n;

  async function wallet() {
    const all = await loadFixture(token);
    const account = await ethers.deployContract('ContractWallet', [all.payer.address]);
    await all.opg.transfer(account, 1000n);
    const authorization = { ...all.authorization, from: await account.getAddress() };
    const signature = await signAuthorization(all.opg, all.payer, 'Transfer', authorization);
    const use = (form: Form) => send(all.opg, 'Transfer', form, authorization, signature);
    return { ...all, account, authorization, use };
  }

  it('is accepted in the bytes form when the wallet says so', async () => {
    const { opg, account, payee, use } = await wallet();
    await use('bytes');
    expect([await opg.balanceOf(account), await opg.balanceOf(payee)]).to.deep.equal([600n, 400n]);
  });

  it('is refused in the v, r, s form: the key is not the account', async () => {
    const { opg, use } = await wallet();
    await expect(use('vrs')).to.be.revertedWithCustomError(opg, 'ERC3009InvalidSignature');
  });

  it('is refused when the wallet says no, answers too little, or reverts', async () => {
    const { opg, account, use } = await wallet();
    for (const answer of [WRONG_MAGIC, SHORT, REVERTS]) {
      await account.setAnswer(answer);
      await expect(use('bytes'), `answer ${answer}`).to.be.revertedWithCustomError(opg, 'ERC3009InvalidSignature');
    }
    await account.setAnswer(HONEST);
    await use('bytes');
  });

  it('is refused when another key signed', async () => {
    const { opg, deployer, authorization } = await wallet();
    const signature = await signAuthorization(opg, deployer, 'Transfer', authorization);
    await expect(send(opg, 'Transfer', 'bytes', authorization, signature)).to.be.revertedWithCustomError(
      opg,
      'ERC3009InvalidSignature',
    );
  });
});
