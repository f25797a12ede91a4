// npm run gas [-- check | update]: the gas of every path in the production build, against test/snapshots/gas.json.
import { runGas } from './bench/gasRows.ts';

const [mode = 'print'] = process.argv.slice(2);
if (mode !== 'print' && mode !== 'check' && mode !== 'update') {
  console.error(`npm run gas -- ${mode}: say check, update, or nothing to print.`);
  process.exit(1);
}
const { status, out } = runGas(mode);
// Compiler warnings come first; what was measured comes last.
const lines = out.trimEnd().split('\n');
const first = lines.findLastIndex((line) => line.startsWith('Compiled ') || line.startsWith('No contracts'));
console.log(
  lines
    .slice(first + 1)
    .join('\n')
    .trim(),
);
process.exit(status);
