import { Transaction, Wallet } from 'ethers';
import type { Hex } from '#ports/chain.ts';
import type { SignedTransaction, Signer, UnsignedTransaction } from '#ports/signer.ts';

/** A private key in this process's memory. */
export class KeySigner implements Signer {
  readonly #wallet: Wallet;
  readonly address: Hex;

  constructor(privateKey: string) {
    this.#wallet = new Wallet(privateKey);
    this.address = this.#wallet.address.toLowerCase() as Hex;
  }

  async sign(transaction: UnsignedTransaction): Promise<SignedTransaction> {
    const signed = Transaction.from({ ...transaction, type: 2, value: 0n });
    signed.signature = this.#wallet.signingKey.sign(signed.unsignedHash);
    return { raw: signed.serialized as Hex, hash: signed.hash as Hex };
  }
}
