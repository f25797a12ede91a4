// Tokens in and out of Escrow: deposit, depositFor, permit, EIP-3009, withdraw, burn.
import { expect } from 'chai';
import { AbiCoder, keccak256, Signature, ZeroAddress, zeroPadValue } from 'ethers';
import { BURN, deployed, networkHelpers, opg } from '../requests/system.ts';
import { begin, outcome } from '../requests/world.ts';

const { loadFixture } = networkHelpers;
const SALT = zeroPadValue('0x05', 32);

async function domain(s: Awaited<ReturnType<typeof deployed>>) {
  return { name: 'OpenGradient', version: '1', chainId: s.chainId, verifyingContract: String(s.token.target) };
}

describe('Escrow.deposit and depositFor', () => {
  it('credits what arrived, to the caller or to the account named', async () => {
    const w = await begin();
    expect(await w.moved(() => w.s.escrow.connect(w.s.requester).deposit(7n))).to.deep.equal({
      'requester.available': 7n,
    });
    await expect(w.last).to.emit(w.s.escrow, 'Deposited').withArgs(w.s.requester.address, 7n);
    const sent = () => w.s.escrow.connect(w.s.requester).depositFor(w.s.stranger, 9n);
    expect(await w.moved(sent)).to.deep.equal({ 'stranger.available': 9n });
    await expect(w.last).to.emit(w.s.escrow, 'Deposited').withArgs(w.s.stranger.address, 9n);
  });

  it('credits nobody at address 0', async () => {
    const { escrow, requester } = await loadFixture(deployed);
    expect(await outcome(escrow.connect(requester).depositFor(ZeroAddress, 1))).to.equal('Escrow_ZeroAddress');
  });

  it('needs allowance and balance', async () => {
    const { escrow, stranger, requester } = await loadFixture(deployed);
    expect(await outcome(escrow.connect(stranger).deposit(1))).to.equal('ERC20InsufficientAllowance');
    expect(await outcome(escrow.connect(requester).deposit(opg('1001')))).to.equal('ERC20InsufficientBalance');
  });

  it('leaves tokens sent without a call to nobody', async () => {
    const { escrow, token, requester } = await loadFixture(deployed);
    await token.connect(requester).transfer(escrow, 5n);
    expect((await escrow.accountOf(requester))[0]).to.equal(opg('1000'));
    expect(await outcome(escrow.connect(requester).deposit(1n))).to.equal('DONE');
  });
});

describe('Escrow.depositWithPermit', () => {
  const types = {
    Permit: [
      { name: 'owner', type: 'address' },
      { name: 'spender', type: 'address' },
      { name: 'value', type: 'uint256' },
      { name: 'nonce', type: 'uint256' },
      { name: 'deadline', type: 'uint256' },
    ],
  };
  const signed = async (s: Awaited<ReturnType<typeof deployed>>, value: bigint) => {
    const message = {
      owner: s.requester.address,
      spender: String(s.escrow.target),
      value,
      nonce: await s.token.nonces(s.requester),
      deadline: 2n ** 40n,
    };
    return Signature.from(await s.requester.signTypedData(await domain(s), types, message));
  };

  it('deposits in one transaction, also when somebody used the permit first', async () => {
    const s = await loadFixture(deployed);
    await s.token.connect(s.requester).approve(s.escrow, 0);
    for (const front of [false, true]) {
      const { v, r, s: ss } = await signed(s, 11n);
      if (front) await s.token.permit(s.requester, s.escrow, 11n, 2n ** 40n, v, r, ss);
      await expect(s.escrow.connect(s.requester).depositWithPermit(11n, 2n ** 40n, v, r, ss))
        .to.emit(s.escrow, 'Deposited')
        .withArgs(s.requester.address, 11n);
    }
  });

  it('fails for want of allowance when the permit is bad', async () => {
    const s = await loadFixture(deployed);
    await s.token.connect(s.requester).approve(s.escrow, 0);
    const { v, r, s: ss } = await signed(s, 11n);
    const sent = s.escrow.connect(s.requester).depositWithPermit(12n, 2n ** 40n, v, r, ss);
    expect(await outcome(sent)).to.equal('ERC20InsufficientAllowance');
  });
});

