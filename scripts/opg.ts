// npm run opg -- COMMAND ... (docs/commands.md)
import { askSecret } from '../sdk/cli/askSecret.ts';
import { opg } from '../sdk/cli/main.ts';

// Whoever reads may have seen enough: `opg conformance DIR | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const code = await opg(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  interactive: process.stderr.isTTY === true && process.env['TERM'] !== 'dumb',
  ...(process.stdin.isTTY === true && process.stderr.isTTY === true ? { ask: askSecret } : {}),
});
process.exitCode = code;
// A node that ended may leave a connection behind that would keep this process.
setTimeout(() => process.exit(), 2_000).unref();
