import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { createOnnxRuntime } from '../../../workers/adapters/onnx/runtime.ts';
import { iteratedSine, scratch, writeGraph } from '../../support/graphs.ts';

/** What is no secret: where programs are, where compiled code is kept, and how memory is given back. */
const TOLD = ['PATH', 'NODE_COMPILE_CACHE', 'MALLOC_ARENA_MAX', 'MALLOC_MMAP_THRESHOLD_'];

describe('a process that runs models', () => {
  const directory = scratch();
  after(() => directory.remove());

  it('is told nothing of the environment of its node, which may hold secrets', async function () {
    if (process.platform !== 'linux') this.skip();
    process.env['SECRET_OF_THIS_TEST'] = 'correct horse';
    const runtime = createOnnxRuntime({ children: 1 });
    try {
      await runtime.warm(writeGraph(directory.path, iteratedSine));
      const [pid] = runtime.pids();
      const names = readFileSync(`/proc/${pid}/environ`, 'utf8')
        .split('\0')
        .filter((one) => one !== '')
        .map((one) => one.slice(0, one.indexOf('=')));
      expect(names).to.include('PATH');
      expect(names.filter((name) => !TOLD.includes(name))).to.deep.equal([]);
    } finally {
      delete process.env['SECRET_OF_THIS_TEST'];
      await runtime.close();
    }
  });
});
