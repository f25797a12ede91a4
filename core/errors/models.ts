import type { ErrorEntry } from './entry.ts';

export const modelsErrors = {} as const satisfies Record<string, ErrorEntry>;