describe('Escrow.depositWithAuthorization', () => {
  const types = {
    ReceiveWithAuthorization: [
      { name: 'from', type: 'address' },
      { name: 'to', type: 'address' },
      { name: 'value', type: 'uint256' },
      { name: 'validAfter', type: 'uint256' },
      { name: 'validBefore', type: 'uint256' },
      { name: 'nonce', type: 'bytes32' },
    ],
  };
  const nonceOf = (account: string) =>
    keccak256(AbiCoder.defaultAbiCoder().encode(['address', 'bytes32'], [account, SALT]));

  it('lets anybody relay it, to the account that was signed, once', async () => {
    const s = await loadFixture(deployed);
    const message = {
      from: s.requester.address,
      to: String(s.escrow.target),
      value: 13n,
      validAfter: 0n,
      validBefore: 2n ** 40n,
      nonce: nonceOf(s.stranger.address),
    };
    const signature = await s.requester.signTypedData(await domain(s), types, message);
    const send = (account: string) =>
      s.escrow.connect(s.keeper).depositWithAuthorization(s.requester, account, 13n, 0, 2n ** 40n, SALT, signature);
    for (const other of [s.keeper.address, s.requester.address])
      expect(await outcome(send(other))).to.match(/Signature|Signer|Authorization/);
    await expect(send(s.stranger.address)).to.emit(s.escrow, 'Deposited').withArgs(s.stranger.address, 13n);
    expect((await s.escrow.accountOf(s.stranger))[0]).to.equal(13n);
    expect(await outcome(send(s.stranger.address))).to.match(/Authorization|Used/);
    expect(await outcome(send(ZeroAddress))).to.equal('Escrow_ZeroAddress');
  });
});

describe('Escrow.withdraw', () => {
  it('sends free balance where its owner wants', async () => {
    const w = await begin();
    const sent = () => w.s.escrow.connect(w.s.requester).withdraw(opg('1000'), w.s.stranger);
    expect(await w.moved(sent)).to.deep.equal({ 'requester.available': -opg('1000') });
    expect(await w.s.token.balanceOf(w.s.stranger)).to.equal(opg('1000'));
    await expect(w.last)
      .to.emit(w.s.escrow, 'Withdrawn')
      .withArgs(w.s.requester.address, w.s.stranger.address, opg('1000'));
  });

  it('never sends more than is free, to nobody, or to Escrow itself', async () => {
    const { escrow, requester, node } = await loadFixture(deployed);
    const by = escrow.connect(requester);
    expect(await outcome(by.withdraw(opg('1000') + 1n, requester))).to.equal('Escrow_Overdraw');
    expect(await outcome(escrow.connect(node).withdraw(opg('100') + 1n, node))).to.equal('Escrow_Overdraw');
    expect(await outcome(by.withdraw(1, ZeroAddress))).to.equal('Escrow_ZeroAddress');
    expect(await outcome(by.withdraw(1, escrow))).to.equal('Escrow_Arrived');
  });
});

describe('Escrow.flushBurn', () => {
  it('sends what was burned out of reach, whoever calls', async () => {
    const w = await begin();
    const job = await w.frozen(await w.request());
    await w.moved(() => w.game('condemn', job), job);
    const burned = opg('2.5');
    expect(await w.moved(() => w.s.escrow.connect(w.s.stranger).flushBurn())).to.deep.equal({
      'burn.available': -burned,
    });
    await expect(w.last).to.emit(w.s.escrow, 'BurnFlushed').withArgs(burned);
    expect(await w.s.token.balanceOf(BURN)).to.equal(burned);
  });
});
