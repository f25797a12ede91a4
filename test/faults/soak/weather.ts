/** What happens to the processes of a soak, and when: drawn by a seed before it begins, so a run can be repeated. */
import type { RpcFault } from '../../support/rpc/faults.ts';
import { type Seeded, seeded } from '../../support/seeded.ts';

/** Roles that may be struck; `chain` is the way of node, keeper and verifier to it. */
export const STRUCK = ['node', 'keeper', 'verifier', 'indexer', 'storage'] as const;
export type Struck = (typeof STRUCK)[number];

export type Blow =
  /** Ended with SIGKILL, or asked to end; started again after `ms`. */
  | { readonly kind: 'kill' | 'term'; readonly role: Struck; readonly ms: number }
  /** Stopped in its tracks for `ms`, like a machine that swaps or a virtual one that is moved. */
  | { readonly kind: 'freeze'; readonly role: Struck; readonly ms: number }
  /** The chain node of one role misbehaves for `ms`. */
  | {
      readonly kind: 'rpc';
      readonly role: 'node' | 'keeper' | 'verifier';
      readonly fault: RpcFault;
      readonly ms: number;
    }
  /** A request to a node that gives wrong results: the verifier has to challenge it, whatever else happens. */
  | { readonly kind: 'cheat' };

export interface Scheduled {
  /** Milliseconds from the beginning. */
  readonly atMs: number;
  readonly blow: Blow;
}

const WEIGHTS: readonly (readonly [Blow['kind'], number])[] = [
  ['kill', 5],
  ['term', 2],
  ['freeze', 3],
  ['rpc', 7],
  ['cheat', 3],
];

/** Blows one after the other, on average every `everyMs`; each is over before the next begins. */
export function weather(seed: number, totalMs: number, everyMs: number): readonly Scheduled[] {
  const random = seeded(seed);
  const blows: Scheduled[] = [];
  for (let atMs = gap(random, everyMs); atMs < totalMs; atMs += gap(random, everyMs)) {
    const blow = draw(random, everyMs);
    blows.push({ atMs, blow });
    if ('ms' in blow) atMs += blow.ms;
  }
  return blows;
}

const gap = (random: Seeded, everyMs: number) => everyMs / 2 + random.int(everyMs);

function draw(random: Seeded, everyMs: number): Blow {
  const kind = random.pick(WEIGHTS.flatMap(([name, weight]) => Array<Blow['kind']>(weight).fill(name)));
  const ms = 200 + random.int(everyMs);
  switch (kind) {
    case 'cheat':
      return { kind };
    case 'rpc':
      return { kind, role: random.pick(['node', 'keeper', 'verifier'] as const), fault: random.pick(FAULTS), ms };
    default:
      return { kind, role: random.pick(STRUCK), ms };
  }
}

/** One provider alone can be wrong in these ways without anybody else to ask, and nothing may come of it. */
const FAULTS: readonly RpcFault[] = [
  { kind: 'drop' },
  { kind: 'drop', share: 0.3 },
  { kind: 'drop', after: true, methods: ['eth_sendRawTransaction'] },
  { kind: 'delay', ms: 800 },
  { kind: 'status', status: 429, retryAfter: '1' },
  { kind: 'status', status: 500, share: 0.5 },
  { kind: 'truncate', share: 0.3 },
  { kind: 'stale', blocks: 6 },
  { kind: 'broadcast', message: 'already known', taken: true },
  { kind: 'broadcast', message: 'nonce too low', taken: false },
  { kind: 'broadcast', message: 'replacement transaction underpriced', taken: false },
];

/** In a few words, for a picture. */
export function label(blow: Blow): string {
  if (blow.kind === 'cheat') return 'a wrong result';
  return blow.kind === 'rpc' ? `${blow.role}: ${blow.fault.kind}` : `${blow.role}: ${blow.kind}`;
}
