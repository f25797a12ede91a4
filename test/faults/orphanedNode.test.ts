/** `opg node run` under what starts it: it ends in order when that is told to, and when that is killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { eventually } from '../support/eventually.ts';
import { faultStory } from '../support/faultStory.ts';
import { operatedNode } from '../support/operated.ts';

interface Line {
  readonly message: string;
  readonly code?: number;
}

describe('opg node run', function () {
  this.timeout(300_000);
  const operated = operatedNode();
  const children: ChildProcess[] = [];
  before(() => operated.make('node'));
  afterEach(() => {
    for (const { pid } of children) {
      try {
        // Everything of its group that is left.
        if (pid !== undefined) process.kill(-pid, 'SIGKILL');
      } catch {
        // Nothing is.
      }
    }
  });
  after(() => operated.end());

  /** In a process group of its own, as a shell starts it. */
  async function start(command: string, ...args: string[]) {
    const child = spawn(command, [...args, 'node', 'run', operated.file('node')], {
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    children.push(child);
    const lines: Line[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('{')) lines.push(JSON.parse(line));
    });
    const said = (message: string) => lines.find((line) => line.message === message);
    await eventually('it has started', () => said('node started'), 120_000);
    return { child, lines, said, ended: () => eventually('it has ended', () => said('process ended'), 60_000) };
  }
  const withNpm = () => start('npm', 'run', '--silent', 'opg', '--');
  const without = () => start(process.execPath, 'scripts/opg.mjs');

  faultStory('shell-killed', async ({ saw }) => {
    for (const begin of [withNpm, without]) {
      const { child, ended } = await begin();
      child.kill('SIGKILL');
      expect((await ended()).code).to.equal(0);
    }
    saw('npm and opg killed, the node ended with 0 both times');
  });

  it('ends once, with 0, when Ctrl-C reaches every process of the terminal', async () => {
    const { child, lines, ended } = await withNpm();
    process.kill(-(child.pid as number), 'SIGINT');
    expect((await ended()).code).to.equal(0);
    expect(lines.filter(({ message }) => message.startsWith('process was told to stop'))).to.have.length(1);
  });

  it('passes SIGTERM on, and its exit code back', async () => {
    const { child } = await without();
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await gone).to.deep.equal([0, null]);
  });
});
