import { expect } from 'chai';
import { ProtocolError } from '#core/errors.ts';
import type { ModelStore } from '#ports/blobs.ts';
import { memoryJournal } from '../../../workers/adapters/memory/journal.ts';
import { createWarmUp } from '../../../workers/executor/warm.ts';
import { publish, word } from '../../support/proving.ts';
import { recordedLog } from '../../support/telemetry.ts';

const [first, second] = [word(1), word(2)];
const { signal } = new AbortController();

describe('models loaded ahead of their requests', () => {
  /** A runtime that only remembers what it loaded, and sources that fail as long as `trouble` says. */
  function warming(versions: readonly string[]) {
    const journal = memoryJournal();
    const log = recordedLog();
    const [loaded, compiled]: [string[], string[]] = [[], []];
    const world: { trouble: ProtocolError | undefined; fetches: number } = { trouble: undefined, fetches: 0 };
    const models: ModelStore = {
      async fetch({ sha256 }) {
        world.fetches++;
        if (world.trouble) throw world.trouble;
        return { path: `/cache/${sha256}` };
      },
      async discard() {},
    };
    const runtime = {
      warm: async ({ path }: { readonly path: string }) => {
        loaded.push(path);
      },
    };
    const reference = {
      describe: async ({ path }: { readonly path: string }) => {
        compiled.push(path);
        return { root: word(9), multiplyAdds: 1, inputs: [], outputs: [] };
      },
    };
    const warmUp = createWarmUp({ journal, models, runtime, reference, log }, versions);
    const said = (level: string) => log.lines.filter((line) => line.level === level).length;
    return { journal, loaded, compiled, world, said, warmUp };
  }

  it('are loaded as soon as the journal knows them, each once', async () => {
    const { journal, loaded, warmUp, world } = warming([first, second.toUpperCase().replace('0X', '0x')]);
    await warmUp(signal);
    expect(loaded).to.have.length(0);
    await publish(journal, first);
    await warmUp(signal);
    expect(loaded).to.have.length(1);
    await publish(journal, second);
    await warmUp(signal);
    await warmUp(signal);
    expect(loaded).to.have.length(2);
    expect(world.fetches).to.equal(2);
  });

  it('are tried again while their sources are down, which is told once', async () => {
    const { journal, loaded, warmUp, world, said } = warming([first]);
    await publish(journal, first);
    world.trouble = new ProtocolError('blobs.unavailable', { sha256: '', sources: 'nobody' });
    await warmUp(signal);
    await warmUp(signal);
    expect([loaded.length, said('warn')]).to.deep.equal([0, 1]);
    world.trouble = undefined;
    await warmUp(signal);
    expect(loaded).to.have.length(1);
  });

  it('are left to their requests if they can never be loaded, and keep no other from it', async () => {
    const { journal, loaded, warmUp, world, said } = warming([first, second]);
    await publish(journal, first);
    world.trouble = new ProtocolError('blobs.corrupt', { sha256: '', sources: 'nobody' });
    await warmUp(signal);
    world.trouble = undefined;
    await publish(journal, second);
    await warmUp(signal);
    expect([loaded.length, world.fetches, said('warn')]).to.deep.equal([1, 2, 1]);
  });

  it('are not begun when the process ends', async () => {
    const { journal, warmUp, world } = warming([first]);
    await publish(journal, first);
    await warmUp(AbortSignal.abort());
    expect(world.fetches).to.equal(0);
  });
});
