/** Who is able to check the results of a version: what a requester wants to know before it pays. */
import { ProtocolError } from '#core/errors.ts';
import type { Version } from './version.ts';

/**
 * `anybody`: the file is public and a wrong result can be disputed. `holders`: only those who have the file, for no place is named where
 * others could fetch it. `nobody`: without a program root no result can be disputed.
 */
export type Verification = 'anybody' | 'holders' | 'nobody';

/** A scheme that anybody can fetch from; `file:` and bare names are of one machine. */
const PUBLIC = /^(https?|ipfs|walrus):\/\/./i;

export function verificationOf({ content, uris }: Pick<Version, 'content' | 'uris'>): Verification {
  if (BigInt(content.programRoot) === 0n) return 'nobody';
  return uris.some((uri) => PUBLIC.test(uri)) ? 'anybody' : 'holders';
}

const REASONS = {
  holders: 'no place is named where others could fetch its file, so only who has it can check a result',
  nobody: 'it was published without a program root, so a wrong result cannot be disputed',
} as const;

/** Throws `version.unverified` unless anybody can check results of the version (docs/spec/challenge-game.md, 13). */
export function requireVerification(about: Version): void {
  const verification = verificationOf(about);
  if (verification !== 'anybody')
    throw new ProtocolError('version.unverified', { version: about.version, reason: REASONS[verification] });
}
