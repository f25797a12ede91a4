import { expect } from 'chai';
import { ethers, FORMS, malformed, misshapen, networkHelpers, send, signAuthorization, token } from './fixture.ts';

const { time, loadFixture } = networkHelpers;

async function signed() {
  const all = await loadFixture(token);
  const signature = await signAuthorization(all.opg, all.payer, 'Receive', all.authorization);
  return { ...all, signature };
}

for (const form of FORMS)
  describe(`OPG.receiveWithAuthorization, ${form} (EIP-3009)`, () => {
    it('moves the value when the payee sends it', async () => {
      const { opg, payer, payee, authorization, signature } = await signed();
      const sent = send(opg.connect(payee), 'Receive', form, authorization, signature);
      await expect(sent).to.emit(opg, 'AuthorizationUsed').withArgs(payer.address, authorization.nonce);
      expect([await opg.balanceOf(payer), await opg.balanceOf(payee)]).to.deep.equal([600n, 400n]);
    });

    it('A3-53: front-run by anybody but the payee, it should revert and leave the nonce unused', async () => {
      const { opg, payer, payee, relayer, authorization, signature } = await signed();
      await expect(send(opg.connect(relayer), 'Receive', form, authorization, signature))
        .to.be.revertedWithCustomError(opg, 'ERC20InvalidReceiver')
        .withArgs(payee.address);
      expect(await opg.authorizationState(payer, authorization.nonce)).to.equal(false);
      await send(opg.connect(payee), 'Receive', form, authorization, signature);
    });

    it('A3-53: cannot be used as a transfer authorization, which anybody could send', async () => {
      const { opg, payee, authorization, signature } = await signed();
      await expect(send(opg.connect(payee), 'Transfer', form, authorization, signature)).to.be.revertedWithCustomError(
        opg,
        'ERC3009InvalidSignature',
      );
    });

    it('shares its nonces with transfers', async () => {
      const { opg, payer, payee, authorization, signature } = await signed();
      const transfer = await signAuthorization(opg, payer, 'Transfer', authorization);
      await send(opg, 'Transfer', form, authorization, transfer);
      await expect(send(opg.connect(payee), 'Receive', form, authorization, signature)).to.be.revertedWithCustomError(
        opg,
        'ERC3009UsedAuthorization',
      );
    });

    it('given validBefore = now, it should revert', async () => {
      const { opg, payee, authorization, signature } = await signed();
      await time.setNextBlockTimestamp(authorization.validBefore);
      await expect(send(opg.connect(payee), 'Receive', form, authorization, signature)).to.be.revertedWithCustomError(
        opg,
        'ERC3009InvalidAuthorizationTime',
      );
    });

    it('given validAfter = now, it should revert', async () => {
      const { opg, payer, payee, authorization, now } = await signed();
      const later = { ...authorization, validAfter: now + 50n };
      const signature = await signAuthorization(opg, payer, 'Receive', later);
      await time.setNextBlockTimestamp(now + 50n);
      await expect(send(opg.connect(payee), 'Receive', form, later, signature)).to.be.revertedWithCustomError(
        opg,
        'ERC3009InvalidAuthorizationTime',
      );
    });

    it('refuses every malformed signature', async () => {
      const { opg, payer, payee, authorization, signature } = await signed();
      const bad = { ...malformed(signature), ...(form === 'bytes' ? misshapen(signature) : {}) };
      for (const [what, wrong] of Object.entries(bad))
        await expect(send(opg.connect(payee), 'Receive', form, authorization, wrong), what).to.be.revert(ethers);
      expect(await opg.authorizationState(payer, authorization.nonce)).to.equal(false);
    });
  });
