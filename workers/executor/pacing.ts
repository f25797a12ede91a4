/** Tells admission what requests take here: seconds of this process per item of a version, as measured, and that it is there at all. */
import { randomBytes } from 'node:crypto';
import type { Hex } from '#ports/chain.ts';
import type { Clock } from '#ports/clock.ts';
import type { Journal } from '#ports/journal.ts';
import { EXECUTOR_ROWS, VERSION_ROWS } from '#ports/work.ts';

/** Milliseconds between two signs of life. */
export const BEAT_MS = 5_000;
/** Seconds after which an executor that gave none counts no more. */
const GONE_SECONDS = 3 * (BEAT_MS / 1000);
/** Of a new measurement in the mean. */
const WEIGHT = 1 / 8;
/** A mean this much off what the journal says is written down. */
const NEWS = 1.25;

export interface Pacing {
  /** `seconds`: share of this process (see Meter) that all items took. */
  learn(version: string | undefined, items: number, seconds: number): void;
  /** Writes down what changed, and that this process lives. */
  beat(): Promise<void>;
  /** This process takes no more work. */
  leave(): Promise<void>;
}

export function createPacing(journal: Journal, clock: Clock): Pacing {
  const me = `0x${randomBytes(32).toString('hex')}` as Hex;
  const known = new Map<string, Pace>();
  const { track, stage, gone } = EXECUTOR_ROWS;
  const { track: versions, stage: published } = VERSION_ROWS;

  return {
    learn(version, items, seconds) {
      if (version === undefined) return;
      const each = seconds / items;
      const { mean, samples, told } = known.get(version) ?? { mean: each, samples: 0, told: undefined };
      // The first pays for fetching, loading and compiling, and is forgotten.
      const now = samples < 2 ? each : mean + (each - mean) * WEIGHT;
      known.set(version, { mean: now, samples: samples + 1, told });
    },
    async beat() {
      const dueAt = Math.ceil(clock.now() / 1000) + GONE_SECONDS;
      if (!(await journal.open({ track, id: me, stage, facts: {}, dueAt })))
        await journal.advance(track, me, stage, stage, { dueAt });
      for (const [version, pace] of known) {
        if (!isNews(pace)) continue;
        pace.told = pace.mean;
        await journal.advance(versions, version as Hex, published, published, { facts: { itemSeconds: pace.mean } });
      }
    },
    async leave() {
      await journal.advance(track, me, stage, gone, { dueAt: null });
    },
  };
}

interface Pace {
  readonly mean: number;
  readonly samples: number;
  /** What the journal says, by this process. */
  told: number | undefined;
}

function isNews({ mean, samples, told }: Pace): boolean {
  if (samples < 2) return false;
  return told === undefined || mean > told * NEWS || mean < told / NEWS;
}
