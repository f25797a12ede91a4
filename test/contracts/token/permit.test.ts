import { expect } from 'chai';
import { Signature } from 'ethers';
import { domainOf, highTwin, networkHelpers, split, token } from './fixture.ts';

const { time, loadFixture } = networkHelpers;
const TYPES = {
  Permit: [
    { name: 'owner', type: 'address' },
    { name: 'spender', type: 'address' },
    { name: 'value', type: 'uint256' },
    { name: 'nonce', type: 'uint256' },
    { name: 'deadline', type: 'uint256' },
  ],
};

async function permit(overrides: object = {}) {
  const all = await loadFixture(token);
  const { opg, payer, payee, now } = all;
  const deadline = now + 100n;
  const message = { owner: payer.address, spender: payee.address, value: 400n, nonce: 0n, deadline };
  const signature = await payer.signTypedData(await domainOf(opg, overrides), TYPES, message);
  const { v, r, s } = Signature.from(signature);
  const use = () => opg.permit(payer, payee, 400n, deadline, v, r, s);
  return { ...all, deadline, signature, use };
}

describe('OPG.permit (ERC-2612)', () => {
  it('sets the allowance and uses the nonce, whoever sends it', async () => {
    const { opg, payer, payee, use } = await permit();
    await expect(use()).to.emit(opg, 'Approval').withArgs(payer.address, payee.address, 400n);
    expect(await opg.allowance(payer, payee)).to.equal(400n);
    expect(await opg.nonces(payer)).to.equal(1n);
  });

  it('given it was used, when it is replayed, it should revert', async () => {
    const { opg, use } = await permit();
    await use();
    await expect(use()).to.be.revertedWithCustomError(opg, 'ERC2612InvalidSigner');
  });

  it('works at its deadline and not a second later', async () => {
    const { opg, deadline, use } = await permit();
    await time.setNextBlockTimestamp(deadline + 1n);
    await expect(use()).to.be.revertedWithCustomError(opg, 'ERC2612ExpiredSignature').withArgs(deadline);
    const again = await permit();
    await time.setNextBlockTimestamp(again.deadline);
    await again.use();
  });

  for (const [what, overrides] of Object.entries({
    'another chain': { chainId: 1 },
    'another token': { verifyingContract: `0x${'77'.repeat(20)}` },
    'another version': { version: '2' },
    'another name': { name: 'OPG' },
  }))
    it(`signed for ${what}, it should revert`, async () => {
      const { opg, use } = await permit(overrides);
      await expect(use()).to.be.revertedWithCustomError(opg, 'ERC2612InvalidSigner');
    });

  it('with the high-s twin, it should revert', async () => {
    const { opg, payer, payee, deadline, signature } = await permit();
    const [v, r, s] = split(highTwin(signature));
    await expect(opg.permit(payer, payee, 400n, deadline, v, r, s)).to.be.revertedWithCustomError(
      opg,
      'ECDSAInvalidSignatureS',
    );
  });

  it('for the zero address, whose signature is any that recovers to nothing, it should revert', async () => {
    const { opg, payee, deadline, signature } = await permit();
    const [, r, s] = split(signature);
    await expect(opg.permit(`0x${'00'.repeat(20)}`, payee, 400n, deadline, 99, r, s)).to.be.revertedWithCustomError(
      opg,
      'ECDSAInvalidSignature',
    );
  });
});
