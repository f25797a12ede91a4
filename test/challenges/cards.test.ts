/** Cards that list a model's tensors in another order than the model: the game would condemn who answers such a version as asked, so nobody does. */
import { expect } from 'chai';
import { buildModel, node } from '#core/onnx/build.ts';
import { isRequestEvent } from '#core/protocol/events.ts';
import { historyOf } from '#core/protocol/history.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { executeNamed } from '#core/semantics/execute/named.ts';
import type { Program } from '#core/semantics/program.ts';
import { type Tensor, tensor } from '#core/tensor.ts';
import type { BlockRef, Hex, LoggedEvent } from '#ports/chain.ts';
import { findDisputed, tracedBy } from '#ports/disputes.ts';
import type { ExecutionFacts } from '#ports/work.ts';
import { eventDecoder, type RawLog } from '../../workers/adapters/ethers/decodeEvents.ts';
import { memoryJournal } from '../../workers/adapters/memory/journal.ts';
import { createReference } from '../../workers/adapters/reference/reference.ts';
import { createProof } from '../../workers/executor/proof.ts';
import { Judge } from '../../workers/monitor/judge.ts';
import { meaningOf } from '../../workers/verifier/parts.ts';
import { admit } from '../../workers/watcher/admit.ts';
import { versionKeeper, versionOf } from '../../workers/watcher/versions.ts';
import { ethers, loadFixture } from '../support/contracts/chain.ts';
import { Dispute, type DisputeSystem, disputeSystem, publishProgram } from '../support/contracts/disputes.ts';
import { checkMoney } from '../support/contracts/money.ts';
import { BITS } from '../support/contracts/trials.ts';
import { scratch, writeBlob } from '../support/graphs.ts';
import { rejectsLater } from '../support/rejects.ts';
import { policy } from '../support/serving.ts';
import { recordedLog } from '../support/telemetry.ts';

const four = (name: string) => ({ [name]: ['float32', [4]] }) as const;
const MODEL = buildModel({
  inputs: { ...four('x'), ...four('z') },
  outputs: { ...four('a'), ...four('b') },
  nodes: [node('Sub', ['x', 'z'], ['a']), node('Abs', ['x'], ['b'])],
});
const PROGRAM = compile(MODEL);
const of = (...values: number[]): Tensor => tensor('float32', [4], Float32Array.from(values));
const [X, Z] = [of(1, 2, 3, 4), of(8, 7, 6, 5)];

/** The same program, and so the same root, under other names. */
const named = (inputs: readonly string[], outputs: readonly string[]): Program => ({
  ...PROGRAM,
  inputs: PROGRAM.inputs.map((input, i) => ({ ...input, name: inputs[i] as string })),
  outputs: PROGRAM.outputs.map((output, i) => ({ ...output, name: outputs[i] as string })),
});

