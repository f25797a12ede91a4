import type { FeeQuote, Hex } from './chain.ts';

/** Exactly what is to be signed; nothing may be filled in or changed. EIP-1559, without value and access list. */
export interface UnsignedTransaction extends FeeQuote {
  readonly chainId: number;
  readonly nonce: number;
  readonly to: Hex;
  readonly data: Hex;
  readonly gasLimit: bigint;
}

export interface SignedTransaction {
  /** What is stored, and then broadcast. Nobody else may have got it. */
  readonly raw: Hex;
  readonly hash: Hex;
}

/**
 * Signs and nothing else: it allocates no nonce, sends nothing, and signs the same nonce again with other fees when asked to. Throws
 * `signer.unavailable`, `signer.refused` or `signer.wrong_answer`, all of which leave the transaction to be signed later.
 */
export interface Signer {
  readonly address: Hex;
  sign(transaction: UnsignedTransaction): Promise<SignedTransaction>;
}
