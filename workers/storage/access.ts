/** Who may write: a token of the store's own, and JSON Web Tokens as Walrus's authenticated publisher takes them. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { errors, type JWTPayload, jwtVerify } from 'jose';
import { Refusal } from './refusals.ts';

/** Tokens seen that have not expired; beyond it no further one is taken, for forgetting one would let it be used again. */
const MAX_SEEN = 100_000;

export interface AccessOptions {
  /** As it is shown: `Authorization: Bearer <writeToken>`. */
  readonly writeToken?: string | undefined;
  /** HS256 secret of JSON Web Tokens. */
  readonly jwtSecret?: string | undefined;
}

export interface Upload {
  readonly authorization: string | undefined;
  /** Bytes announced. */
  readonly declared: number | undefined;
  readonly epochs: number;
}

/** Throws a Refusal unless the upload is allowed. With neither secret, everybody may write. */
export type Access = (upload: Upload) => Promise<void>;

export function createAccess({ writeToken, jwtSecret }: AccessOptions): Access {
  if (writeToken === undefined && jwtSecret === undefined) return async () => undefined;
  const isOwn = writeToken === undefined ? () => false : sameAs(writeToken);
  const key = jwtSecret === undefined ? undefined : secretKey(jwtSecret);
  const seen = new Map<string, number>();

  return async (upload) => {
    const token = /^Bearer +(\S+)$/i.exec(upload.authorization ?? '')?.[1];
    if (token !== undefined && isOwn(token)) return;
    if (token === undefined || key === undefined)
      throw new Refusal('storage.unauthorised', 'Writing needs the bearer token of this store.', {
        'www-authenticate': 'Bearer',
      });
    const claims = await verified(token, key);
    const { jti, exp = 0 } = claims;
    if (typeof jti !== 'string' || jti === '')
      throw new Refusal('storage.token_malformed', 'The token has no id (jti), a text of its own.');
    takeOnce(seen, jti, exp);
    try {
      mustAllow(claims, upload);
    } catch (error) {
      seen.delete(jti); // nothing was done with it
      throw error;
    }
  };
}

async function verified(token: string, key: Uint8Array): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, key, { algorithms: ['HS256'], requiredClaims: ['exp', 'jti'] })).payload;
  } catch (error) {
    if (error instanceof errors.JWTExpired)
      throw new Refusal('storage.token_expired', 'The token has expired: get another.');
    if (error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTInvalid)
      throw new Refusal('storage.token_malformed', `The token cannot be used: ${error.message}.`);
    throw new Refusal('storage.unauthorised', 'The token is not signed with the secret of this store (HS256).', {
      'www-authenticate': 'Bearer error="invalid_token"',
    });
  }
}

function takeOnce(seen: Map<string, number>, jti: string, exp: number): void {
  if (seen.size >= MAX_SEEN) for (const [id, until] of seen) if (until * 1000 < Date.now()) seen.delete(id);
  if (seen.has(jti)) throw new Refusal('storage.token_used', 'This token was used: one token stores one blob.');
  if (seen.size >= MAX_SEEN) throw new Refusal('storage.token_used', 'Too many tokens are in use: try again later.');
  seen.set(jti, exp);
}

/** Claims are Walrus's: size or max_size in bytes, epochs or max_epochs. */
function mustAllow(claims: JWTPayload, { declared, epochs }: Upload): void {
  const [size, maxSize] = [bound(claims, 'size'), bound(claims, 'max_size')];
  const [exactEpochs, maxEpochs] = [bound(claims, 'epochs'), bound(claims, 'max_epochs')];
  if ((size !== undefined && maxSize !== undefined) || (exactEpochs !== undefined && maxEpochs !== undefined))
    throw new Refusal('storage.token_inconsistent', 'The token has both an exact value and a maximum of one thing.');
  if (claims['send_object_to'] !== undefined)
    throw new Refusal(
      'storage.token_inconsistent',
      'The token names a Sui address, and this store has no Sui objects.',
    );
  if (declared === undefined && (size ?? maxSize) !== undefined)
    throw new Refusal('storage.length', 'The token limits the size: send a Content-Length.');
  if ((declared ?? 0) > (size ?? maxSize ?? Number.POSITIVE_INFINITY) || (size !== undefined && declared !== size))
    throw new Refusal('storage.token_size', `The token is for ${size ?? `at most ${maxSize}`} bytes, not ${declared}.`);
  if (epochs > (exactEpochs ?? maxEpochs ?? epochs) || (exactEpochs !== undefined && epochs !== exactEpochs))
    throw new Refusal('storage.token_epochs', `The token is not for ${epochs} epochs.`);
}

function bound(claims: JWTPayload, name: string): number | undefined {
  const value = claims[name];
  if (value === undefined || (Number.isSafeInteger(value) && Number(value) >= 0)) return value as number | undefined;
  throw new Refusal('storage.token_malformed', `The token's ${name} is no whole number.`);
}

/** As in Walrus: hexadecimal after 0x, otherwise the text itself. */
function secretKey(secret: string): Uint8Array {
  return /^0x([0-9a-f]{2})+$/i.test(secret) ? Buffer.from(secret.slice(2), 'hex') : new TextEncoder().encode(secret);
}

/** Hashed before comparing: equal lengths, and time that does not depend on where they differ. */
function sameAs(token: string): (other: string) => boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const expected = digest(token);
  return (other) => timingSafeEqual(digest(other), expected);
}
