// npm run opg -- COMMAND ... (docs/commands.md)
import { opg } from '../sdk/cli/main.ts';

process.exitCode = await opg(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  interactive: process.stderr.isTTY === true && process.env['TERM'] !== 'dumb',
});
