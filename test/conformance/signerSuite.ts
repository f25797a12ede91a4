import { expect } from 'chai';
import { keccak256, Wallet } from 'ethers';
import type { Signer, UnsignedTransaction } from '#ports/signer.ts';
import { seeded } from '../support/seeded.ts';

const random = seeded(41);
const hex = (bytes: number) =>
  `0x${Array.from({ length: bytes }, () => random.int(256).toString(16).padStart(2, '0')).join('')}` as const;

/** Of the chain 31337, which every signer of the suite is set up for. */
function anyTransaction(change: Partial<UnsignedTransaction> = {}): UnsignedTransaction {
  const maxPriorityFeePerGas = BigInt(random.int(2 ** 31));
  return {
    chainId: 31_337,
    nonce: random.int(2 ** 30),
    to: hex(20),
    data: hex(random.int(300)),
    gasLimit: BigInt(21_000 + random.int(30_000_000)),
    maxPriorityFeePerGas,
    maxFeePerGas: maxPriorityFeePerGas + BigInt(random.int(2 ** 31)),
    ...change,
  };
}

/** What every Signer must do. `open` gives one that signs with `key`. */
export function shouldBehaveLikeSigner(key: string, open: () => Promise<Signer>): void {
  let signer: Signer;
  before(async () => {
    signer = await open();
  });
  /** Signatures follow from key and message (RFC 6979), so another implementation's must be the same bytes. */
  const expected = (transaction: UnsignedTransaction) => new Wallet(key).signTransaction({ ...transaction, type: 2 });
  async function signsExactly(transaction: UnsignedTransaction): Promise<void> {
    const raw = await expected(transaction);
    expect(await signer.sign(transaction)).to.deep.equal({ raw, hash: keccak256(raw) });
  }

  it('tells its address in lower case', () => {
    expect(signer.address).to.equal(new Wallet(key).address.toLowerCase());
  });

  it('signs exactly what it is asked for', async () => {
    for (let i = 0; i < 12; i++) await signsExactly(anyTransaction());
  });

  it('signs the smallest and the largest', async () => {
    await signsExactly(anyTransaction({ nonce: 0, data: '0x', maxFeePerGas: 0n, maxPriorityFeePerGas: 0n }));
    await signsExactly(anyTransaction({ maxFeePerGas: 2n ** 70n, maxPriorityFeePerGas: 2n ** 69n }));
    await signsExactly(anyTransaction({ data: hex(60_000) }));
  });

  it('signs a nonce again, with higher fees or as a cancel', async () => {
    const first = anyTransaction({ nonce: 7 });
    await signsExactly(first);
    await signsExactly({ ...first, maxFeePerGas: first.maxFeePerGas * 2n });
    await signsExactly({ ...first, to: signer.address, data: '0x', gasLimit: 21_000n });
  });

  it('signs nonces in any order, many at once', async () => {
    await Promise.all([5, 3, 9, 4, 8].map((nonce) => signsExactly(anyTransaction({ nonce }))));
  });
}
