/** docs/benchmarks.md: one part per measurement, each with the commit and the machine it was measured on. */
import { spawnSync } from 'node:child_process';
import os from 'node:os';

/** The parts in the order of the page, by the names that `npm run bench -- NAME` takes, with their headings. */
export const PARTS = {
  gas: 'Gas',
  worker: 'The worker against bare session.run',
  path: 'The whole path',
  scale: 'Many at once',
  reference: 'The reference',
  disputes: 'Disputes',
} as const;
export type PartName = keyof typeof PARTS;

const HEAD = `# Benchmarks

Written by \`npm run bench\`, or by \`npm run bench -- NAME\` for one part of ${Object.keys(PARTS).join(', ')}; do not edit. Each part names the
commit and the machine it was measured on. Everything runs on that one machine: chain, node, keeper, storage and requester share its cores.
`;

/** What a measurement depends on besides the code. */
export function machine(): string {
  const [cpu] = os.cpus();
  const memory = Math.round(os.totalmem() / 2 ** 30);
  const commit = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).stdout.trim() || 'unknown';
  return `Commit ${commit}; ${cpu?.model ?? 'unknown'}, ${os.availableParallelism()} cores, ${memory} GiB, ${os.type()} ${os.release()}, Node ${process.version}.`;
}

/** The page with parts of it measured anew; the others stay as they are. */
export function page(before: string, measured: Partial<Record<PartName, string>>, where: string): string {
  const known = partsOf(before);
  const parts = (Object.entries(PARTS) as [PartName, string][]).flatMap(([name, heading]) => {
    const text = measured[name];
    const kept = known.get(heading);
    if (text !== undefined) return [`## ${heading}\n\n${where}\n\n${text.trim()}\n`];
    return kept === undefined ? [] : [`## ${heading}\n${kept.trimEnd()}\n`];
  });
  return [HEAD, ...parts].join('\n');
}

/** What stands under each heading of the second rank. */
function partsOf(text: string): Map<string, string> {
  const [, ...parts] = text.split(/^## /m);
  return new Map(
    parts.map((part) => {
      const end = part.indexOf('\n');
      return [part.slice(0, end), part.slice(end + 1)] as const;
    }),
  );
}
