import type { ErrorEntry } from './entry.ts';

export const escrowErrors = {} as const satisfies Record<string, ErrorEntry>;
