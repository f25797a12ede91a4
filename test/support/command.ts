/** The `opg` command in this process, with a home of its own, and what it wrote. */
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Said, say, told } from './commandLine.ts';
import { temporaryFolder } from './temporary.ts';

/** `home`: where the calling suite's command keeps settings and keys; it is removed after the suite. */
export function command(): {
  readonly home: string;
  readonly password: string;
  run(...argv: string[]): Promise<Said>;
  json<T>(...argv: string[]): Promise<T>;
} {
  const home = temporaryFolder('opg-command');
  const password = path.join(home, 'password');
  const outside = { ...process.env };
  writeFileSync(password, 'correct horse\n', { mode: 0o600 });

  before(() => {
    process.env['OPG_HOME'] = home;
    process.env['OPG_PASSWORD_FILE'] = password;
  });
  after(() => {
    for (const name of ['OPG_HOME', 'OPG_PASSWORD_FILE']) {
      if (outside[name] === undefined) delete process.env[name];
      else process.env[name] = outside[name];
    }
    rmSync(home, { recursive: true, force: true });
  });

  return { home, password, run: say, json: told };
}
