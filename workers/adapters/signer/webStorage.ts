/** Keys in encrypted files: Web3 Secret Storage, with the scrypt of Node itself, which takes half the time of the one in ethers. */
import { scrypt as derive } from 'node:crypto';
import { type BytesLike, getBytes, type HDNodeWallet, scrypt, Wallet } from 'ethers';

/** What the one in ethers takes at most: a file cannot ask for more. */
const MOST_BYTES = 2 ** 30 + 1024;

scrypt.register(
  (password, salt, N, r, p, length) =>
    new Promise<BytesLike>((resolve, reject) => {
      const options = { N, r, p, maxmem: MOST_BYTES };
      derive(getBytes(password), getBytes(salt), length, options, (error, key) =>
        error ? reject(error) : resolve(key),
      );
    }),
);

/** The text of a key file. */
export function sealKey(wallet: Wallet | HDNodeWallet, password: string): Promise<string> {
  return wallet.encrypt(password);
}

/** The key in a file's `text`. Throws what ethers throws, `argument` of which is "password" if that is wrong. */
export async function unsealKey(text: string, password: string): Promise<Wallet> {
  return (await Wallet.fromEncryptedJson(text, password)) as Wallet;
}
