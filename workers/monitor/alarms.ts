/** What a person should know of, counted from the standing of all disputes. docs/workers/alerts.yml has a rule for each. Pure. */
import type { ChallengeStanding, Standing } from './standing.ts';

/** In the order of how bad it is. */
export const ALARMS = [
  /** A true challenge can be killed by whoever calls `lapse`. */
  'true_silent',
  /** A false challenge can be upheld by whoever calls `uphold`. */
  'false_ripe',
  /** A demand on a true challenge is open in the second half of its time. */
  'true_unanswered',
  /** Nobody has moved against a false challenge, and less than R is left to do so. */
  'false_unopposed',
  /** A demand for an output is open in the second half of its time. */
  'output_unanswered',
  /** A demand that was not answered, and nobody has lapsed it. */
  'lapse_missed',
  /** A challenge that nobody refuted in time, and nobody has upheld it. */
  'uphold_missed',
  'past_hard_end',
  /** A challenge of which this process cannot tell whether it is true. */
  'unjudged',
  'pot_unclaimed',
] as const;
export type Alarm = (typeof ALARMS)[number];

export function alarmsOf(standings: readonly Standing[], now: number): Readonly<Record<Alarm, number>> {
  const counts = Object.fromEntries(ALARMS.map((alarm) => [alarm, 0])) as Record<Alarm, number>;
  for (const standing of standings) {
    for (const challenge of standing.challenges)
      for (const alarm of ofChallenge(challenge, standing.responseSeconds, now)) counts[alarm]++;
    for (const { turn } of standing.outputDemands) {
      if (turn.move === 'lapse') counts.lapse_missed++;
      else if (turn.by === 'anyone') counts.output_unanswered++;
    }
    if (standing.pot?.left === 0) counts.pot_unclaimed++;
  }
  return counts;
}

export function ofChallenge(challenge: ChallengeStanding, response: number, now: number): Alarm[] {
  const { verdict, turn, left = 0 } = challenge;
  const alarms: (Alarm | false)[] = [
    verdict === 'true' && turn.move === 'lapse' && 'true_silent',
    verdict === 'false' && turn.move === 'uphold' && 'false_ripe',
    verdict === 'true' && turn.move === 'answer' && turn.by === 'anyone' && 'true_unanswered',
    verdict === 'false' && turn.by === 'refuter' && left < response && 'false_unopposed',
    turn.move === 'lapse' && 'lapse_missed',
    turn.move === 'uphold' && 'uphold_missed',
    now > challenge.hardEnd && 'past_hard_end',
    verdict === 'unknown' && 'unjudged',
  ];
  return alarms.filter((alarm) => alarm !== false);
}
