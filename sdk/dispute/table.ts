/** A replay for people: the request, each challenge move by move, and what did not hold. */
import type { Position } from '#core/challenges/position.ts';
import type {
  Difference,
  Replay,
  ReplayedChallenge,
  ReplayedMove,
  ReplayedProof,
  Verdict,
} from '#core/challenges/replayTypes.ts';
import type { Scalar } from '#core/semantics/primitives/arithmetic.ts';
import { columns, figure } from '../table.ts';

/** Operands shown of one proof; JSON has them all. */
const SHOWN_OPERANDS = 12;

type Row = readonly [string, string];

export function replayTable(replay: Replay): string {
  const { tolerance, result, executed, checks } = replay;
  const broken = checks.filter(({ holds }) => !holds);
  const allowed = tolerance === 'exact' ? 'exact' : `${figure(tolerance.abs)} + ${figure(tolerance.rel)} * |reference|`;
  const head: Row[] = [
    ['request', replay.request],
    ['state', replay.state],
    ['node', replay.node],
    ['requester', replay.requester],
    ['version', replay.version],
    ['model sha256', replay.sha256],
    ['tolerance', allowed],
    ['result', result ?? (executed ? 'not on chain' : 'not executed: the model or the input is missing')],
    ...verdictRows(replay.verdict),
    ['checks', `${checks.length - broken.length} of ${checks.length} hold`],
  ];
  return [
    ...columns(head),
    ...replay.challenges.flatMap((challenge, i) => ['', ...challengeLines(challenge, i)]),
    ...(broken.length > 0 ? ['', 'does not hold:'] : []),
    ...broken.map(({ what, reason }) => `  ${what}: ${reason}`),
    '',
  ].join('\n');
}

function challengeLines(challenge: ReplayedChallenge, index: number): string[] {
  const { claim, trace, referenceTrace } = challenge;
  const own =
    referenceTrace === undefined
      ? 'not computed'
      : referenceTrace === trace
        ? 'the same'
        : `another: ${referenceTrace}`;
  const rows: Row[] = [
    [`challenge ${index + 1}`, challenge.id],
    ['  by', challenge.challenger],
    ['  posted', at(challenge.posted)],
    ['  state', challenge.state],
    ['  trace', trace],
    ['  reference', own],
    ...(claim
      ? ([
          ['  element', `${claim.element} of output ${claim.output} (operator ${claim.operator}), item ${claim.item}`],
          ['  submitted', value(claim.submitted)],
          ['  in its trace', value(claim.traced)],
          ['  in the reference', value(claim.reference)],
          ...(claim.outsideBy === undefined
            ? []
            : ([
                ['  difference', figure(claim.distance as number)],
                ['  allowed', figure(claim.allowed as number)],
                ['  outside by', figure(claim.outsideBy)],
              ] satisfies Row[])),
        ] satisfies Row[])
      : ([['  evidence', 'not in its transaction']] satisfies Row[])),
    ...challenge.moves.flatMap(moveRows),
    ...verdictRows(challenge.verdict).map(([name, text]): Row => [`  ${name}`, text]),
  ];
  return columns(rows);
}

function moveRows(move: ReplayedMove): Row[] {
  const when = at(move);
  switch (move.kind) {
    case 'demand': {
      const differs =
        move.differs === undefined ? '' : move.differs ? ', not as in the reference' : ', as in the reference';
      return [
        ['  demand', `${place(move.position)}, answer due ${time(move.due)}; ${when}`],
        ['', `node ${move.node}${differs}`],
      ];
    }
    case 'answer':
      return [
        ['  answer', `${move.position ? place(move.position) : 'nothing demanded'}: ${move.bytes} bytes; ${when}`],
        ...(move.difference ? differenceRows(move.difference) : []),
      ];
    case 'proof':
      return [['  proof', `by ${move.prover}; ${when}`], ...(move.proof ? proofRows(move.proof) : [])];
    case 'lapse':
      return [['  lapse', `demand ${move.id} was not answered; ${when}`]];
    case 'uphold':
      return [['  upheld', `${move.condemned ? 'and ended the request' : 'after the request had ended'}; ${when}`]];
    case 'reclaim':
      return [['  reclaim', `the fee of demand ${move.id}; ${when}`]];
  }
}

function differenceRows(difference: Difference): Row[] {
  const where =
    'element' in difference
      ? `first difference: element ${difference.element}`
      : `first difference: node ${difference.index} of level ${difference.level}`;
  const text = (shown: Scalar | string) => (typeof shown === 'string' ? shown : value(shown));
  return [
    ['', where],
    ['', `  shown      ${text(difference.shown)}`],
    ['', `  reference  ${text(difference.reference)}`],
  ];
}

function proofRows(proof: ReplayedProof): Row[] {
  const { operands, exact, result } = proof;
  const more = operands.length - SHOWN_OPERANDS;
  return [
    ['', `element ${proof.element} of operator ${proof.operator}: ${proof.does}`],
    ...operands
      .slice(0, SHOWN_OPERANDS)
      .map(
        ({ operand, source, element, value: read }): Row => [
          '',
          `  operand ${operand}, ${source}[${element}] = ${value(read)}`,
        ],
      ),
    ...(more > 0 ? ([['', `  and ${more} more (--json has all)`]] satisfies Row[]) : []),
    ...(exact ? ([['', `exact    ${exact.decimals}`]] satisfies Row[]) : []),
    ...(exact?.hex === undefined ? [] : ([['', `         ${exact.hex}`]] satisfies Row[])),
    ...(result === undefined ? [] : ([['', `gives    ${value(result)} (${proof.resultBytes})`]] satisfies Row[])),
    ['', `claimed  ${value(proof.claimed)} (${proof.claimedBytes})`],
  ];
}

const LOSES = {
  node: 'the node should lose its slice',
  challenger: 'the challenger should lose its bond',
  nobody: 'the node should be paid',
  unknown: 'not known',
} as const;

function verdictRows({ loser, because, agrees }: Verdict): Row[] {
  const chain = agrees === undefined ? '' : agrees ? ' The chain agrees.' : ' THE CHAIN HAS DECIDED OTHERWISE.';
  return [['verdict', `${LOSES[loser]}: ${because}.${chain}`]];
}

const value = (scalar: Scalar | undefined): string =>
  scalar === undefined ? 'not known' : Object.is(scalar, -0) ? '-0' : String(scalar);

const time = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
const at = ({ block, time: seconds }: { readonly block: number; readonly time: number }) =>
  `block ${block}, ${time(seconds)}`;

function place({ kind, level, operator, index }: Position): string {
  switch (kind) {
    case 'list':
      return `slots below node ${index} of level ${level}`;
    case 'operator':
      return `output of operator ${operator}`;
    case 'tree':
      return `output of operator ${operator}, below node ${index} of level ${level}`;
    case 'leaf':
      return `output of operator ${operator}, leaf ${index}`;
  }
}
