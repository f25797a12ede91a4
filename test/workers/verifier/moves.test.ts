import { expect } from 'chai';
import type { DemandId, Meaning } from '#core/challenges/claim.ts';
import type { Challenge, DemandRecord } from '#core/challenges/follow.ts';
import type { OutputProof } from '#core/challenges/openOutput.ts';
import type { OutputDemandRecord } from '#core/challenges/outputDemands.ts';
import { operatorAt, type Position } from '#core/challenges/position.ts';
import type { Subject } from '#core/challenges/subject.ts';
import { toAddress, wordOf, ZERO_BYTES32 } from '#core/hex.ts';
import type { Hex } from '#ports/chain.ts';
import type { Intent, TrackedIntent } from '#ports/outbox.ts';
import type { Accusation } from '#ports/traces.ts';
import { Mover } from '../../../workers/verifier/moves.ts';
import type { MoverParts } from '../../../workers/verifier/sending.ts';
import { node, outputHash, id as request, terms } from '../../support/story.ts';
import { recordedLog, recordedMetrics } from '../../support/telemetry.ts';

const me = toAddress(`0x${'9'.repeat(40)}`);
const DUE = 1_120;
const demandIds = [1n, 2n, 3n].map((n) => wordOf(n) as string as DemandId);
const records = demandIds.map((id, k) => ({ id, demand: { position: operatorAt(k), due: DUE, late: 1_060 } }));
const challenge = { id: wordOf(9n), request, challenger: me, trace: ZERO_BYTES32, item: 0 } as unknown as Challenge;
const subject = {
  history: { row: { id: request, terms } },
  submission: { node, outputHash, challengeEnd: 2_600, end: 2_600 },
} as unknown as Subject;

const newEnd = 2_840;
const moved = { ...subject, outputDemands: new Map([[demandIds[0], { newEnd }]]) } as unknown as Subject;

/** A mover whose transactions are only written down. */
function written() {
  const intents = new Map<string, TrackedIntent>();
  const sent = async (intent: Intent) => {
    const tracked = {
      ...intent,
      from: me,
      status: 'signed',
      nonce: 0,
      attempts: [],
      reason: undefined,
    } as TrackedIntent;
    intents.set(intent.purpose, tracked);
    return tracked;
  };
  const parts = {
    calls: {
      to: me,
      challenge: () => '0x',
      answer: (_: unknown, __: unknown, data: Hex) => data,
      answerOutput: (_: unknown, __: unknown, { submitted }: OutputProof) => submitted[0],
    },
    views: {
      freeLane: async () => 0,
      clocksOf: async () => ({ windowSeconds: 300, responseSeconds: 120, tcBase: 600 }),
    },
    dispatcher: { address: me, get: async (purpose: string) => intents.get(purpose), send: sent, resend: sent },
    log: recordedLog(),
    metrics: recordedMetrics(),
  } as unknown as MoverParts;
  return { mover: new Mover(parts), intents };
}

describe('answers to demands', () => {
  it('are computed together, those alone that are not on their way, and each is sent with its own', async () => {
    const { mover, intents } = written();
    const asked: (readonly Position[])[] = [];
    const dataOf = async (positions: readonly Position[]) => {
      asked.push(positions);
      return positions.map(({ operator }): Hex => `0x0${operator}`);
    };
    const moves = (records as unknown as readonly DemandRecord[]).map(
      (record) => ({ kind: 'answer', record }) as const,
    );
    await mover.answer(subject, challenge, moves.slice(1, 2), dataOf);
    expect(await mover.answer(subject, challenge, moves, dataOf)).to.have.length(3);
    await mover.answer(subject, challenge, moves, dataOf);
    expect(asked).to.deep.equal([[operatorAt(1)], [operatorAt(0), operatorAt(2)]]);
    expect(demandIds.map((id) => intents.get(`answer:${id}`)?.data)).to.deep.equal(['0x00', '0x01', '0x02']);
    expect(intents.get(`answer:${demandIds[0]}`)).to.include({ expiresAt: DUE, urgentAt: 1_060 });
  });

  it('for outputs likewise', async () => {
    const { mover, intents } = written();
    let asked = 0;
    const proofsOf = async (positions: readonly { readonly item: number }[]) => {
      asked++;
      return positions.map(({ item }) => ({ submitted: [wordOf(BigInt(item))] }) as unknown as OutputProof);
    };
    const demands = demandIds.map((id, item) => ({ id, demand: { position: { item, output: 0, leaf: 0 }, due: DUE } }));
    for (let pass = 0; pass < 2; pass++)
      await mover.answerOutput(subject, demands as unknown as readonly OutputDemandRecord[], proofsOf);
    expect(asked).to.equal(1);
    expect(demandIds.map((id) => intents.get(`answerOutput:${id}`)?.data)).to.deep.equal([0n, 1n, 2n].map(wordOf));
  });
});

describe('a challenge', () => {
  it('can be posted until the end that demands for outputs moved to, also while another item is open', async () => {
    const { mover } = written();
    const accusation = { trace: ZERO_BYTES32 } as unknown as Accusation;
    const sent = await mover.accuse(moved, {} as Meaning, accusation);
    expect(sent).to.include({ expiresAt: newEnd, urgentAt: newEnd - 60 });
  });
});
