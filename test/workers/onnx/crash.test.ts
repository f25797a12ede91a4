import { expect } from 'chai';
import { tensorFrom } from '#core/tensor.ts';
import type { LoadableModel } from '#ports/runtime.ts';
import { createOnnxRuntime } from '../../../workers/adapters/onnx/runtime.ts';
import { Strikes } from '../../../workers/adapters/onnx/strikes.ts';
import { eventually } from '../../support/eventually.ts';
import { FOREVER, iteratedSine, scratch, writeGraph } from '../../support/graphs.ts';
import { assertNear } from '../../support/near.ts';
import { rejectsLater } from '../../support/rejects.ts';

const inputs = (steps: bigint) => ({
  steps: tensorFrom('int64', [], [steps]),
  x: tensorFrom('float32', [1], [1]),
});

describe('a child that dies', () => {
  const directory = scratch();
  let model: LoadableModel;
  let runtime: ReturnType<typeof createOnnxRuntime>;
  beforeEach(() => {
    model = writeGraph(directory.path, iteratedSine);
    runtime = createOnnxRuntime({ children: 1 });
  });
  afterEach(() => runtime.close());
  after(() => directory.remove());

  const running = () => eventually('a call is running', () => runtime.stats().running > 0);
  const kill = (signal: NodeJS.Signals) => {
    for (const pid of runtime.pids()) process.kill(pid, signal);
  };

  for (const signal of ['SIGKILL', 'SIGSEGV', 'SIGABRT'] as const)
    it(`K1 ${signal} in the middle of a run: runtime.crashed, retryable, naming the signal; the next call works`, async () => {
      await runtime.warm(model);
      const lost = rejectsLater('runtime.crashed', runtime.run(model, inputs(FOREVER)));
      await running();
      kill(signal);
      const error = await lost;
      expect(error.retryable).to.equal(true);
      expect(error.message).to.include(signal);
      assertNear((await runtime.run(model, inputs(1n)))['y']?.data[0], Math.sin(1), 1e-6);
    });

  it('K2 calls that waited behind the one that killed it are answered all the same', async () => {
    await runtime.warm(model);
    const lost = rejectsLater('runtime.crashed', runtime.run(model, inputs(FOREVER)));
    const innocent = [1n, 1n, 1n].map((steps) => runtime.run(model, inputs(steps)));
    await running();
    kill('SIGKILL');
    await lost;
    for (const outputs of await Promise.all(innocent)) assertNear(outputs['y']?.data[0], Math.sin(1), 1e-6);
  });

  it('K3 while it is idle: nobody notices', async () => {
    await runtime.run(model, inputs(1n));
    kill('SIGKILL');
    await eventually('the child is gone', () => runtime.stats().children === 0);
    expect(runtime.stats().sessions).to.equal(0);
    expect((await runtime.run(model, inputs(1n)))['y']?.shape).to.deep.equal([1]);
  });

  it('K4 SIGTERM and SIGINT, as a terminal sends them to the whole group, do not interrupt a run', async () => {
    await runtime.warm(model);
    const answer = runtime.run(model, inputs(300_000n));
    await running();
    kill('SIGINT');
    kill('SIGTERM');
    expect((await answer)['y']?.shape).to.deep.equal([1]);
  });
});

describe('strikes', () => {
  it('should let one poisonous input be refused without harm to its model', () => {
    const strikes = new Strikes(3);
    expect(strikes.blame('m', 'poison', 'SIGSEGV')).to.equal('retry');
    for (let i = 0; i < 10; i++) expect(strikes.blame('m', 'poison', 'SIGSEGV')).to.equal('refuse');
    expect(strikes.quarantine('m')).to.equal(undefined);
  });

  it('should remember a poisonous input over successes of others', () => {
    const strikes = new Strikes(3);
    strikes.blame('m', 'poison', 'SIGSEGV');
    strikes.clear('m');
    expect(strikes.blame('m', 'poison', 'SIGSEGV')).to.equal('refuse');
  });

  it('should quarantine after as many different inputs in a row as allowed, and for good', () => {
    const strikes = new Strikes(3);
    strikes.blame('m', '1', 'SIGSEGV');
    strikes.blame('m', '2', 'SIGSEGV');
    strikes.clear('m');
    for (const input of ['3', '4', '5']) {
      expect(strikes.quarantine('m')).to.equal(undefined);
      strikes.blame('m', input, `SIGSEGV of ${input}`);
    }
    strikes.clear('m');
    expect(strikes.quarantine('m')).to.deep.equal({ strikes: 3, reason: 'SIGSEGV of 5' });
    expect(strikes.quarantine('other')).to.equal(undefined);
  });
});
