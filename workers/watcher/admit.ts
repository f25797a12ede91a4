import { commitItems } from '#core/commitment/list.ts';
import { isProtocolError } from '#core/errors.ts';
import type { Address, Bytes32 } from '#core/hex.ts';
import { fromHex, ZERO_ADDRESS } from '#core/hex.ts';
import { type CheckBudget, referenceSeconds } from '#core/protocol/checkBudget.ts';
import type { Offer } from '#core/protocol/offer.ts';
import type { RequestRow } from '#core/protocol/request.ts';
import { feeSplit } from '#core/protocol/split.ts';
import { AskFlags, hasFlag, Modes } from '#core/protocol/terms.ts';
import type { Hex } from '#ports/chain.ts';
import { isFollowed } from './arbiters.ts';
import type { Wait } from './backlog.ts';
import type { KnownVersion } from './versions.ts';

/** What this node takes. Amounts in wei of OPG, times in seconds. */
export interface AdmissionPolicy {
  /** The node's account. */
  readonly node: Hex;
  /** The challenge game whose events it follows, and in which it can defend its results. */
  readonly game: Hex | undefined;
  /** What the node must keep per item, after royalty, protocol share and tip; undefined = the price of its offer. */
  readonly minNetPerItem: bigint | undefined;
  /** Version ids it serves; undefined = every one. */
  readonly versions: ReadonlySet<Hex> | undefined;
  /** Version ids it does not serve in any case. */
  readonly refuseVersions: ReadonlySet<Hex>;
  readonly modes: readonly number[];
  /** A request must leave this much until its deadline. */
  readonly deadlineSlackSeconds: number;
  /** With less than this until openAt a rival may take the request from under our transaction: then accept first. */
  readonly openAtMarginSeconds: number;
  /** Take requests that name nobody, or whose named node passed or let its time pass. */
  readonly acceptOpen: boolean;
  readonly maxInputBytes: number;
  /** The longest challenge window the node lets its slice be bound for. */
  readonly maxWindowSeconds: number;
  /** What holding a result against the reference may take. */
  readonly check: CheckBudget;
}

export interface Candidate {
  readonly request: RequestRow;
  /** Of the request's set; undefined for a request that somebody has taken. */
  readonly arbiter: Address | undefined;
  readonly version: KnownVersion | undefined;
  /** Canonical bytes of the input, or undefined while a ROOT_INPUT requester has not handed them over. */
  readonly input: Hex | undefined;
  /** Free stake that no other work of this node counts on. */
  readonly freeStake: bigint;
  /** What the node itself offers for the version; not asked for where the policy names a price. */
  readonly offer: Offer | undefined;
  /** Until it could be delivered, behind what waits; undefined while the version is unknown. */
  readonly wait?: Wait | undefined;
}

/** Rules that decline, as the metric names them. */
export type Why =
  | 'mode'
  | 'version'
  | 'deadline'
  | 'window'
  | 'fee'
  | 'arbiter'
  | 'program'
  | 'check'
  | 'input'
  | 'load';

export type Admission =
  /** Run it and submit under implied acceptance. */
  | { readonly kind: 'serve' }
  /** Lock the slice first: somebody else could take it otherwise. */
  | { readonly kind: 'accept' }
  /** Find out first whether its program is that of its model: an accepted request of another one could not be delivered. */
  | { readonly kind: 'prove'; readonly reason: string }
  /** Not now; look again at `until`, or when something changes. */
  | { readonly kind: 'wait'; readonly reason: string; readonly until: number }
  | { readonly kind: 'decline'; readonly why: Why; readonly reason: string }
  /** None of this node's business. */
  | { readonly kind: 'ignore' };

/** Seconds after which a lack of stake is looked at again. */
const STAKE_PAUSE = 5;
/** Of the estimated wait, what must be left: others come, and the estimate is one. An accepted request has a slice in it. */
const HEADROOM = { named: 1.25, accepted: 2 } as const;

/** Whether and how to take a request that nobody has taken. The first rule that speaks decides. */
export function admit(candidate: Candidate, policy: AdmissionPolicy, now: number): Admission {
  const rules = [business, terms, arbitrated, version, checkable, input, timely, way];
  for (const rule of rules) {
    const verdict = rule(candidate, policy, now);
    if (verdict) return verdict;
  }
  return { kind: 'serve' };
}

type Rule = (candidate: Candidate, policy: AdmissionPolicy, now: number) => Admission | undefined;

/** A request in somebody else's reserved time is not ours; requests are free, so nothing is written down for it. */
const business: Rule = ({ request }, { node, acceptOpen }, now) => {
  if (request.terms.node === node && request.state === 'Requested') return undefined;
  if (!acceptOpen) return { kind: 'ignore' };
  if (isOpen(request, now)) return undefined;
  return { kind: 'wait', reason: 'another node has priority', until: request.terms.openAt + 1 };
};

const terms: Rule = ({ request, offer }, policy, now) => {
  const { mode, deadline, tc, items, version: id } = request.terms;
  if (!policy.modes.includes(mode)) return decline('mode', `mode ${mode} is not served`);
  if (policy.refuseVersions.has(id) || (policy.versions && !policy.versions.has(id)))
    return decline('version', 'the version is not served');
  if (deadline - now < policy.deadlineSlackSeconds)
    return decline('deadline', `${deadline - now} s to the deadline, ${policy.deadlineSlackSeconds} s are needed`);
  if (tc > policy.maxWindowSeconds)
    return decline('window', `the stake would be bound for ${tc} s, ${policy.maxWindowSeconds} s are allowed`);
  // An offer binds nobody, so a fee below it can be asked for; whoever offers nothing has not said what its work is worth.
  const least = policy.minNetPerItem ?? (offer && offer.until >= now ? offer.price : undefined);
  if (least === undefined) return decline('fee', 'the node has no offer for the version');
  // As if a keeper took the tip: the node must not depend on being first to finalise.
  const net = feeSplit(request.terms, true).toNode;
  if (net < least * BigInt(items))
    return decline('fee', `the fee leaves ${net} wei for ${items} items, ${least} per item are asked`);
  return undefined;
};

