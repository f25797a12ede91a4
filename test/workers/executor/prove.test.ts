import { expect } from 'chai';
import { ProtocolError } from '#core/errors.ts';
import { AskFlags } from '#core/protocol/terms.ts';
import type { Hex } from '#ports/chain.ts';
import { memoryJournal } from '../../../workers/adapters/memory/journal.ts';
import {
  nodeProcess,
  otherwise,
  publish,
  right,
  unavailable,
  unproven,
  versionFacts,
  type World,
  word,
  wrong,
} from '../../support/proving.ts';
import { rejectsLater } from '../../support/rejects.ts';
import { input, inputRoot } from '../../support/serving.ts';

const never = new AbortController().signal;
const version = word(500);

describe('proving a version', () => {
  /** A journal with requests in `proving`, and an executor in the given world. */
  async function inWorld(world: World, requests: readonly Hex[] = [word(1)], deadline = 2_000) {
    const journal = memoryJournal();
    await publish(journal, version);
    const terms = { input: inputRoot, version, deadline, items: 1, flags: AskFlags.ROOT_INPUT };
    for (const id of requests)
      await journal.open({
        track: 'serve',
        id,
        stage: 'proving',
        facts: { terms, input, version: unproven },
        dueAt: undefined,
      });
    const { executor, ...rest } = nodeProcess(journal, world);
    const row = async (id: Hex) => {
      const found = await journal.row('serve', id);
      return { stage: found?.stage, reason: found?.facts['reason'] };
    };
    return { journal, prove: executor.prove, row, ...rest };
  }
  const failing =
    (error: ProtocolError): World['describe'] =>
    async () => {
      throw error;
    };

  it('should leave in its row that it is proven, once, and the request to admission', async () => {
    const { journal, prove, row, seen, metrics } = await inWorld(right, [word(1), word(2)]);
    await prove(word(1), never);
    await prove(word(2), never);
    expect(await versionFacts(journal, version)).to.include({ proven: true, sha256: unproven.sha256 });
    expect((await row(word(1))).stage).to.equal('proving');
    expect(seen).to.deep.equal({ fetches: 1, descriptions: 1, discarded: 0 });
    expect(metrics.values.get('worker_execute_proofs_total{outcome="proven"}')).to.equal(1);
  });

  it('should refuse one whose program is another, for all its requests', async () => {
    const { journal, prove, row, seen } = await inWorld(wrong, [word(1), word(2)]);
    await prove(word(1), never);
    await prove(word(2), never);
    const facts = await versionFacts(journal, version);
    expect(facts?.['refused']).to.match(/^executor\.root_mismatch: /);
    expect(facts).to.not.have.property('proven');
    expect(await row(word(1))).to.deep.equal({ stage: 'declined', reason: facts?.['refused'] });
    expect((await row(word(2))).stage, 'admission reads the row').to.equal('proving');
    expect(seen.fetches).to.equal(1);
  });

  it('should refuse one that publishes other tensors than its model has, for all its requests', async () => {
    const { journal, prove, row } = await inWorld(otherwise);
    await prove(word(1), never);
    const facts = await versionFacts(journal, version);
    expect(facts?.['refused']).to.match(/^executor\.schema_mismatch: .* outputs are y .*, the model's z float32 \[2\]/);
    expect(facts).to.not.have.property('proven');
    expect(await row(word(1))).to.deep.equal({ stage: 'declined', reason: facts?.['refused'] });
  });

  it('should refuse one whose model has no program', async () => {
    const error = new ProtocolError('compile.unsupported_operator', { op: 'NonZero', node: 'n' } as never);
    const { journal, prove, row } = await inWorld({ ...right, describe: failing(error) });
    await prove(word(1), never);
    expect((await versionFacts(journal, version))?.['refused']).to.match(/^compile\.unsupported_operator: /);
    expect((await row(word(1))).stage).to.equal('declined');
  });

  it('should decline a request whose version it cannot compare, but not refuse the version', async () => {
    const corrupt = new ProtocolError('blobs.corrupt', {
      sha256: unproven.sha256,
      sources: 'file:model.onnx sent others',
    });
    const { journal, prove, row } = await inWorld({ ...right, fetch: () => Promise.reject(corrupt) });
    await prove(word(1), never);
    expect(await row(word(1))).to.deep.equal({ stage: 'declined', reason: corrupt.message });
    expect(await versionFacts(journal, version)).to.not.have.any.keys('refused', 'proven');
  });

  it('should do nothing for a row that is elsewhere or unknown', async () => {
    const { journal, prove, seen } = await inWorld(right);
    await journal.advance('serve', word(1), 'proving', 'lost');
    await prove(word(1), never);
    await prove(word(9), never);
    expect(seen.fetches).to.equal(0);
  });

  it('should fetch a model anew that changed on disk', async () => {
    const { sha256 } = unproven;
    const changed = new ProtocolError('runtime.model_changed', { sha256, got: sha256 } as never);
    const { prove, row, seen } = await inWorld({ ...right, describe: failing(changed) });
    await rejectsLater('runtime.model_changed', prove(word(1), never));
    expect(seen.discarded).to.equal(1);
    expect((await row(word(1))).stage).to.equal('proving');
  });

  it('should try a source that is down again after pauses that double, whoever asks, up to five minutes', async () => {
    const requests = [word(1), word(2), word(3)];
    const { prove, row, seen, clock } = await inWorld({ ...right, fetch: unavailable }, requests, 2 ** 33);
    const tries: number[] = [];
    const begin = clock.now();
    // Three requests, asked about every 250 ms, which is more often than any sweep.
    for (; clock.now() - begin < 1_000_000; clock.advance(250)) {
      const before = seen.fetches;
      await Promise.allSettled(requests.map((id) => prove(id, never)));
      if (seen.fetches > before) tries.push(clock.now() - begin);
    }
    const pauses = tries.slice(1).map((at, i) => (at - (tries[i] as number)) / 500);
    expect(pauses).to.deep.equal([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600]);
    expect((await row(word(1))).stage).to.equal('proving');
  });

  it('should let the queue try again at once after a source came back', async () => {
    const world = { ...right, fetch: unavailable as World['fetch'] };
    const { journal, prove, clock } = await inWorld(world);
    const error = await rejectsLater('blobs.unavailable', prove(word(1), never));
    expect(error.retryable).to.equal(true);
    world.fetch = right.fetch;
    clock.advance(500); // the least a queue waits
    await prove(word(1), never);
    expect(await versionFacts(journal, version)).to.include({ proven: true });
  });

  it('should not let a version rest whose model is on its way, and compare it as soon as that is there', async () => {
    const coming = new ProtocolError('blobs.coming', { sha256: unproven.sha256 });
    const world = { ...right, fetch: (() => Promise.reject(coming)) as World['fetch'] };
    const { journal, prove, seen } = await inWorld(world);
    for (let i = 0; i < 10; i++) await rejectsLater('blobs.coming', prove(word(1), never));
    world.fetch = right.fetch;
    await prove(word(1), never);
    expect(await versionFacts(journal, version)).to.include({ proven: true });
    expect(seen.fetches).to.equal(11);
  });

  it('should be given up when the deadline comes, and not begun when it is too near', async () => {
    const hanging = () => new Promise<void>(() => {});
    const { prove, row, clock, seen } = await inWorld({ ...right, fetch: hanging });
    const proving = prove(word(1), never);
    while (clock.sleeping === 0) await new Promise(setImmediate);
    clock.advance(994_000); // 6 s before it, the margin for sending
    await proving;
    expect((await row(word(1))).stage).to.equal('expired');
    const late = await inWorld(right, [word(2)], 1_006);
    await late.prove(word(2), never);
    expect((await late.row(word(2))).stage).to.equal('expired');
    expect([seen.fetches, late.seen.fetches]).to.deep.equal([1, 0]);
  });

  it('should not count a shutdown as a failure of the source', async () => {
    const hanging = () => new Promise<void>(() => {});
    const world = { ...right, fetch: hanging as World['fetch'] };
    const { journal, prove } = await inWorld(world);
    const stop = new AbortController();
    const proving = prove(word(1), stop.signal);
    stop.abort(new Error('The process is closing.'));
    expect(await proving.catch((error: Error) => error.message)).to.equal('The process is closing.');
    world.fetch = right.fetch;
    await prove(word(1), never);
    expect(await versionFacts(journal, version)).to.include({ proven: true });
  });
});
