/** What a monitor makes of disputes whose models cannot be had yet. */
import { expect } from 'chai';
import type { Challenge } from '#core/challenges/follow.ts';
import { toBytes32, ZERO_BYTES32 } from '#core/hex.ts';
import { toRequestId, toVersionId } from '#core/protocol/ids.ts';
import type { ModelStore } from '#ports/blobs.ts';
import type { Hex } from '#ports/chain.ts';
import { impatient } from '../../../workers/adapters/blobs/impatient.ts';
import { orAborted } from '../../../workers/adapters/blobs/orAborted.ts';
import { memoryJournal } from '../../../workers/adapters/memory/journal.ts';
import { Judge, type JudgeParts } from '../../../workers/monitor/judge.ts';
import { block, publish, unproven, word } from '../../support/proving.ts';
import { node, requested, submittedBy } from '../../support/story.ts';
import { recordedLog } from '../../support/telemetry.ts';

const never = new AbortController().signal;
const words = { sha256Hash: ZERO_BYTES32, schema: ZERO_BYTES32, tolerance: '0x0', shape: '0x0' } as const;
const OWN = toBytes32(`0x${'66'.repeat(32)}`);

describe('a judge of disputes', () => {
  it('is not held up by a model that a slow server sends, and judges its dispute too when it is there', async () => {
    const journal = memoryJournal();
    const disputed = ['a', 'b'].map((name, i) => {
      const [id, version] = [toRequestId(word(i + 1)), toVersionId(word(500 + i))];
      return {
        id,
        version,
        sha256: name.repeat(64),
        challenge: { id, request: id, demands: new Map() } as never as Challenge,
      };
    });
    const events = disputed.flatMap(({ id, version }) => [
      { ...requested({ version }), id },
      { ...submittedBy(node), id },
    ]);
    await journal.record(
      block,
      events.map((event, logIndex) => ({ event, block, logIndex, transactionHash: word(1) })),
    );
    for (const { version, sha256 } of disputed) {
      const program = { root: OWN, atol: 0, rtol: 0, multiplyAdds: 1, words: { ...words, programRoot: OWN } };
      await publish(journal, version as Hex, { ...unproven, sha256, program });
    }
    const arrival = Promise.withResolvers<void>();
    const models: ModelStore = {
      async fetch({ sha256 }, signal) {
        if (sha256.startsWith('a')) await orAborted(arrival.promise, signal);
        return { path: sha256 };
      },
      discard: async () => {},
    };
    // Another program than the version names: a judgement that needs the model, and no computation.
    const traces = { describe: async () => ({ root: ZERO_BYTES32 }) } as never as JudgeParts['traces'];
    const judge = new Judge({ journal, models: impatient(models, never, 50), traces, log: recordedLog() }, never);
    const look = async (now: number) => {
      const ask = () => disputed.map(({ challenge }) => judge.of(challenge, now));
      ask();
      await judge.idle();
      return ask().map((told) => 'reason' in told && told.reason);
    };
    const judged = 'its version names another program than its model is';
    const [slow, quick] = await look(100);
    expect(slow).to.match(/^blobs\.coming: /);
    expect(quick).to.equal(judged);
    arrival.resolve();
    expect(await look(109)).to.deep.equal([slow, judged]);
    expect(await look(110)).to.deep.equal([judged, judged]);
  });
});
