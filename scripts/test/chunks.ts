import { globSync } from 'node:fs';

/** Test files that run in one process after each other. */
export interface Chunk {
  readonly name: string;
  /**
   * `hardhat`: Mocha in Hardhat, whose matchers for contracts make every expectation many times as dear; `mocha`: Mocha alone.
   */
  readonly runner: 'solidity' | 'hardhat' | 'mocha';
  /** None = all that this runner has. */
  readonly files: readonly string[];
  /** It takes the time that others leave: those wait for each other, and for the clock. */
  readonly yields: boolean;
}

/** What computes in one process, with the first of which one runner begins; the longest first, so that no long one is left at the end. */
const COMPUTING = [
  ...['challenges', 'core', 'contracts', 'steps', 'invariants', 'deploy', 'scenarios', 'attacks'],
  ...['models', 'support'],
];
/** What starts many processes and mostly waits for them, with the last of which the others begin: the longest. */
const WAITING = ['scripts', 'sdk', 'conformance', 'workers', 'e2e'];
/** Whole networks at which something is done: as long as everything else, and asked for by name. */
const FAULTS = 'faults';
/** What needs no matchers for contracts. One file that connects to Hardhat brings them in for all that runs with it: none in core does. */
const ALONE = [...WAITING, 'core', 'models', 'support'];

/** All tests but those of faults, a chunk for each folder; a folder that is not named above comes first. */
export function chunks(): readonly Chunk[] {
  const rank = (folder: string) => [...COMPUTING, ...WAITING].indexOf(folder);
  const folders = [...byFolder()].filter(([folder]) => folder !== FAULTS).toSorted(([a], [b]) => rank(a) - rank(b));
  return [
    { name: 'Solidity', runner: 'solidity', files: [], yields: true },
    ...folders.map(([folder, files]) => {
      const yields = !WAITING.includes(folder);
      return { name: `test/${folder}`, runner: ALONE.includes(folder) ? 'mocha' : 'hardhat', files, yields } as const;
    }),
  ];
}

/** The faults of docs/faults.md in their short form, a chunk for each file. */
export function faultChunks(): readonly Chunk[] {
  return (byFolder().get(FAULTS) ?? []).map((file) => ({ name: file, runner: 'mocha', files: [file], yields: false }));
}

function byFolder(): Map<string, string[]> {
  const files = globSync('test/**/*.test.ts').toSorted();
  return Map.groupBy(files, (file) => (file.split('/').length > 2 ? (file.split('/')[1] as string) : '.'));
}
