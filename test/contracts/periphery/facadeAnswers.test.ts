// The facade's side of an answer, called as the account that the callback reaches: whose it is, what it converts, what gas it keeps back.
import { expect } from 'chai';
import type { LogDescription } from 'ethers';
import { ethers, loadFixture, networkHelpers } from '../../support/contracts/chain.ts';
import { floats } from '../../support/contracts/model.ts';
import { ask, consuming } from './consumer.ts';
import {
  bytesOf,
  consented,
  type Faced,
  faced,
  HALVES,
  inputOf,
  publishTyped,
  run,
  type Spec,
  storyOf,
} from './facade.ts';

const OUTPUT = floats(0.5, 0.25, -0.125, 2);
const INTEGERS: readonly Spec[] = [
  { name: 'u8', dtype: 'uint8', shape: [2] },
  { name: 'i8', dtype: 'int8', shape: [2] },
  { name: 'i32', dtype: 'int32', shape: [2] },
  { name: 'i64', dtype: 'int64', shape: [2] },
  { name: 'b', dtype: 'bool', shape: [2] },
];
const VALUES = [
  [0, 255],
  [-128, 127],
  [-(2 ** 31), 2 ** 31 - 1],
  [-(2n ** 63n), 2n ** 63n - 1n],
  [1, 0],
];

/** Sends as the account of a caller, which in truth only the contract of requests makes act. */
async function asAccount(s: Faced, account: string) {
  await networkHelpers.setBalance(account, 10n ** 20n);
  return s.facade.connect(await ethers.getImpersonatedSigner(account));
}
const asked = async (s: Faced, model: string, ...tensors: Parameters<typeof inputOf>) =>
  storyOf(s, await (await run(s, s.requester, model, inputOf(...tensors))).send(), s.requester);
async function logsOf(s: Faced, sent: Promise<{ wait(): Promise<{ logs: readonly unknown[] } | null> }>) {
  const logs = (await (await sent).wait())?.logs ?? [];
  return logs.flatMap((log) => s.facade.interface.parseLog(log as never) ?? []);
}
const answered = (logs: readonly LogDescription[]) =>
  logs
    .find(({ name }) => name === 'InferenceAnswered')
    ?.args.slice(1)
    .map(String);

describe('an answer at the facade', () => {
  it('is taken once, of the account that asked', async () => {
    const s = await loadFixture(faced);
    await consented(s, s.requester);
    await consented(s, s.attacker);
    const story = await asked(s, 'acme/digits', HALVES);
    await (await run(s, s.attacker, 'acme/digits', inputOf(HALVES))).send();
    const own = await asAccount(s, await s.facade.accountOf(s.requester));
    const other = await asAccount(s, await s.facade.accountOf(s.attacker));
    for (const [by, id] of [
      [other, story.id],
      [own, ethers.ZeroHash],
      [s.facade.connect(s.requester), story.id],
    ] as const)
      await expect(by.answer(id, OUTPUT)).to.be.revertedWithCustomError(s.facade, 'Facade_NotAnAccount');
    expect(answered(await logsOf(s, own.answer(story.id, OUTPUT)))).to.deep.equal([
      s.requester.address,
      'true',
      'false',
    ]);
    await expect(own.answer(story.id, OUTPUT)).to.be.revertedWithCustomError(s.facade, 'Facade_NotAnAccount');
  });

  it('has integers with their signs, to the ends of their ranges', async () => {
    const s = await loadFixture(faced);
    await consented(s, s.requester);
    const version = await publishTyped(s, [{ name: 'x', dtype: 'float32', shape: [8] }], INTEGERS);
    const story = await asked(s, version, HALVES);
    const own = await asAccount(s, await s.facade.accountOf(s.requester));
    const logs = await logsOf(s, own.answer(story.id, bytesOf(INTEGERS, VALUES)));
    const [numbers] = logs.find(({ name }) => name === 'InferenceResult')?.args[0].toArray(true) ?? [];
    const wanted = INTEGERS.map(({ name, shape }, i) => [
      name,
      VALUES[i]?.map((value) => [BigInt(value), 0n]),
      shape.map(BigInt),
    ]);
    expect(numbers).to.deep.equal(wanted);
  });

  it('calls nobody where the caller has no code, whatever gas it wanted', async () => {
    const s = await loadFixture(faced);
    await consented(s, s.requester, { callbackGas: 100_000n });
    const story = await asked(s, 'acme/digits', HALVES);
    const own = await asAccount(s, await s.facade.accountOf(s.requester));
    expect(answered(await logsOf(s, own.answer(story.id, OUTPUT)))).to.deep.equal([
      s.requester.address,
      'true',
      'false',
    ]);
  });

  it('is told by its event or not at all, at any gas limit', async () => {
    const s = await loadFixture(consuming);
    const story = await ask(s);
    const own = await asAccount(s, s.account);
    const enough = async (gasLimit: bigint) => {
      try {
        await own.answer.staticCall(story.id, OUTPUT, { gasLimit });
        return true;
      } catch {
        return false;
      }
    };
    let [low, high] = [21_000n, 3_000_000n];
    expect(await enough(high)).to.equal(true);
    while (high - low > 1n) {
      const middle = (low + high) / 2n;
      if (await enough(middle)) high = middle;
      else low = middle;
    }
    // Less than what is kept back for the event is left: the caller gets nothing, and the event is there.
    const logs = await logsOf(s, own.answer(story.id, OUTPUT, { gasLimit: high }));
    expect(answered(logs)).to.deep.equal([s.consumer.target, 'true', 'false']);
    expect(await s.consumer.answers()).to.equal(0n);
  });
});

describe('settings that no request can have', () => {
  const input = {
    numbers: [{ name: 'x', values: HALVES[1].map(([value, decimals]) => ({ value, decimals })), shape: [8] }],
    strings: [],
  };

  it('are a duration of nothing, and more gas than a callback may have', async () => {
    const s = await loadFixture(faced);
    await consented(s, s.requester);
    const facade = s.facade.connect(s.requester);
    await expect(facade.ask('acme/digits', 0, input, { ...s.settings, duration: 0n }, '0x'))
      .to.be.revertedWithCustomError(s.facade, 'Facade_BadSettings')
      .withArgs('duration');
    await expect(facade.ask('acme/digits', 0, input, { ...s.settings, callbackGas: 16_252_900n }, '0x'))
      .to.be.revertedWithCustomError(s.requests, 'Requests_CallbackGas')
      .withArgs(2n ** 24n - 1n, 2_000_000n);
  });
});
