import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import { codeOf, storageNodes } from '../../support/storageNode.ts';

const SECRET = 'a secret of at least thirty-two characters';
const bytes = (fill: string) => new TextEncoder().encode(fill.repeat(10));
const soon = () => Math.floor(Date.now() / 1000) + 60;

/** RFC 7519 by hand: what an issuer in any language makes. */
function token(
  claims: Record<string, unknown>,
  secret: string | Buffer = SECRET,
  alg = 'HS256',
  hash = 'sha256',
): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg, typ: 'JWT' })}.${part(claims)}`;
  return `${signed}.${createHmac(hash, secret).update(signed).digest('base64url')}`;
}

describe('who may write to a storage node', () => {
  const nodes = storageNodes();
  after(() => nodes.close());
  let count = 0;
  const claims = (more: Record<string, unknown> = {}) => ({ exp: soon(), jti: `${count++}`, ...more });

  async function attempt(node: Awaited<ReturnType<typeof nodes.start>>, bearer: string, fill = 'x') {
    const response = await node.put(bytes(fill), { authorization: `Bearer ${bearer}` });
    return response.ok ? response.status : [response.status, await codeOf(response)];
  }

  it('should take a token signed with its secret, once', async () => {
    const node = await nodes.start({ jwtSecret: SECRET });
    const once = token(claims());
    expect(await attempt(node, once)).to.equal(201);
    expect(await attempt(node, once)).to.deep.equal([429, 'storage.token_used']);
    expect(await attempt(node, token(claims()))).to.equal(200);
  });

  it('should take a secret in hexadecimal, and its own token beside', async () => {
    const hex = '5a'.repeat(32);
    const node = await nodes.start({ jwtSecret: `0x${hex}`, writeToken: 'own' });
    expect(await attempt(node, token(claims(), Buffer.from(hex, 'hex')))).to.equal(201);
    expect(await attempt(node, 'own', 'y')).to.equal(201);
    expect(await attempt(node, 'own', 'y')).to.equal(200);
  });

  for (const [what, make, status, code] of [
    ['A1 of another secret', () => token(claims(), 'x'.repeat(32)), 401, 'storage.unauthorised'],
    [
      'A2 of no algorithm',
      () => `${token(claims(), SECRET, 'none').split('.').slice(0, 2).join('.')}.`,
      401,
      'storage.unauthorised',
    ],
    ['A3 of another algorithm', () => token(claims(), SECRET, 'HS512', 'sha512'), 401, 'storage.unauthorised'],
    [
      'A4 with claims changed after signing',
      () => forged(token(claims({ max_size: 1 })), { max_size: 99 }),
      401,
      'storage.unauthorised',
    ],
    ['A5 that is no token', () => 'nonsense', 401, 'storage.unauthorised'],
    ['A6 expired', () => token(claims({ exp: soon() - 120 })), 401, 'storage.token_expired'],
    ['A7 without an expiry', () => token({ jti: 'no expiry' }), 400, 'storage.token_malformed'],
    ['A8 without an id', () => token({ exp: soon() }), 400, 'storage.token_malformed'],
    ['A9 with an id that is no text', () => token(claims({ jti: 7 })), 400, 'storage.token_malformed'],
    ['A10 not valid yet', () => token(claims({ nbf: soon() })), 400, 'storage.token_malformed'],
    ['A11 for fewer bytes', () => token(claims({ max_size: 9 })), 400, 'storage.token_size'],
    ['A12 for exactly more bytes', () => token(claims({ size: 11 })), 400, 'storage.token_size'],
    ['A13 for a size that is none', () => token(claims({ size: '10' })), 400, 'storage.token_malformed'],
    ['A14 with both sizes', () => token(claims({ size: 10, max_size: 10 })), 400, 'storage.token_inconsistent'],
    ['A15 for a Sui address', () => token(claims({ send_object_to: '0x1' })), 400, 'storage.token_inconsistent'],
  ] as const)
    it(`${what}: ${status} ${code}, nothing is stored`, async () => {
      const node = await nodes.start({ jwtSecret: SECRET });
      expect(await attempt(node, make())).to.deep.equal([status, code]);
      expect(node.store.stats().blobs).to.equal(0);
    });

  it('should take what is within the claims, and leave a token unused that was refused for them', async () => {
    const node = await nodes.start({ jwtSecret: SECRET });
    for (const [fill, more] of Object.entries({ a: { size: 10 }, b: { max_size: 10 }, c: { max_epochs: 53 } }))
      expect(await attempt(node, token(claims(more)), fill), fill).to.equal(201);
    const nine = token(claims({ size: 9 }));
    expect(await attempt(node, nine)).to.deep.equal([400, 'storage.token_size']);
    const smaller = await node.put(bytes('z').subarray(1), { authorization: `Bearer ${nine}` });
    expect(smaller.status).to.equal(201);
  });

  it('should want a length where the token limits it', async () => {
    const node = await nodes.start({ jwtSecret: SECRET });
    const response = await fetch(`${node.url}/${'0'.repeat(64)}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${token(claims({ max_size: 99 }))}` },
      body: new Blob([bytes('x')]).stream(),
      duplex: 'half',
    } as RequestInit);
    expect([response.status, await codeOf(response)]).to.deep.equal([411, 'storage.length']);
  });
});

function forged(signed: string, more: Record<string, unknown>): string {
  const [head, payload = '', signature] = signed.split('.');
  const claims = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), ...more };
  return [head, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
}
