/** How long a test may take that names no time of its own. */
export const PATIENCE_MS = 300_000;
