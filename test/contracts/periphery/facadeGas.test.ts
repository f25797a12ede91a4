// What the facade asks for an answer's gas suffices: for the conversion, and then for all that the caller was promised.
import { expect } from 'chai';
import { loadFixture, time } from '../../support/contracts/chain.ts';
import { floats } from '../../support/contracts/model.ts';
import { ask, BEHAVIOUR, type Consumed, configure, consuming } from './consumer.ts';
import { publishTyped } from './facade.ts';

/** Callback of the contracts. */
const SUCCEEDED = 1n;
/** Of the dearest to convert: nine digits, none of them a zero at the end, below one. */
const DEAR = 0.1;

async function gasOf(s: Consumed, tensors: number, elements: number, name: string): Promise<bigint> {
  const outputs = Array.from({ length: tensors }, (_, i) => ({
    name: `${i}${name}`,
    dtype: 'float32' as const,
    shape: [elements],
  }));
  const version = await publishTyped(s, [{ name: 'x', dtype: 'float32', shape: [8] }], outputs);
  const story = await ask(s, version);
  const { index } = await s.directory.inputsOf(version);
  const outputHeaders = (await s.directory.outputsAt(index)).map(({ header }) => header);
  Object.assign(story, { shape: { inputHeaders: [], outputHeaders, outputBytes: 4 * elements * tensors } });
  const output = floats(...Array<number>(elements * tensors).fill(DEAR));
  await story.submit(s.node, output);
  await time.increaseTo(story.end);
  const receipt = await (await story.attempt.finalise({ output })).wait();
  const logs = receipt?.logs.flatMap((log) => s.requests.interface.parseLog(log) ?? []) ?? [];
  expect(logs.find(({ name }) => name === 'Finalised')?.args['callback']).to.equal(SUCCEEDED);
  return await s.consumer.gasSeen();
}

describe('gas of an answer through the facade', () => {
  for (const [tensors, elements, name, promised] of [
    [1, 1, 'y', 1_800_000n],
    [1, 100, 'y', 1_300_000n],
    [1, 340, 'y', 100_000n],
    [8, 1, 'a name of sixty-three bytes, which takes three words of storage', 100_000n],
    [16, 16, 'y', 100_000n],
  ] as const)
    it(`of ${tensors} x ${elements} elements leaves the caller the ${promised} it was promised`, async () => {
      const s = await loadFixture(consuming);
      await configure(s, { callbackGas: promised, nearest: true });
      await s.consumer.behave(BEHAVIOUR.Measures, s.consumer, '0x');
      const seen = await gasOf(s, tensors, elements, name);
      expect(seen > promised, `${seen} of ${promised}`).to.equal(true);
    });

  it('of more elements than a callback can convert is refused when asked for', async () => {
    const s = await loadFixture(consuming);
    await configure(s, { callbackGas: 0n });
    const outputs = [{ name: 'y', dtype: 'float32', shape: [382] }] as const;
    const version = await publishTyped(s, [{ name: 'x', dtype: 'float32', shape: [8] }], outputs);
    await expect(ask(s, version)).to.be.revertedWithCustomError(s.requests, 'Requests_CallbackGas');
  });

  it('of more gas for the caller than any callback has is refused when asked for, not a panic', async () => {
    const s = await loadFixture(consuming);
    await configure(s, { callbackGas: 2n ** 24n - 1n });
    await expect(ask(s)).to.be.revertedWithCustomError(s.requests, 'Requests_CallbackGas');
  });
});
