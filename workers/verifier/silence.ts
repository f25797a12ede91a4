import type { Challenge } from '#core/challenges/follow.ts';
import type { Subject } from '#core/challenges/subject.ts';
import type { SilenceRule } from '#ports/faults.ts';
import type { TrackedIntent } from '#ports/outbox.ts';
import type { GameMove } from './decide.ts';
import type { Moves } from './moves.ts';

/** What a move that is not made comes to: nothing was signed, so it may be asked for again for ever. */
const unsent = ({ me }: Moves, purpose: string): TrackedIntent => ({
  purpose,
  from: me,
  to: me,
  data: '0x',
  expiresAt: undefined,
  status: 'planned',
  nonce: undefined,
  attempts: [],
  reason: 'silent',
});

/** A party that leaves moves out: for testnets, whose verifiers should cope with it. What it leaves out follows from the chain, so also after a restart. */
export function silenced(moves: Moves, { silent, silentAfter }: SilenceRule): Moves {
  const isSilent = (challenge: Challenge, kind: GameMove['kind']) =>
    silent.has(kind) && progress(challenge, kind) >= silentAfter;
  const answered = ({ outputDemands }: Subject) =>
    [...outputDemands.values()].filter(({ state }) => state === 'answered').length;
  return {
    me: moves.me,
    accusedBy: (...given) => moves.accusedBy(...given),
    accuse: (...given) => moves.accuse(...given),
    intentOf: (id) => moves.intentOf(id),
    move: async (subject, challenge, meaning, move) =>
      isSilent(challenge, move.kind)
        ? unsent(moves, `${move.kind}:${challenge.id}`)
        : moves.move(subject, challenge, meaning, move),
    answer: async (subject, challenge, answers, dataOf) =>
      isSilent(challenge, 'answer')
        ? answers.map(({ record }) => unsent(moves, `answer:${record.id}`))
        : moves.answer(subject, challenge, answers, dataOf),
    claimPot: async (subject, challenge) =>
      silent.has('claimPot') ? unsent(moves, `claimPot:${challenge.request}`) : moves.claimPot(subject, challenge),
    demandOutput: async (subject, ...given) =>
      silent.has('demandOutput')
        ? unsent(moves, `demandOutput:${subject.history.row.id}`)
        : moves.demandOutput(subject, ...given),
    lapseOutput: async (subject, record) =>
      silent.has('lapseOutput') ? unsent(moves, `lapseOutput:${record.id}`) : moves.lapseOutput(subject, record),
    answerOutput: async (subject, records, proofsOf) =>
      silent.has('answerOutput') && answered(subject) >= silentAfter
        ? records.map(({ id }) => unsent(moves, `answerOutput:${id}`))
        : moves.answerOutput(subject, records, proofsOf),
  };
}

/** How far a dispute has come: for answers what was answered, for all else what was demanded. */
function progress({ demands }: Challenge, kind: GameMove['kind']): number {
  if (kind !== 'answer') return demands.size;
  return [...demands.values()].filter(({ data }) => data !== undefined).length;
}
