import type { ErrorEntry } from './entry.ts';

export const nodesErrors = {} as const satisfies Record<string, ErrorEntry>;
