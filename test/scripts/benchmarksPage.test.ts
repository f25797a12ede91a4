/** One part of docs/benchmarks.md is measured anew, and nothing else of the page changes. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { PARTS, type PartName, page } from '../../scripts/bench/document.ts';

const WHERE = 'Commit 1234567; a machine.';
const NAMES = Object.keys(PARTS) as PartName[];

/** A page of which every part says its own name. */
const whole = NAMES.reduce((text, name) => page(text, { [name]: `### ${name}\n\n${name} text` }, WHERE), '');

describe('docs/benchmarks.md', () => {
  it('has each part once, in order, with what it was measured on', () => {
    const headings = [...whole.matchAll(/^## (.*)\n\n(.*)\n/gm)].map(([, heading, where]) => [heading, where]);
    expect(headings).to.deep.equal(NAMES.map((name) => [PARTS[name], WHERE]));
  });

  it('keeps every other part to the byte when one is measured alone', () => {
    for (const name of NAMES) {
      const changed = page(whole, { [name]: 'measured again' }, 'Commit 7654321; another one.');
      const expected = whole.replace(
        `## ${PARTS[name]}\n\n${WHERE}\n\n### ${name}\n\n${name} text\n`,
        `## ${PARTS[name]}\n\nCommit 7654321; another one.\n\nmeasured again\n`,
      );
      expect(changed).to.equal(expected);
      expect(changed).not.to.equal(whole);
    }
  });

  it('is as the bench writes it', () => {
    const written = readFileSync('docs/benchmarks.md', 'utf8');
    expect(page(written, {}, '')).to.equal(written);
  });
});
