/** OPG into Escrow. The money stays the depositor's: `withdraw` returns it at any time. */
import type { Signer, TypedDataField } from 'ethers';
import { AbiCoder, hexlify, keccak256, randomBytes, Signature } from 'ethers';
import type { Address } from '#core/hex.ts';
import { toAddress } from '#core/hex.ts';
import { chainNow } from './clock.ts';
import type { Account, Network } from './network.ts';
import type { Transacted } from './transact.ts';
import { transact } from './transact.ts';

/** How long a signature for a deposit is good: one hour, in seconds. */
const SIGNATURE_SECONDS = 3_600;

/** By allowance: approves exactly what is missing, then deposits. `beneficiary`: whose balance grows; by default the caller's. */
export async function deposit(
  account: Account,
  amount: bigint,
  beneficiary: Address = account.address,
): Promise<Transacted> {
  await allow(account, amount);
  const { escrow, address } = account;
  const call =
    beneficiary === address
      ? await escrow.deposit.populateTransaction(amount)
      : await escrow.depositFor.populateTransaction(beneficiary, amount);
  return await transact(account, call);
}

/** Lets Escrow pull `amount`, for a deposit or for requests paid by allowance. Sends nothing if it may already. */
export async function allow(account: Account, amount: bigint): Promise<void> {
  await allowFor(account, await account.escrow.getAddress(), amount);
}

/** Lets a contract of the deployment pull `amount`. Sends nothing if it may already. */
export async function allowFor(account: Account, spender: string, amount: bigint): Promise<void> {
  const { token, address } = account;
  if ((await token.allowance(address, spender)) >= amount) return;
  await transact(account, await token.approve.populateTransaction(spender, amount));
}

/** By ERC-2612 permit: one transaction instead of two. */
export async function depositWithPermit(account: Account, amount: bigint): Promise<Transacted> {
  const { token, escrow, address, signer } = account;
  const deadline = (await chainNow(account)) + SIGNATURE_SECONDS;
  const message = {
    owner: address,
    spender: await escrow.getAddress(),
    value: amount,
    nonce: await token.nonces(address),
    deadline,
  };
  const { v, r, s } = Signature.from(await sign(account, signer, 'Permit', PERMIT, message));
  return await transact(account, await escrow.depositWithPermit.populateTransaction(amount, deadline, v, r, s));
}

/** A signed order to move `amount` from `from` to `beneficiary`'s balance. Whoever relays it can do nothing else with it. */
export interface DepositAuthorization {
  readonly from: Address;
  readonly beneficiary: Address;
  readonly amount: bigint;
  /** Unix seconds, both exclusive. */
  readonly validAfter: number;
  readonly validBefore: number;
  readonly salt: string;
  readonly signature: string;
}

/** By EIP-3009, signing only: the depositor needs no gas. */
export async function authorizeDeposit(
  account: Account,
  amount: bigint,
  beneficiary: Address = account.address,
): Promise<DepositAuthorization> {
  const { address, escrow, signer } = account;
  const salt = hexlify(randomBytes(32));
  const [validAfter, validBefore] = [0, (await chainNow(account)) + SIGNATURE_SECONDS];
  const message = {
    from: address,
    to: await escrow.getAddress(),
    value: amount,
    validAfter,
    validBefore,
    nonce: keccak256(AbiCoder.defaultAbiCoder().encode(['address', 'bytes32'], [beneficiary, salt])),
  };
  const signature = await sign(account, signer, 'ReceiveWithAuthorization', RECEIVE, message);
  return { from: address, beneficiary, amount, validAfter, validBefore, salt, signature };
}

/** Sends somebody's signed deposit; `account` pays the gas. */
export async function relayDeposit(account: Account, order: DepositAuthorization): Promise<Transacted> {
  const { from, beneficiary, amount, validAfter, validBefore, salt, signature } = order;
  const call = await account.escrow.depositWithAuthorization.populateTransaction(
    from,
    beneficiary,
    amount,
    validAfter,
    validBefore,
    salt,
    signature,
  );
  return await transact(account, call);
}

const field = (text: string): TypedDataField => {
  const [type = '', name = ''] = text.split(' ');
  return { type, name };
};
const PERMIT = ['address owner', 'address spender', 'uint256 value', 'uint256 nonce', 'uint256 deadline'].map(field);
const RECEIVE = [
  'address from',
  'address to',
  'uint256 value',
  'uint256 validAfter',
  'uint256 validBefore',
  'bytes32 nonce',
].map(field);

/** Signs for the token, under the domain the token itself reports. */
async function sign(
  { token }: Network,
  signer: Signer,
  type: string,
  fields: TypedDataField[],
  message: Readonly<Record<string, unknown>>,
): Promise<string> {
  const { name, version, chainId, verifyingContract } = await token.eip712Domain();
  const domain = { name, version, chainId, verifyingContract: toAddress(verifyingContract) };
  return await signer.signTypedData(domain, { [type]: fields }, message);
}
