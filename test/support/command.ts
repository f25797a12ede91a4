/** The `opg` command in this process, with a home of its own, and what it wrote. */
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { opg } from '../../sdk/cli/main.ts';
import { temporaryFolder } from './temporary.ts';

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

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

  const run = async (...argv: string[]): Promise<Said> => {
    let [out, err] = ['', ''];
    const code = await opg(argv, {
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
      },
      interactive: false,
    });
    return { code, out, err };
  };
  return {
    home,
    password,
    run,
    json: async (...argv) => {
      const { code, out, err } = await run(...argv, '--json');
      if (code !== 0) throw new Error(`opg ${argv.join(' ')} ended with ${code}: ${out}${err}`);
      return JSON.parse(out);
    },
  };
}
