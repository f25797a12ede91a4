import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const PROGRAM = fileURLToPath(new URL('../../support/livingProcess.ts', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly lines: readonly Record<string, unknown>[];
}

/** Runs the process, and acts once it is open. */
async function live(
  way: string,
  act: (kill: (signal: NodeJS.Signals) => void) => void = () => {},
  graceMs = 5_000,
): Promise<Ended> {
  const child = spawn(process.execPath, [PROGRAM, way, `${graceMs}`], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const lines: Record<string, unknown>[] = [];
  for await (const line of createInterface(child.stdout)) {
    if (line === 'opened') act((signal) => child.kill(signal));
    else lines.push(JSON.parse(line));
  }
  const [code] = await ended;
  return { code, lines };
}

const steps = ({ lines }: Ended) =>
  lines.filter(({ message }) => `${message}`.startsWith('shutdown step')).map(({ step }) => step);

describe('the life of a process', () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    it(`ends with 0 after ${signal}, closing in the opposite order of opening`, async () => {
      const ended = await live('works', (kill) => kill(signal));
      expect(ended.code).to.equal(0);
      expect(steps(ended)).to.deep.equal(['second', 'first']);
      expect(ended.lines.map(({ message }) => message)).to.include('process was told to stop');
    });

  it('ends with 0 when its work is over', async () => {
    expect((await live('returns')).code).to.equal(0);
  });

  for (const [way, code, why] of [
    ['throwsFinal', 1, 'a final error'],
    ['throwsRetryable', 75, 'a retryable error'],
    ['throwsUnknown', 1, 'an error without a code'],
    ['rejectsUnhandled', 1, 'a rejection nobody handles'],
    ['failsInPart', 75, 'a retryable error of one part'],
  ] as const)
    it(`ends with ${code} after ${why}, named once, and closes all the same`, async () => {
      const ended = await live(way);
      expect(ended.code).to.equal(code);
      expect(ended.lines.filter(({ message }) => message === 'process failed')).to.have.length(1);
      expect(steps(ended)).to.deep.equal(['second', 'first']);
    });

  it('closes around work that does not end within the grace', async () => {
    const ended = await live('neverReturns', (kill) => kill('SIGTERM'), 100);
    expect(ended.code).to.equal(0);
    expect(steps(ended)).to.deep.equal(['second', 'first']);
  });

  it('names a step that cannot close, closes the others, and ends with 1', async () => {
    const ended = await live('closesBadly', (kill) => kill('SIGTERM'));
    expect(ended.code).to.equal(1);
    expect(steps(ended)).to.deep.equal(['broken', 'second', 'first']);
    expect(ended.lines.find(({ step }) => step === 'broken')).to.include({
      level: 'error',
      message: 'shutdown step failed',
    });
  });

  it('goes past a step that hangs', async () => {
    const ended = await live('hangsAtTheEnd', (kill) => kill('SIGTERM'), 100);
    expect(ended.code).to.equal(1);
    expect(steps(ended)).to.deep.equal(['stuck', 'second', 'first']);
  });

  it('takes a signal that comes twice at once, as Ctrl-C through npm does, for one', async () => {
    const twice = (kill: (signal: NodeJS.Signals) => void) => {
      kill('SIGINT');
      setTimeout(() => kill('SIGINT'), 50);
    };
    const ended = await live('neverReturns', twice, 500);
    expect(ended.code).to.equal(0);
    expect(ended.lines.map(({ message }) => message)).to.not.include(
      'process was told to stop twice, and does not wait',
    );
  });

  it('does not wait when it is told a second time', async () => {
    const ended = await live(
      'hangsAtTheEnd',
      (kill) => {
        kill('SIGTERM');
        setTimeout(() => kill('SIGINT'), 300);
      },
      3_600_000,
    );
    expect(ended.code).to.equal(1);
  });
});
