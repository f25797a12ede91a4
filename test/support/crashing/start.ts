import type { Process } from '../../../scripts/demo/processes.ts';

const PRELOAD = new URL('./preload.ts', import.meta.url).href;

/** What to start a role with, for it to die there (points.ts). */
export const crashAt = (point: string): Readonly<Record<string, string>> => ({
  NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --import ${PRELOAD}`.trim(),
  CRASH_AT: point,
});

/** Starts it; it may die before it is ready. */
export async function startToDie(role: Process, point: string): Promise<void> {
  await role.start(crashAt(point)).catch((error: unknown) => {
    if (role.signal !== 'SIGKILL') throw error;
  });
}
