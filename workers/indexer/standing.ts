/** What a request, or a dispute, adds to every sum by standing as it does. What an event changes is the difference of two of these. */

import { openDemands } from '#core/challenges/follow.ts';
import type { Disputes } from '#core/challenges/postings.ts';
import { ZERO_ADDRESS } from '#core/hex.ts';
import { isOver } from '#core/protocol/request.ts';
import type { RequestState } from '#core/protocol/states.ts';
import type { Hex } from '#ports/chain.ts';
import type { ActivityChange, IndexedRequest, SubjectKey } from '#ports/indexing.ts';

export interface Locked {
  readonly account: Hex;
  readonly field: 'lockedFees' | 'lockedSlices' | 'lockedDisputes';
  readonly amount: bigint;
}

/** The fee of its requester, and from accept or submit on the slice of its node, until it is over. */
export function lockedOf({ row }: IndexedRequest): readonly Locked[] {
  if (isOver(row.state)) return [];
  const { requester, fee, slice } = row.terms;
  const fees: Locked = { account: requester, field: 'lockedFees', amount: fee };
  return row.node === undefined ? [fees] : [fees, { account: row.node, field: 'lockedSlices', amount: slice }];
}

/** Bonds of open challenges, fees of open demands. */
export function heldOf(disputes: Disputes): readonly Locked[] {
  const held = (account: Hex, amount: bigint): Locked => ({ account, field: 'lockedDisputes', amount });
  const challenges = [...disputes.challenges.values()].flatMap((challenge) => [
    ...(challenge.state === 'open' ? [held(challenge.challenger, challenge.bond)] : []),
    ...openDemands(challenge).map(({ demand }) => held(demand.demander, demand.fee)),
  ]);
  const outputs = [...disputes.outputs.values()].map(({ demander, fee }) => held(demander, fee));
  return [...challenges, ...outputs];
}

/** Who took it; before that whom it names. */
export function nodeOf({ row }: IndexedRequest): Hex | undefined {
  if (row.node !== undefined) return row.node;
  return row.terms.node === ZERO_ADDRESS ? undefined : row.terms.node;
}

/** Whose activity it is part of. */
export function subjectsOf(request: IndexedRequest): readonly SubjectKey[] {
  const { model, version } = request.row.terms;
  const node = nodeOf(request);
  return [`model ${model}`, `version ${version}`, ...(node === undefined ? [] : [`node ${node}` as const])];
}

const ENDINGS: Readonly<Partial<Record<RequestState, keyof ActivityChange>>> = {
  Final: 'final',
  Cancelled: 'cancelled',
  Expired: 'expired',
  Undelivered: 'undelivered',
  Faulty: 'faulty',
  Rescued: 'rescued',
};

/** What it counts as. */
export function countsOf({ row, disputed }: IndexedRequest): readonly (keyof ActivityChange)[] {
  return [
    'requests',
    ENDINGS[row.state] ?? 'open',
    ...(row.outputHash === undefined ? [] : (['submitted'] as const)),
    ...(disputed ? (['disputed'] as const) : []),
  ];
}
