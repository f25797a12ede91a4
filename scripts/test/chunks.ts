import { globSync } from 'node:fs';

/** Test files that run in one process after each other. */
export interface Chunk {
  readonly name: string;
  readonly runner: 'mocha' | 'solidity';
  /** None = all that this runner has. */
  readonly files: readonly string[];
  /** It takes the time that others leave: those wait for each other, and for the clock. */
  readonly yields: boolean;
}

/** What computes in one process, with which one runner begins. */
const COMPUTING = [
  ...['challenges', 'contracts', 'invariants', 'steps', 'attacks', 'scenarios', 'deploy'],
  ...['core', 'models', 'support'],
];
/** What starts many processes and mostly waits for them, with the last of which the other begins. */
const WAITING = ['workers', 'conformance', 'scripts', 'sdk', 'e2e', 'faults'];

/** All tests, each in one chunk; a folder that is not named above comes first. */
export function chunks(): readonly Chunk[] {
  const files = globSync('test/**/*.test.ts').toSorted();
  const folders = Map.groupBy(files, (file) => (file.split('/').length > 2 ? (file.split('/')[1] as string) : '.'));
  const rank = (folder: string) => [...COMPUTING, ...WAITING].indexOf(folder);
  const sorted = [...folders].toSorted(([a], [b]) => rank(a) - rank(b));
  return [
    { name: 'Solidity', runner: 'solidity', files: [], yields: true },
    ...sorted.map(([folder, own]) => {
      const yields = !WAITING.includes(folder);
      return { name: `test/${folder}`, runner: 'mocha', files: own, yields } as const;
    }),
  ];
}
