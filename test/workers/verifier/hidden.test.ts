import { expect } from 'chai';
import { findHidden, type ShownItem } from '#core/challenges/hiddenOutputs.ts';
import { treeOfHashes } from '#core/challenges/reference.ts';
import { commitBundle, commitList } from '#core/commitment/list.ts';
import { pathOf } from '#core/commitment/opening.ts';
import { type Bytes32, toHex, wordOf } from '#core/hex.ts';
import type { Disputed } from '#ports/disputes.ts';
import type { Row } from '#ports/journal.ts';
import type { Finding } from '../../../workers/verifier/checks.ts';
import { HiddenOutputs } from '../../../workers/verifier/hidden.ts';
import type { VerifierParts } from '../../../workers/verifier/parts.ts';

const R = 120;
const END = 600;
const ITEMS = 32;
const WRONG = 31;
/** Seconds: the node's friend demands while the verifier still asks the node. */
const BEFORE = 15;
const own = Array.from({ length: ITEMS }, (_, item) => [wordOf(BigInt(1_000 + item))]);
const submitted = own.map((hashes, item) => (item === WRONG ? [wordOf(7n)] : hashes));
const lists = treeOfHashes(submitted.map(commitList));
const outputHash = commitBundle(submitted.map(commitList));
const shownOf = (item: number): ShownItem => ({
  item,
  submitted: submitted[item] as readonly Bytes32[],
  itemPath: pathOf(lists, item, item).map((hash) => toHex(hash) as Bytes32),
});

/** Demands of a bundle's items, each answered in its last second, and a verifier that looks when it said it would, and at news. */
class Bundle {
  readonly #demands = new Map<number, number>();
  /** By item, when this verifier demanded it. */
  readonly demanded = new Map<number, number>();

  demand(item: number, now: number): void {
    if (!this.#demands.has(item)) this.#demands.set(item, now + R);
  }

  /** What the friend of the node does at a second. */
  async play(friend: (now: number) => number | undefined): Promise<Finding> {
    const hidden = new HiddenOutputs(this.#parts(), new AbortController().signal);
    let finding: Finding = { outcome: 'later', seconds: 0 };
    let facts = {};
    let again = 0;
    for (let now = 0; now <= END + 2 * R; now++) {
      const item = friend(now);
      if (item !== undefined) this.demand(item, now);
      const isNews = item !== undefined || [...this.#demands.values()].includes(now);
      if (now < again && !isNews) continue;
      this.#now = now;
      finding = await hidden.look({ facts } as Row, this.#at(now), now);
      if (finding.outcome !== 'later') break;
      facts = { ...facts, ...finding.facts };
      again = now + finding.seconds;
    }
    return finding;
  }

  #now = 0;
  #parts(): VerifierParts {
    return {
      traces: {
        accuseHash: async (_: unknown, hash: Bytes32, shown: readonly ShownItem[]) => {
          const found = findHidden(own, hash, shown);
          return found.kind === 'wrong' ? { kind: 'wrong', accusation: {} } : found;
        },
      },
      mover: {
        me: '0x',
        demandOutput: async (_: unknown, { item }: { item: number }) => {
          this.demand(item, this.#now);
          if (!this.demanded.has(item)) this.demanded.set(item, this.#now);
        },
      },
      deliver: async () => undefined,
      views: { clocksOf: async () => ({ windowSeconds: 300, responseSeconds: R, tcBase: END }) },
      log: { warn() {} },
    } as unknown as VerifierParts;
  }

  #at(now: number): Disputed {
    const outputDemands = new Map(
      [...this.#demands].map(([item, due]) => [
        item,
        {
          demand: { position: { item, output: 0, leaf: 0 }, due },
          newEnd: due + R,
          ...(now < due ? { state: 'open' } : { state: 'answered', shown: shownOf(item) }),
        },
      ]),
    );
    const submission = { outputHash, challengeEnd: END, end: END };
    const subject = { outputDemands, submission, history: { row: { id: '0x', terms: { set: 1 } } } };
    return { subject, version: { schema: { outputs: [] } }, traced: {} } as unknown as Disputed;
  }
}

describe('a bundle that was submitted as a hash', () => {
  it('is demanded item by item while there is time, and all at once when there is not', async () => {
    const bundle = new Bundle();
    expect((await bundle.play(() => undefined)).outcome).to.equal('wrong');
    expect(bundle.demanded.size).to.be.lessThan(ITEMS);
  });

  it('is found wrong though a friend of the node keeps a demand of a suspect open until it is too late', async () => {
    const bundle = new Bundle();
    const friendly = new Map([0, 16, 24, 28, 30].map((item, i) => [BEFORE + i * (R - 1), item]));
    expect((await bundle.play((now) => friendly.get(now))).outcome).to.equal('wrong');
    expect([...bundle.demanded.keys()]).to.include(WRONG);
    expect(bundle.demanded.get(WRONG)).to.be.at.most(END);
  });
});
