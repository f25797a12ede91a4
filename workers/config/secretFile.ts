import { readFileSync, statSync } from 'node:fs';

/** Bits of a file's mode that let the group and all others, or all others only, do anything with it. */
const GROUP_OR_OTHERS = 0o077;
const OTHERS = 0o007;

/**
 * The first line of a file that holds a secret. Complains, and gives undefined, when it cannot be read, is empty, or may be read by
 * everybody. The content never enters a complaint.
 */
export function secretIn(file: string, complain: (what: string) => void): string | undefined {
  const content = readable(file, OTHERS, complain);
  if (content === undefined) return undefined;
  const line = content.split(/\r?\n/, 1)[0]?.trim() ?? '';
  if (line === '') complain(`is ${file}, and that file is empty`);
  return line === '' ? undefined : line;
}

/** Every line of such a file that is not empty. */
export function secretsIn(file: string, complain: (what: string) => void): readonly string[] {
  const content = readable(file, OTHERS, complain);
  if (content === undefined) return [];
  const lines = content.split(/\r?\n/).map((line) => line.trim());
  const full = lines.filter((line) => line !== '');
  if (full.length === 0) complain(`is ${file}, and that file is empty`);
  return full;
}

/** Checks a key file: an encrypted keystore with a password file, or a plain key that its owner alone can read. */
export function checkKeyFile(file: string, passwordFile: string | undefined, complain: (what: string) => void): void {
  const content = readable(file, OTHERS, complain)?.trim();
  if (content === undefined) return;
  if (content.startsWith('{')) {
    if (passwordFile === undefined)
      complain(
        `is ${file}, an encrypted keystore: name the file of its password with signer.passwordFile (OPG_KEY_PASSWORD_FILE)`,
      );
    return;
  }
  if (!/^0x[0-9a-f]{64}$/i.test(content))
    complain(`is ${file}, which is neither an encrypted JSON keystore nor 0x and 64 hexadecimal digits`);
  else readable(file, GROUP_OR_OTHERS, complain);
}

function readable(file: string, forbidden: number, complain: (what: string) => void): string | undefined {
  try {
    const mode = statSync(file).mode & 0o777;
    if (process.platform !== 'win32' && (mode & forbidden) !== 0) {
      complain(`is ${file}, which others may read (mode ${mode.toString(8).padStart(4, '0')}): run chmod 600 ${file}`);
      return undefined;
    }
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    complain(`is ${file}: ${code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`}`);
    return undefined;
  }
}
