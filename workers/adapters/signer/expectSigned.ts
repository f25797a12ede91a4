import { Transaction } from 'ethers';
import type { Hex } from '#ports/chain.ts';
import type { UnsignedTransaction } from '#ports/signer.ts';

/**
 * What is wrong with the bytes a signer answered with, or undefined if they are the asked transaction, signed by `address`. Every field
 * counts: another nonce would displace a transaction, another target or value would move money.
 */
export function wrongIn(raw: string, asked: UnsignedTransaction, address: Hex): string | undefined {
  let signed: Transaction;
  try {
    signed = Transaction.from(raw);
    if (signed.signature === null) return 'a transaction without a signature';
    // Also throws for the other of the two values of s, which the chain refuses.
    if (signed.serialized !== raw.toLowerCase()) return 'bytes that are not encoded as the chain wants them';
  } catch {
    return 'bytes that are no transaction the chain would take';
  }
  if (signed.type !== 2) return `a transaction of type ${signed.type} instead of 2`;
  const wanted = {
    sender: address,
    'chain id': BigInt(asked.chainId),
    nonce: asked.nonce,
    target: asked.to.toLowerCase(),
    data: asked.data.toLowerCase(),
    value: 0n,
    'gas limit': asked.gasLimit,
    'fee cap': asked.maxFeePerGas,
    'priority fee': asked.maxPriorityFeePerGas,
    'access list': 0,
  };
  const found: typeof wanted = {
    sender: signed.from?.toLowerCase() as Hex,
    'chain id': signed.chainId,
    nonce: signed.nonce,
    target: signed.to?.toLowerCase() ?? 'none',
    data: signed.data,
    value: signed.value,
    'gas limit': signed.gasLimit,
    'fee cap': signed.maxFeePerGas ?? 0n,
    'priority fee': signed.maxPriorityFeePerGas ?? 0n,
    'access list': signed.accessList?.length ?? 0,
  };
  const wrong = (Object.keys(wanted) as (keyof typeof wanted)[]).find((field) => wanted[field] !== found[field]);
  if (wrong === undefined) return undefined;
  return wrong === 'data' ? 'other data' : `${wrong} ${found[wrong]} instead of ${wanted[wrong]}`;
}
