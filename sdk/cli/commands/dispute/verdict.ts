/** When a replay is fine. */
import type { Replay } from '#core/challenges/replayTypes.ts';

/** Every check holds, and the chain decided nothing otherwise. */
export function agreed({ checks, challenges, verdict }: Replay): boolean {
  const verdicts = [verdict, ...challenges.map((challenge) => challenge.verdict)];
  return checks.every(({ holds }) => holds) && verdicts.every(({ agrees }) => agrees !== false);
}
