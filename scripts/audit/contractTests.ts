import { files } from '../checks/tree.ts';

/** Outside of the folders of contracts: what a deployment asks of its token. */
const OTHERS = ['test/deploy/token.test.ts'];
const FOLDERS = ['contracts', 'attacks', 'scenarios', 'invariants', 'challenges', 'steps'];

/** The test files that send transactions to the contracts and need nothing else of this repository running. */
export const contractTests = (): string[] => [
  ...FOLDERS.flatMap((folder) => files(['.ts'], `test/${folder}`)).filter((file) => file.endsWith('.test.ts')),
  ...OTHERS,
];
