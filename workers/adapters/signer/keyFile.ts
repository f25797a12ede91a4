import { readFile } from 'node:fs/promises';
import { ProtocolError } from '#core/errors.ts';
import { KeySigner } from './localKey.ts';
import { unsealKey } from './webStorage.ts';

/**
 * Reads a key file: a 0x-prefixed private key, or an encrypted JSON keystore whose password is the first line of
 * `passwordPath`. Nothing of either file enters an error.
 */
export async function signerFromFile(path: string, passwordPath?: string): Promise<KeySigner> {
  const text = (await contents(path, path)).trim();
  if (/^0x[0-9a-f]{64}$/i.test(text)) return usable(path, () => new KeySigner(text));
  if (!text.startsWith('{')) throw unusable(path, 'it is neither a 0x-prefixed 32-byte key nor a JSON keystore');
  if (passwordPath === undefined) throw unusable(path, 'it is encrypted and no password file is given');
  const password = (await contents(passwordPath, path)).split(/\r?\n/, 1)[0] ?? '';
  return usable(path, async () => new KeySigner((await unsealKey(text, password)).privateKey));
}

async function contents(file: string, path: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw unusable(path, `${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`);
  }
}

async function usable(path: string, make: () => KeySigner | Promise<KeySigner>): Promise<KeySigner> {
  try {
    return await make();
  } catch (error) {
    const wrong = (error as { code?: string; argument?: string }).argument === 'password';
    throw unusable(path, wrong ? 'the password is wrong' : 'it holds no valid secp256k1 key');
  }
}

function unusable(path: string, reason: string): ProtocolError<'signer.key'> {
  return new ProtocolError('signer.key', { path, reason });
}
