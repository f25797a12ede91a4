import type { ErrorEntry } from './entry.ts';

export const sdkErrors = {} as const satisfies Record<string, ErrorEntry>;