/** A false challenge in a game that this node does not see would be upheld: nobody would answer it here. */
const arbitrated: Rule = ({ request, arbiter }, { game }) =>
  arbiter === undefined || isFollowed(arbiter, game)
    ? undefined
    : decline(
        'arbiter',
        `${arbiter} decides disputes of set ${request.terms.set}, and this node follows ${game ?? 'no game'}`,
      );

const version: Rule = ({ request, version: known }) => {
  if (known === undefined) return { kind: 'wait', reason: 'the version is unknown', until: request.terms.deadline };
  return known.refused === undefined ? undefined : decline('program', known.refused);
};

/** An ill-conditioned model could be registered to trap honest nodes: what cannot be checked in time is not taken on trust. */
const checkable: Rule = ({ request, version: known }, { check }, now) => {
  const { deadline, items, version: id } = request.terms;
  if (known?.program === undefined || check.unchecked.has(id.toLowerCase())) return undefined;
  const needed = referenceSeconds(check, known.program.multiplyAdds, items);
  const allowed = check.share * (deadline - now);
  return needed <= allowed
    ? undefined
    : decline(
        'check',
        `checking the result would take about ${Math.ceil(needed)} s, ${Math.floor(allowed)} s are allowed`,
      );
};

const input: Rule = ({ request, version: known, input: bytes }, { maxInputBytes }) => {
  if (bytes === undefined)
    return { kind: 'wait', reason: 'the input was not handed over', until: request.terms.deadline };
  const length = (bytes.length - 2) / 2;
  if (length > maxInputBytes) return decline('input', `the input has ${length} bytes, ${maxInputBytes} are allowed`);
  return known && inputFits(request, known.inputHeaders, bytes)
    ? undefined
    : decline('input', 'the input is not what the terms commit to');
};

/** Who is told now can ask somebody else; who is told at the deadline has lost the time. */
const timely: Rule = ({ request, wait }, policy, now) => {
  if (wait === undefined) return undefined;
  const left = request.terms.deadline - policy.deadlineSlackSeconds - now;
  const needed = Math.ceil(wait.seconds * (isImplied(request, policy, now) ? HEADROOM.named : HEADROOM.accepted));
  if (needed <= left) return undefined;
  const state = `${wait.ahead} requests are served before it and it would take about ${needed} s`;
  return decline('load', `${state}, ${Math.max(0, left)} s are left`);
};

const way: Rule = ({ request, version: known, freeStake }, policy, now) => {
  const { slice, deadline } = request.terms;
  if (freeStake < slice) {
    const reason = `free stake is ${freeStake} wei, the slice ${slice}`;
    return { kind: 'wait', reason, until: Math.min(deadline, now + STAKE_PAUSE) };
  }
  // Under implied acceptance nothing is bound before the result is there, and the executor compares first.
  if (isImplied(request, policy, now)) return undefined;
  const trusted = known?.program === undefined || policy.check.unchecked.has(request.terms.version.toLowerCase());
  if (trusted || known.proven === true) return { kind: 'accept' };
  return { kind: 'prove', reason: 'its program is being compared with its model' };
};

/** A submission will do, without an acceptance before it. */
function isImplied({ state, terms }: RequestRow, { node, openAtMarginSeconds }: AdmissionPolicy, now: number): boolean {
  if (terms.node !== node || state === 'Declined' || hasFlag(terms.flags, AskFlags.ROOT_INPUT)) return false;
  return terms.openAt - now >= openAtMarginSeconds;
}

/** Anybody may accept it now. */
function isOpen({ state, terms: { node, openAt } }: RequestRow, now: number): boolean {
  return state === 'Declined' || node === ZERO_ADDRESS || now > openAt;
}

/** Guards against a node that lies about logs, and against bytes handed over that are not the input. */
export function inputFits(request: RequestRow, headers: readonly Hex[], input: Hex): boolean {
  try {
    return commitItems(headers as readonly Bytes32[], request.terms.items, fromHex(input)) === request.terms.input;
  } catch (error) {
    if (isProtocolError(error)) return false;
    throw error;
  }
}

function decline(why: Why, reason: string): Admission {
  return { kind: 'decline', why, reason };
}

/** What an operator sets; the rest of the policy follows from what this release can serve. */
export type AdmissionSettings = Omit<
  AdmissionPolicy,
  'node' | 'game' | 'modes' | 'versions' | 'refuseVersions' | 'check'
> & {
  /** None named = every version. */
  readonly versions: readonly string[];
  readonly refuseVersions: readonly string[];
};

export function admissionPolicy(
  { node, game }: Pick<AdmissionPolicy, 'node' | 'game'>,
  settings: AdmissionSettings,
  check: CheckBudget,
): AdmissionPolicy {
  const idSet = (ids: readonly string[]) => new Set(ids.map((id) => id.toLowerCase() as Hex));
  const { versions, refuseVersions, ...rest } = settings;
  return {
    ...rest,
    node,
    game,
    check,
    modes: [Modes.VANILLA],
    versions: versions.length === 0 ? undefined : idSet(versions),
    refuseVersions: idSet(refuseVersions),
  };
}
