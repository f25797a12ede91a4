/** Traces that no execution gives: each falls by silence, because nothing that opens them is an answer. */
import { expect } from 'chai';
import { answerTo } from '#core/challenges/answer.ts';
import { type Challenge, openDemands } from '#core/challenges/follow.ts';
import type { Position } from '#core/challenges/position.ts';
import type { ReferenceTrace } from '#core/challenges/reference.ts';
import { DTYPES } from '#core/commitment/dtype.ts';
import { encodeTensor } from '#core/commitment/elements.ts';
import { encodeHeader } from '#core/commitment/header.ts';
import { LEAF_ELEMENTS, leafHashes } from '#core/commitment/leaf.ts';
import { treeRoot } from '#core/commitment/tree.ts';
import { taggedHash } from '#core/hash.ts';
import { type Bytes32, type Hex, toHex } from '#core/hex.ts';
import { Tags } from '#core/protocol/tags.ts';
import type { OpenTensor } from '#core/semantics/opening.ts';
import type { TensorType } from '#core/tensor.ts';
import { ethers, networkHelpers } from '../support/contracts/chain.ts';
import { type Dispute, type DisputeSystem, disputeSystem, wireDemand } from '../support/contracts/disputes.ts';
import { type Forged, Forgery, garbage } from '../support/contracts/forgeries.ts';
import { availableOf, checkMoney } from '../support/contracts/money.ts';
import { floatsOf, moves } from '../support/contracts/programs.ts';
import { alteredData, Trial } from '../support/contracts/trials.ts';

const SIZE = 1_100;

/** A tensor as a forger commits to it: its leaves in bytes, their hashes in any number. */
interface Sheet {
  readonly type: TensorType;
  readonly leaves: readonly Uint8Array[];
  readonly hashes: readonly Uint8Array[];
}

function sheetOf(open: OpenTensor): Sheet {
  const { dtype, shape } = open.tensor;
  const size = LEAF_ELEMENTS * DTYPES[dtype].bytes;
  const bytes = encodeTensor(open.tensor);
  const leaves = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => {
    const leaf = new Uint8Array(size);
    leaf.set(bytes.subarray(i * size, (i + 1) * size));
    return leaf;
  });
  return { type: { dtype, shape }, leaves, hashes: hashesOf(leaves) };
}

const hashesOf = (leaves: readonly Uint8Array[]) => leaves.map((leaf) => leafHashes(leaf, leaf.length / LEAF_ELEMENTS));

const commitmentOf = ({ type, hashes }: Sheet): Bytes32 =>
  taggedHash(Tags.TENSOR, [encodeHeader(type), toHex(treeRoot(hashes)) as Bytes32]);

const hexOf = (parts: readonly Uint8Array[]): Hex => toHex(Uint8Array.from(parts.flatMap((part) => [...part])));

/** Everything that the forger could try: what its sheet gives for the position, more of it, less of it, and the honest answer. */
function triesOf({ leaves, hashes }: Sheet, { kind, index }: Position, honest: Hex): Hex[] {
  const own = kind === 'leaf' ? leaves.slice(index, index + 1) : leaves.length <= 16 ? leaves : hashes;
  const zero = new Uint8Array(own[0]?.length ?? 32);
  return [hexOf(own), hexOf([...own, zero]), hexOf(own.slice(0, -1)), honest];
}

/** What is forged about operator 0. A function of its true sheet. */
const SHEETS: Record<string, (sheet: Sheet) => Sheet> = {
  'another dtype in the header': (sheet) => ({ ...sheet, type: { ...sheet.type, dtype: 'int32' } }),
  'another shape in the header': (sheet) => ({ ...sheet, type: { ...sheet.type, shape: [1, ...sheet.type.shape] } }),
  'one element less in the header': ({ type, ...sheet }) => ({
    ...sheet,
    type: { ...type, shape: [(type.shape[0] as number) - 1] },
  }),
  'a lane behind the last element that is not zero': (sheet) => {
    const leaves = sheet.leaves.map((leaf, i) =>
      i === sheet.leaves.length - 1 ? leaf.map((byte, at) => (at === leaf.length - 1 ? 1 : byte)) : leaf,
    );
    return { ...sheet, leaves, hashes: hashesOf(leaves) };
  },
  'a hash where a pad belongs': (sheet) => ({ ...sheet, hashes: [...sheet.hashes, new Uint8Array(32).fill(7)] }),
  'a leaf too few': (sheet) => ({ ...sheet, hashes: sheet.hashes.slice(0, -1) }),
  'a leaf whose hash is of nothing': (sheet) => ({
    ...sheet,
    hashes: sheet.hashes.map((hash, i) => (i === 3 ? new Uint8Array(32).fill(9) : hash)),
  }),
};

