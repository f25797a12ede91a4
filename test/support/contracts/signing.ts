// Signatures by which an account without gas deposits: ERC-2612 permits and EIP-3009 authorizations of OPG.
import type { Signer } from 'ethers';
import { AbiCoder, keccak256, Signature } from 'ethers';
import type { OPG } from '#types';
import { ethers } from './chain.ts';
import type { System } from './system.ts';

const field = (name: string, type: string) => ({ name, type });
const PERMIT = {
  Permit: [
    field('owner', 'address'),
    field('spender', 'address'),
    field('value', 'uint256'),
    field('nonce', 'uint256'),
    field('deadline', 'uint256'),
  ],
};
const RECEIVE = {
  ReceiveWithAuthorization: [
    field('from', 'address'),
    field('to', 'address'),
    field('value', 'uint256'),
    field('validAfter', 'uint256'),
    field('validBefore', 'uint256'),
    field('nonce', 'bytes32'),
  ],
};

const domainOf = async (opg: OPG) => ({
  name: 'OpenGradient',
  version: '1',
  chainId: (await ethers.provider.getNetwork()).chainId,
  verifyingContract: await opg.getAddress(),
});

/** Lets Escrow take `value` from the signer. */
export async function signPermit(s: System & { opg: OPG }, signer: Signer, value: bigint, deadline: bigint) {
  const owner = await signer.getAddress();
  const message = { owner, spender: await s.escrow.getAddress(), value, nonce: await s.opg.nonces(owner), deadline };
  return Signature.from(await signer.signTypedData(await domainOf(s.opg), PERMIT, message));
}

export interface Authorized {
  readonly from: string;
  /** Whom Escrow credits: bound by the nonce. */
  readonly account: string;
  readonly amount: bigint;
  readonly validAfter: bigint;
  readonly validBefore: bigint;
  readonly salt: string;
}

/** The nonce of a deposit: it binds the account that is credited. */
export const nonceOf = (account: string, salt: string) =>
  keccak256(AbiCoder.defaultAbiCoder().encode(['address', 'bytes32'], [account, salt]));

export async function signAuthorization(s: System & { opg: OPG }, signer: Signer, a: Authorized): Promise<string> {
  return signer.signTypedData(await domainOf(s.opg), RECEIVE, {
    from: a.from,
    to: await s.escrow.getAddress(),
    value: a.amount,
    validAfter: a.validAfter,
    validBefore: a.validBefore,
    nonce: nonceOf(a.account, a.salt),
  });
}

/** Anybody relays the deposit that `a.from` signed. */
export const relay = (s: System, by: Signer, a: Authorized, signature: string) =>
  s.escrow
    .connect(by)
    .depositWithAuthorization(a.from, a.account, a.amount, a.validAfter, a.validBefore, a.salt, signature);
