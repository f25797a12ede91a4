import { expect } from 'chai';
import { AskFlags } from '#core/protocol/terms.ts';
import { type AdmissionPolicy, admit, type Candidate } from '../../../workers/watcher/admit.ts';
import { asked, input, policy, rowAfter, version } from '../../support/serving.ts';
import { anyNode, declined, game, other, terms } from '../../support/story.ts';

const candidate = (change: Partial<Candidate> = {}): Candidate => ({
  request: rowAfter(asked()),
  arbiter: game,
  version,
  input,
  freeStake: 1_000_000n,
  offer: undefined,
  ...change,
});
const verdict = (change: Partial<Candidate> = {}, rules: Partial<AdmissionPolicy> = {}, now = 1_000) =>
  admit(candidate(change), { ...policy, ...rules }, now);
const program = { root: `0x${'77'.repeat(32)}`, atol: 0, rtol: 0, multiplyAdds: 50_000 } as const;
const rate = (multiplyAddsPerSecond: number) => ({ multiplyAddsPerSecond, share: 0.5, unchecked: new Set<string>() });
const offered = (price: bigint) => ({ price, minReserved: 0, until: 1_000 });
const reasonOf = (result: ReturnType<typeof admit>) => ('reason' in result ? result.reason : '');

describe('admission', () => {
  it('serves what names this node, pays and leaves time', () => {
    expect(verdict()).to.deep.equal({ kind: 'serve' });
  });

  const declines: readonly [why: string, change: Partial<Candidate>, rules: Partial<AdmissionPolicy>, says: RegExp][] =
    [
      ['a mode it does not serve', { request: rowAfter(asked({ mode: 2 })) }, {}, /mode 2/],
      ['a version it does not serve', {}, { versions: new Set() }, /version is not served/],
      ['a version it refuses', {}, { refuseVersions: new Set([terms.version]) }, /version is not served/],
      ['too little time', { request: rowAfter(asked({ deadline: 1_019 })) }, {}, /19 s to the deadline, 20 s/],
      ['too long a window', {}, { maxWindowSeconds: 599 }, /bound for 600 s, 599/],
      ['too small a fee, counted as if a keeper took the tip', {}, { minNetPerItem: 841n }, /leaves 840 wei/],
      ['what pays less than its offer', { offer: offered(841n) }, { minNetPerItem: undefined }, /leaves 840 wei/],
      ['what it does not offer', {}, { minNetPerItem: undefined }, /no offer/],
      ['what it offers no longer', { offer: { ...offered(1n), until: 999 } }, { minNetPerItem: undefined }, /no offer/],
      ['what another game decides', { arbiter: other }, {}, /^0x3{40} decides disputes of set 1, .* follows 0x5{40}$/],
      ['what a game decides, where it follows none', {}, { game: undefined }, /follows no game$/],
      ['too large an input', {}, { maxInputBytes: 7 }, /8 bytes, 7/],
      ['bytes that are not the input', { input: `${input.slice(0, -2)}01` as typeof input }, {}, /not what the terms/],
      ['an input of another length', { input: '0x00' }, {}, /not what the terms/],
      [
        'a version that was found out',
        { version: { ...version, refused: 'executor.root_mismatch' } },
        {},
        /root_mismatch/,
      ],
      // 1.25 times that, to 20 s before the deadline.
      [
        'what would come too late behind what waits',
        { wait: { seconds: 785, ahead: 12 } },
        {},
        /^12 requests are served before it and it would take about 982 s, 980 s are left$/,
      ],
      // 1,000 s are left, half of which the check may take.
      [
        'what it could not check',
        { version: { ...version, program } },
        { check: rate(99) },
        /take about 506 s, 500 s are/,
      ],
    ];
  for (const [why, change, rules, says] of declines)
    it(`declines ${why}, and says so`, () => {
      const result = verdict(change, rules);
      expect(result.kind).to.equal('decline');
      expect(reasonOf(result)).to.match(says);
    });

  it('asks what its offer asks, unless its operator named a price', () => {
    expect(verdict({ offer: offered(840n) }, { minNetPerItem: undefined }).kind).to.equal('serve');
    expect(verdict({ offer: offered(10_000n) }, { minNetPerItem: 840n }).kind).to.equal('serve');
  });

  it('takes what it can just deliver, and is more careful where a slice would be locked', () => {
    const waiting = (seconds: number) => ({ wait: { seconds, ahead: 12 } });
    const acceptFirst = { openAtMarginSeconds: 501 };
    expect(verdict(waiting(784)).kind).to.equal('serve');
    expect(verdict(waiting(490), acceptFirst).kind).to.equal('accept');
    expect(verdict(waiting(491), acceptFirst).kind).to.equal('decline');
  });

  it('takes what it can just check, per item, and what its operator admitted', () => {
    const checked = { ...version, program };
    expect(verdict({ version: checked }, { check: rate(100) }).kind).to.equal('serve');
    const request = rowAfter(asked({ items: 2 }));
    expect(verdict({ version: checked, request }, { check: rate(100) }).kind).to.equal('decline');
    const unchecked = new Set([terms.version]);
    expect(verdict({ version: checked }, { check: { ...rate(1), unchecked } }).kind).to.equal('serve');
    expect(verdict({}, { check: rate(1) }).kind, 'a version without a program').to.equal('serve');
  });

  it('takes the very fee it asks for', () => {
    expect(verdict({}, { minNetPerItem: 840n }).kind).to.equal('serve');
  });

  it('asks for the fee of every item', () => {
    const request = rowAfter(asked({ items: 2 }));
    expect(reasonOf(verdict({ request }, { minNetPerItem: 421n }))).to.match(/for 2 items/);
  });

  it('waits for a version it has not seen, and for stake', () => {
    expect(verdict({ version: undefined })).to.deep.include({ kind: 'wait', until: 2_000 });
    expect(verdict({ freeStake: 9_999n })).to.deep.include({ kind: 'wait', until: 1_005 });
    expect(verdict({ freeStake: 10_000n })).to.deep.equal({ kind: 'serve' });
  });

  it('waits for an input that is handed over off chain, then locks the slice before it computes', () => {
    const request = rowAfter(asked({ flags: AskFlags.ROOT_INPUT }));
    expect(verdict({ request, input: undefined })).to.deep.include({ kind: 'wait', until: 2_000 });
    expect(verdict({ request })).to.deep.equal({ kind: 'accept' });
  });

  it('accepts first when its priority ends before a transaction would land', () => {
    expect(verdict({}, {}, 1_488)).to.deep.equal({ kind: 'serve' });
    expect(verdict({}, {}, 1_489)).to.deep.equal({ kind: 'accept' });
    expect(verdict({}, { acceptOpen: true }, 1_501)).to.deep.equal({ kind: 'accept' });
  });

  describe('of a version that names a program', () => {
    const unproven = { ...version, program };
    const proven = { ...unproven, proven: true };
    const root = rowAfter(asked({ flags: AskFlags.ROOT_INPUT }));
    const ways: readonly [what: string, change: Partial<Candidate>, rules: Partial<AdmissionPolicy>, now?: number][] = [
      ['an open one', { request: rowAfter(asked(anyNode)) }, { acceptOpen: true }],
      ['one whose node declined', { request: rowAfter(asked({ node: other }), declined) }, { acceptOpen: true }],
      ['one that names it and was handed over', { request: root }, {}],
      ['one that names it, just before others may take it', {}, {}, 1_489],
    ];
    for (const [what, change, rules, now] of ways)
      it(`accepts ${what} once the program is proven, not before`, () => {
        expect(verdict({ version: unproven, ...change }, rules, now)).to.deep.include({ kind: 'prove' });
        expect(verdict({ version: proven, ...change }, rules, now)).to.deep.equal({ kind: 'accept' });
      });

    it('serves unproven what needs no acceptance', () => {
      expect(verdict({ version: unproven })).to.deep.equal({ kind: 'serve' });
    });
    it('accepts unproven what its operator admitted unchecked', () => {
      const check = { ...policy.check, unchecked: new Set([terms.version]) };
      expect(verdict({ version: unproven, request: root }, { check })).to.deep.equal({ kind: 'accept' });
    });
    it('does not begin to compare what it could not take', () => {
      const found = { ...unproven, refused: 'executor.root_mismatch' };
      expect(verdict({ version: found, request: root }).kind).to.equal('decline');
      expect(verdict({ version: unproven, request: root, freeStake: 9_999n }).kind).to.equal('wait');
      expect(verdict({ version: unproven, request: root }, { check: rate(99) }).kind).to.equal('decline');
    });
  });

  describe('of requests that do not name this node', () => {
    it('writes nothing down unless it takes open ones', () => {
      expect(verdict({ request: rowAfter(asked(anyNode)) })).to.deep.equal({ kind: 'ignore' });
      expect(verdict({ request: rowAfter(asked({ node: other })) })).to.deep.equal({ kind: 'ignore' });
    });
    it('accepts one that names nobody', () => {
      expect(verdict({ request: rowAfter(asked(anyNode)) }, { acceptOpen: true })).to.deep.equal({ kind: 'accept' });
    });
    it('leaves the named node its time, then accepts', () => {
      const request = rowAfter(asked({ node: other }));
      expect(verdict({ request }, { acceptOpen: true }, 1_500)).to.deep.include({ kind: 'wait', until: 1_501 });
      expect(verdict({ request }, { acceptOpen: true }, 1_501)).to.deep.equal({ kind: 'accept' });
    });
    it('accepts at once what the named node declined', () => {
      const request = rowAfter(asked({ node: other }), declined);
      expect(verdict({ request }, { acceptOpen: true })).to.deep.equal({ kind: 'accept' });
    });
  });
});
