import { expect } from 'chai';
import { isProtocolError } from '#core/errors.ts';
import type { BlobSource } from '#ports/blobs.ts';
import { sha256 } from '../support/graphs.ts';

export interface SourceFixture {
  readonly source: BlobSource;
  /** Makes the blob available and returns its URI. */
  publish(bytes: Uint8Array): Promise<string>;
  /** A URI of this source for a blob it does not have. */
  uriOf(hash: string): string;
}

const read = async (bytes: AsyncIterable<Uint8Array>) => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
};

/** What every BlobSource must do. */
export function shouldBehaveLikeBlobSource(open: () => SourceFixture): void {
  const never = new AbortController().signal;

  for (const [what, bytes] of [
    ['an empty blob', Buffer.alloc(0)],
    ['a small blob', Buffer.from('small')],
    ['a blob of many chunks', Buffer.alloc(3_000_001, 'chunk')],
  ] as const)
    it(`should stream ${what}`, async () => {
      const { source, publish } = open();
      const stream = await source.open(await publish(bytes), never);
      expect(sha256(await read(stream as AsyncIterable<Uint8Array>))).to.equal(sha256(bytes));
    });

  it('should say undefined for a blob it does not have', async () => {
    const { source, uriOf } = open();
    expect(await source.open(uriOf(sha256(Buffer.from('absent'))), never)).to.equal(undefined);
  });

  it('should stream a blob whose size is told', async () => {
    const { source, publish } = open();
    const bytes = Buffer.alloc(300_000, 'told');
    const stream = await source.open(await publish(bytes), never, bytes.length);
    expect(sha256(await read(stream as AsyncIterable<Uint8Array>))).to.equal(sha256(bytes));
  });

  it('should refuse a blob of another size than is told, and say that it can never be the one', async () => {
    const { source, publish } = open();
    const uri = await publish(Buffer.alloc(300_000, 'told'));
    for (const size of [299_999, 300_001]) {
      const stopped = await (async () => {
        const stream = await source.open(uri, never, size);
        return (await read(stream as AsyncIterable<Uint8Array>)).length;
      })().catch((error: unknown) => (isProtocolError(error) ? error.code : String(error)));
      expect(stopped).to.be.oneOf(['blobs.source_lied', 'blobs.wrong_address']);
    }
  });

  it('should let a reader stop in the middle and go on serving', async () => {
    const { source, publish } = open();
    const uri = await publish(Buffer.alloc(3_000_000, 'x'));
    for await (const chunk of (await source.open(uri, never)) as AsyncIterable<Uint8Array>) {
      expect(chunk.length).to.be.greaterThan(0);
      break;
    }
    expect(await read((await source.open(uri, never)) as AsyncIterable<Uint8Array>)).to.have.length(3_000_000);
  });

  it('should name the schemes it serves', () => {
    const { source, uriOf } = open();
    expect(source.schemes).to.include(uriOf(sha256(Buffer.from('absent'))).split(':')[0]);
  });
}
