import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';

const ROOT = path.join(import.meta.dirname, '../..');

describe('what a task installs before it begins', () => {
  let clone: string;
  const at = (...parts: string[]) => path.join(clone, ...parts);

  before(async () => {
    clone = mkdtempSync(path.join(tmpdir(), 'opg-install-'));
    for (const name of ['package.json', 'package-lock.json', 'scripts'])
      await cp(path.join(ROOT, name), at(name), { recursive: true });
    // Says what it is asked for, in place of what would take a minute and the network.
    writeFileSync(at('npm'), `#!/bin/sh\necho "$@" > '${at('asked')}'\nexit 7\n`, { mode: 0o755 });
  });

  after(() => rmSync(clone, { recursive: true, force: true }));

  it('should be the development packages too, also where NODE_ENV is production', () => {
    const { status, stderr } = spawnSync(process.execPath, ['scripts/bootstrap.mjs', 'build'], {
      cwd: clone,
      encoding: 'utf8',
      env: { PATH: `${clone}${path.delimiter}${process.env['PATH']}`, NODE_ENV: 'production' },
    });
    expect(status).to.equal(1);
    expect(stderr).to.contain('npm ci failed (exit 7)');
    expect(readFileSync(at('asked'), 'utf8')).to.equal('ci --include=dev\n');
  });
});