describe('a version whose card lists tensors in another order than its model', function () {
  this.timeout(120_000);
  const files = scratch();
  const model = writeBlob(files.path, MODEL);
  const reference = createReference();
  let s: DisputeSystem;
  beforeEach(async () => {
    s = await loadFixture(disputeSystem);
  });
  afterEach(() => checkMoney(s));
  after(async () => {
    await reference.close();
    files.remove();
  });
  const never = new AbortController().signal;

  /** Everything the chain has said so far, as a worker journals it. */
  async function watched() {
    const [log, journal] = [recordedLog(), memoryJournal()];
    const { escrow, models, nodes, requests, game } = s;
    const at = async (contract: { getAddress(): Promise<string> }) => (await contract.getAddress()) as Hex;
    const decoder = eventDecoder({
      escrow: await at(escrow),
      models: await at(models),
      nodes: await at(nodes),
      requests: await at(requests),
      game: await at(game),
    });
    const logs: RawLog[] = await ethers.provider.send('eth_getLogs', [{ fromBlock: '0x0', toBlock: 'latest' }]);
    for (const [hash, told] of Map.groupBy(logs, ({ blockHash }) => blockHash)) {
      const { number, parentHash, timestamp } = (await ethers.provider.getBlock(hash)) ?? expect.fail();
      const block: BlockRef = { number, hash, parentHash: parentHash as Hex, timestamp };
      const events = told.flatMap((raw): LoggedEvent[] => {
        const event = decoder.decode(raw);
        const { transactionHash, logIndex } = raw;
        return event ? [{ event, block, transactionHash, logIndex: Number(logIndex) }] : [];
      });
      await versionKeeper(journal, log).noticed?.(events, { block, now: timestamp, final: undefined });
      await journal.record(block, events);
    }
    return { log, journal };
  }

  /** A version under these names, and a request of it with the result that ONNX Runtime gives by them. */
  async function answeredByName(inputs: readonly string[], outputs: readonly string[]) {
    const published = await publishProgram(s, MODEL, BITS, named(inputs, outputs));
    const given: Record<string, Tensor> = Object.fromEntries(inputs.map((name, i) => [name, [X, Z][i] as Tensor]));
    const results = executeNamed(PROGRAM, given);
    const submitted = outputs.map((name) => results[name] as Tensor);
    const dispute = await Dispute.of(s, published, [[X, Z]], [submitted]);
    return { dispute, version: published.version as Hex };
  }

  const cards = [
    ['outputs', ['x', 'z'], ['b', 'a'], /the card's outputs are b .*, a .*, the model's a .*, b /],
    ['inputs', ['z', 'x'], ['a', 'b'], /the card's inputs are z .*, x .*, the model's x .*, z /],
  ] as const;
  for (const [side, inputs, outputs, difference] of cards) {
    it(`would cost an honest node its slice (${side})`, async () => {
      const { dispute } = await answeredByName(inputs, outputs);
      const challenge = await dispute.challenge(s.rival, dispute.trace());
      expect(dispute.next(challenge, dispute.trace()).kind).to.equal('true');
      await dispute.uphold(s.keeper, challenge);
      expect(dispute.now(challenge).state).to.equal('upheld');
    });

    it(`is refused by a node, which takes no request of it (${side})`, async () => {
      const { dispute, version } = await answeredByName(inputs, outputs);
      const { log, journal } = await watched();
      const known = async () => (await versionOf(journal, version)) ?? expect.fail();
      const asked = (await journal.eventsOf(dispute.story.id)).map(({ event }) => event).filter(isRequestEvent)[0];
      const request = historyOf(asked ? [asked] : [])?.row ?? expect.fail();
      const { node, deadline } = request.terms;
      const proof = createProof({ journal, reference, log });
      const facts: ExecutionFacts = { terms: request.terms, input: '0x', version: await known() };
      const { message } = await rejectsLater('executor.schema_mismatch', proof(facts, model, never));
      expect(message).to.match(difference);
      const settings = { ...policy, node, minNetPerItem: 0n, maxWindowSeconds: Number.POSITIVE_INFINITY };
      const candidate = {
        request,
        arbiter: undefined,
        version: await known(),
        input: undefined,
        freeStake: 0n,
        offer: undefined,
      };
      expect(admit(candidate, settings, deadline - 600)).to.deep.equal({
        kind: 'decline',
        why: 'program',
        reason: message,
      });
    });

    it(`is judged by nobody (${side})`, async () => {
      const { dispute } = await answeredByName(inputs, outputs);
      const challenge = await dispute.challenge(s.rival, dispute.trace());
      const { log, journal } = await watched();
      const models = { fetch: async () => ({ path: model.path }), discard: async () => {} };
      const found = await findDisputed({ journal }, dispute.story.id);
      if (found?.input === undefined) expect.fail();
      const traced = tracedBy(found, found.input, model.path);
      expect(await meaningOf({ traces: reference, log }, found.version, traced, never)).to.equal(undefined);
      expect(log.lines.at(-1)?.['reason']).to.match(difference);
      const judge = new Judge({ journal, models, traces: reference, log }, never);
      judge.of(challenge, 0);
      await judge.idle();
      const judgement = judge.of(challenge, 0);
      expect(judgement.verdict === 'unknown' && judgement.reason).to.match(difference);
    });
  }
});
