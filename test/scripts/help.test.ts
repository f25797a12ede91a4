import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';

const ROOT = path.join(import.meta.dirname, '../..');
const TASKS = ['test', 'check', 'bench', 'gas', 'audit', 'fuzz', 'faults', 'exhaustive', 'deploy', 'verify'];

describe('npm run TASK -- --help', () => {
  let clone: string;

  before(async () => {
    clone = mkdtempSync(path.join(tmpdir(), 'opg-help-'));
    for (const name of ['package.json', 'package-lock.json', 'scripts', 'deploy'])
      await cp(path.join(ROOT, name), path.join(clone, name), { recursive: true });
  });

  after(() => rmSync(clone, { recursive: true, force: true }));

  for (const task of TASKS)
    it(`should say how ${task} is called, before anything is installed`, () => {
      const found = spawnSync(process.execPath, ['scripts/bootstrap.mjs', task, '--help'], {
        cwd: clone,
        encoding: 'utf8',
      });
      expect(found.stderr).to.equal('');
      expect(found.status).to.equal(0);
      expect(found.stdout)
        .to.match(new RegExp(`^(.*\\n)*.*npm (run )?${task}\\b`))
        .and.not.contain('//');
    });
});
