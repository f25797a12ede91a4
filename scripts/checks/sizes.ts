// A file is for one reading: about 100 lines, rarely 350, never more than 500 without a written reason.
import { conclude, files, read } from './tree.ts';

const WARN = 350;
const STOP = 500;
const REASON = /\bsize: \S/;

const sizes = files(['.ts', '.sol', '.mjs', '.js', '.sh', '.css'])
  .filter((file) => !file.startsWith('models/'))
  .map((file) => ({ file, rows: read(file).trimEnd().split('\n') }))
  .map(({ file, rows }) => ({ file, lines: rows.length, reason: rows.slice(0, 5).find((row) => REASON.test(row)) }))
  .sort((a, b) => a.lines - b.lines);

const at = (share: number) => sizes[Math.min(sizes.length - 1, Math.floor(sizes.length * share))]?.lines ?? 0;

for (const { file, lines, reason } of sizes) {
  if (lines > WARN && (lines <= STOP || reason))
    console.log(`long: ${file}, ${lines} lines${reason ? ` (${reason.trim()})` : ''}`);
}
conclude(
  sizes
    .filter(({ lines, reason }) => lines > STOP && !reason)
    .map(({ file, lines }) => `${file} has ${lines} lines, more than ${STOP}`),
  'Split it by subject, or write "size: <why it is one piece>" in a comment within its first five lines.',
  `${sizes.length} files, median ${at(0.5)} lines, 95th percentile ${at(0.95)}, longest ${sizes.at(-1)?.file} (${at(1)})`,
);