describe('forged traces', () => {
  let s: DisputeSystem;
  beforeEach(async () => {
    s = await networkHelpers.loadFixture(disputeSystem);
  });
  afterEach(() => checkMoney(s));

  /** The refuter asks, the forger tries everything, until nothing is left to try. */
  async function falls(d: Dispute, c: Challenge, lie: ReferenceTrace, sheet: Sheet | undefined): Promise<void> {
    for (let demands = 0; demands < 8; demands++) {
      const move = d.next(c, d.trace());
      if (move.kind !== 'demand') throw new Error(`a ${move.kind}, where a demand leads further`);
      await d.demand(s.other, c, move);
      if (await answered(d, c, lie, sheet)) continue;
      const before = await availableOf(s, s.other);
      await d.lapse(s.other, c);
      expect(d.now(c).state).to.equal('fallen');
      expect((await availableOf(s, s.other)) > before, 'the refuter gains').to.equal(true);
      expect(await availableOf(s, await s.game.getAddress())).to.equal(0n);
      return;
    }
    throw new Error('every forgery was an answer');
  }

  async function answered(d: Dispute, c: Challenge, lie: ReferenceTrace, sheet: Sheet | undefined): Promise<boolean> {
    const [open] = openDemands(d.now(c));
    if (open === undefined) throw new Error('a demand is open');
    const { position } = open.demand;
    const honest = answerTo(lie, d.salt(s.attacker), position);
    const tries = sheet ? triesOf(sheet, position, honest) : [honest, '0x' as Hex];
    for (const data of tries) {
      const call = s.game.connect(s.attacker).answer.populateTransaction(d.key(c), wireDemand(open.demand), data);
      try {
        await d.move('answer', s.attacker.sendTransaction(await call));
        return true;
      } catch {
        await expect(s.attacker.sendTransaction(await call)).to.be.revert(ethers);
      }
    }
    return false;
  }

  for (const size of [SIZE, 40]) {
    const leaves = Math.ceil((size + 1) / 64);
    for (const [name, forge] of Object.entries(SHEETS)) {
      // The last leaf of 17 would be the only one of a small tensor.
      if (leaves === 1 && name.startsWith('a leaf')) continue;
      it(`dispute 4: ${name}, in a tensor of ${leaves} leaves`, async () => {
        const trial = await Trial.of(s, moves(3, size), [[floatsOf(size)]]);
        const d = await trial.rightly();
        const after = (k: number, data: Parameters<typeof alteredData>[0]) => (k === 2 ? alteredData(data, 1) : data);
        const sheet = forge(sheetOf(d.trace().open(0)[0] as OpenTensor));
        const forged: Forged = { tensors: new Map([[0, commitmentOf(sheet)]]) };
        const lie = new Forgery(d.trace(), { after }, forged);
        await falls(d, await d.challenge(s.attacker, lie), lie, sheet);
      });
    }
  }

  for (const [name, slots] of Object.entries<NonNullable<Forged['slots']>>({
    'a slot that opens to nothing': (all) => all.map((slot, k) => (k === 1 ? garbage(5) : slot)),
    'two slots that have changed places': (all) => [all[1], all[0], ...all.slice(2)] as Bytes32[],
    'a slot where a pad belongs': (all) => [...all, garbage(6)],
    'an empty slot': (all) => all.map((slot, k) => (k === 0 ? garbage(0) : slot)),
  }))
    it(`dispute 4: ${name}`, async () => {
      const trial = await Trial.of(s, moves(3, 40), [[floatsOf(40)]]);
      const d = await trial.rightly();
      const after = (k: number, data: Parameters<typeof alteredData>[0]) => (k === 2 ? alteredData(data, 1) : data);
      const lie = new Forgery(d.trace(), { after }, { slots });
      const { claim, meaning, children, evidence } = d.posting(s.attacker, lie);
      if (children.length > 3) {
        // A fourth child of three operators is not shown, and without it the others do not hash to T.
        const traces = await ethers.getContractAt('ITraceVerifier', await s.game.traceVerifier());
        for (const some of [children, children.slice(0, 3)])
          await expect(s.game.connect(s.attacker).challenge(claim, meaning, some, evidence, 0))
            .to.be.revertedWithCustomError(traces, 'Traces_NoEvidence')
            .withArgs('children');
        return;
      }
      await falls(d, await d.challenge(s.attacker, lie), lie, undefined);
    });
});
