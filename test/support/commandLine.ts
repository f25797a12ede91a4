/** `opg` in this process, as a person at a keyboard has it, with a home of its own. */
import { opg } from '../../sdk/cli/main.ts';

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export async function say(...argv: string[]): Promise<Said> {
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
}

/** The answer of a command that must succeed. */
export async function told<T>(...argv: string[]): Promise<T> {
  const { code, out, err } = await say(...argv, '--json');
  if (code !== 0) throw new Error(`opg ${argv.join(' ')} ended with ${code}: ${out}${err}`);
  return JSON.parse(out) as T;
}
