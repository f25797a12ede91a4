/** Asks the person at the terminal for a secret; what is typed is not shown. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

export async function askSecret(question: string): Promise<string> {
  process.stderr.write(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  try {
    return await terminal.question('');
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}
