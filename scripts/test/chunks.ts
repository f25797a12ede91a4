import { globSync } from 'node:fs';

/** Test files that run in one process after each other. */
export interface Chunk {
  readonly name: string;
  readonly runner: 'mocha' | 'solidity';
  /** None = all that this runner has. */
  readonly files: readonly string[];
}

/** In this order: first what computes in one process, last what starts many and mostly waits for them. */
const FOLDERS = [
  ...['challenges', 'contracts', 'invariants', 'steps', 'attacks', 'scenarios', 'deploy'],
  ...['core', 'models', 'support'],
  ...['workers', 'conformance', 'scripts', 'sdk', 'e2e', 'faults'],
];

/** All tests, each in one chunk; a folder that is not named above comes first. */
export function chunks(): readonly Chunk[] {
  const files = globSync('test/**/*.test.ts').toSorted();
  const folders = Map.groupBy(files, (file) => (file.split('/').length > 2 ? (file.split('/')[1] as string) : '.'));
  const rank = (folder: string) => FOLDERS.indexOf(folder);
  const sorted = [...folders].toSorted(([a], [b]) => rank(a) - rank(b));
  return [
    { name: 'Solidity', runner: 'solidity', files: [] },
    ...sorted.map(([folder, own]): Chunk => ({ name: `test/${folder}`, runner: 'mocha', files: own })),
  ];
}
