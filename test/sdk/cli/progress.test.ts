import { expect } from 'chai';
import { progress } from '../../../sdk/cli/progress.ts';

function watched(interactive: boolean) {
  const said: string[] = [];
  let time = 5_000;
  const shown = progress({ out: () => {}, err: (text) => said.push(text), interactive }, () => time);
  const at = (seconds: number) => {
    time = 5_000 + 1_000 * seconds;
    shown.tick(1, 9, 'work');
  };
  return { said, at, end: shown.end };
}

describe('progress', () => {
  it('should say nothing of what takes a second or less', () => {
    const { said, at, end } = watched(true);
    for (const seconds of [0, 0.5, 0.999]) at(seconds);
    end();
    expect(said).to.deep.equal([]);
  });

  it('should write one line again and again on a terminal, and take it away', () => {
    const { said, at, end } = watched(true);
    for (const seconds of [1, 1.1, 1.3, 2]) at(seconds);
    end();
    expect(said).to.deep.equal([
      '\r1 of 9, 1 s: work\x1b[K',
      '\r1 of 9, 1 s: work\x1b[K',
      '\r1 of 9, 2 s: work\x1b[K',
      '\r\x1b[K',
    ]);
  });

  it('should write few lines into a log', () => {
    const { said, at, end } = watched(false);
    for (let seconds = 0; seconds < 12; seconds += 0.5) at(seconds);
    end();
    expect(said).to.deep.equal(['1 of 9, 1 s: work\n', '1 of 9, 6 s: work\n', '1 of 9, 11 s: work\n']);
  });
});
