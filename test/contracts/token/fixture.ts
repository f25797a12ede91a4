// Deploys OPG on a fresh chain and signs authorizations for it, in both signature forms.
import type { HDNodeWallet, Signer } from 'ethers';
import { Signature, toBeHex, Wallet, ZeroHash, zeroPadValue } from 'ethers';
import { network } from 'hardhat';
import type { OPG } from '#types';

export const { ethers, networkHelpers } = await network.create('local');

export const SUPPLY = 10n ** 27n;
/** Order of secp256k1: (r, n - s, v ^ 1) is the other valid signature of the same message. */
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

export type Act = 'Transfer' | 'Receive';
export type Form = 'vrs' | 'bytes';
export const FORMS: readonly Form[] = ['vrs', 'bytes'];

export interface Authorization {
  from: string;
  to: string;
  value: bigint;
  validAfter: bigint;
  validBefore: bigint;
  nonce: string;
}

const FIELDS = [
  { name: 'from', type: 'address' },
  { name: 'to', type: 'address' },
  { name: 'value', type: 'uint256' },
  { name: 'validAfter', type: 'uint256' },
  { name: 'validBefore', type: 'uint256' },
  { name: 'nonce', type: 'bytes32' },
];

/** The domain as EIP-712 and the x402 clients build it; overrides make a wrong one. */
export async function domainOf(opg: OPG, overrides: object = {}) {
  const { chainId } = await ethers.provider.getNetwork();
  return { name: 'OpenGradient', version: '1', chainId, verifyingContract: await opg.getAddress(), ...overrides };
}

export async function signAuthorization(
  opg: OPG,
  signer: Signer,
  act: Act,
  authorization: Authorization,
  overrides: object = {},
): Promise<string> {
  return signer.signTypedData(await domainOf(opg, overrides), { [`${act}WithAuthorization`]: FIELDS }, authorization);
}

export async function signCancel(opg: OPG, signer: Signer, authorizer: string, nonce: string): Promise<string> {
  const types = {
    CancelAuthorization: [
      { name: 'authorizer', type: 'address' },
      { name: 'nonce', type: 'bytes32' },
    ],
  };
  return signer.signTypedData(await domainOf(opg), types, { authorizer, nonce });
}

/** Sends the authorization in the form asked for. */
export function send(opg: OPG, act: Act, form: Form, a: Authorization, signature: string) {
  const words = [a.from, a.to, a.value, a.validAfter, a.validBefore, a.nonce] as const;
  const [v, r, s] = split(signature);
  if (act === 'Transfer')
    return form === 'vrs'
      ? opg['transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)'](
          ...words,
          v,
          r,
          s,
        )
      : opg['transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)'](...words, signature);
  return form === 'vrs'
    ? opg['receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)'](
        ...words,
        v,
        r,
        s,
      )
    : opg['receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)'](...words, signature);
}

export function sendCancel(opg: OPG, form: Form, authorizer: string, nonce: string, signature: string) {
  const [v, r, s] = split(signature);
  return form === 'vrs'
    ? opg['cancelAuthorization(address,bytes32,uint8,bytes32,bytes32)'](authorizer, nonce, v, r, s)
    : opg['cancelAuthorization(address,bytes32,bytes)'](authorizer, nonce, signature);
}

/** v, r, s as they stand in 65 bytes, valid or not. */
export function split(signature: string): [v: bigint, r: string, s: string] {
  const hex = signature.slice(2).padEnd(130, '0');
  return [BigInt(`0x${hex.slice(128, 130)}`), `0x${hex.slice(0, 64)}`, `0x${hex.slice(64, 128)}`];
}

/** The high-s twin, as bytes: ethers refuses to build it as a Signature. */
export function highTwin(signature: string): string {
  const { r, s, yParity } = Signature.from(signature);
  return `${r}${zeroPadValue(toBeHex(N - BigInt(s)), 32).slice(2)}${yParity === 0 ? '1c' : '1b'}`;
}

/** Signatures nobody made, each with what is wrong about it. */
export function malformed(signature: string): Record<string, string> {
  const body = signature.slice(0, 130);
  return {
    'the high-s twin': highTwin(signature),
    'v = 0': `${body}00`,
    'v = 1': `${body}01`,
    'v = 29': `${body}1d`,
    'r = s = 0': `${ZeroHash}${ZeroHash.slice(2)}1b`,
    'another message': new Wallet(`0x${'11'.repeat(32)}`).signingKey.sign(`0x${'22'.repeat(32)}`).serialized,
  };
}

/** Lengths that only the bytes form can have. */
export function misshapen(signature: string): Record<string, string> {
  return {
    empty: '0x',
    '64 bytes, compact': Signature.from(signature).compactSerialized,
    '64 bytes, v cut off': signature.slice(0, 130),
    '66 bytes': `${signature}00`,
  };
}

export async function token() {
  const [deployer, payee, relayer] = await ethers.getSigners();
  if (!deployer || !payee || !relayer) throw new Error('the local network has no accounts');
  const opg = await ethers.deployContract('OPG', [deployer]);
  const payer: HDNodeWallet = Wallet.createRandom(ethers.provider);
  await opg.transfer(payer.address, 1000n);
  const now = BigInt(await networkHelpers.time.latest());
  const authorization: Authorization = {
    from: payer.address,
    to: payee.address,
    value: 400n,
    validAfter: now - 10n,
    validBefore: now + 1000n,
    nonce: `0x${'ab'.repeat(32)}`,
  };
  return { opg, deployer, payer, payee, relayer, authorization, now };
}
