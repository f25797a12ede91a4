/**
 * A dispute once more, from its dossier: every hash from the request down to the opened elements, every number behind a move, and who should
 * have lost. With the model's program it is compared with the reference too.
 */
import { decodeItems } from '../commitment/canonical.ts';
import { decodeHeader } from '../commitment/header.ts';
import { commitItems } from '../commitment/list.ts';
import { headersHash, headersOf, schemaHash } from '../commitment/schema.ts';
import { ProtocolError } from '../errors.ts';
import { taggedHash } from '../hash.ts';
import type { Bytes32, Hex } from '../hex.ts';
import { fromHex, wordOf, wordOfAddress } from '../hex.ts';
import { isGameEvent, isRequestEvent } from '../protocol/events.ts';
import { historyOf } from '../protocol/history.ts';
import { requestId } from '../protocol/ids.ts';
import { unpackTolerance } from '../protocol/publishedTolerance.ts';
import { isOver, type RequestRow } from '../protocol/request.ts';
import { Tags } from '../protocol/tags.ts';
import { AskFlags, hasFlag, termsHash } from '../protocol/terms.ts';
import { VersionFlags } from '../protocol/version.ts';
import type { ExecuteOptions } from '../semantics/execute/execute.ts';
import type { Program } from '../semantics/program.ts';
import type { ProgramCommitment } from '../semantics/record.ts';
import { sidesOf } from '../semantics/sides.ts';
import type { Tensor } from '../tensor.ts';
import type { Dossier } from './bundle.ts';
import { Checks, Mismatch, same } from './checks.ts';
import { headerOf, type ProgramHeader } from './claim.ts';
import { findFault, type Standard } from './evidence.ts';
import { type Challenges, follow } from './follow.ts';
import { ReferenceTrace } from './reference.ts';
import { type DisputeFacts, replayChallenge } from './replayChallenge.ts';
import type { Replay, ReplayedChallenge, Verdict } from './replayTypes.ts';

/** A model to execute. */
export interface Executable {
  /** Of its bytes. */
  readonly sha256: Bytes32;
  readonly program: Program;
  readonly commitment: ProgramCommitment;
  readonly options?: ExecuteOptions;
}

/** Throws `dispute.none` if the events are of no submitted request. */
export function replay(dossier: Dossier, model: Executable | undefined): Replay {
  const checks = new Checks();
  const events = dossier.told.map(({ event }) => event);
  const history = checks.that('the events of the request follow one another', () =>
    historyOf(events.filter(isRequestEvent)),
  );
  const row = history?.row;
  if (!row?.node || row.outputHash === undefined)
    throw new ProtocolError('dispute.none', { id: row?.id ?? 'of the bundle', state: row?.state ?? 'None' });
  const submitted = { ...row, node: row.node, outputHash: row.outputHash };
  checkIds(checks, dossier, submitted, model);
  checkOrder(checks, dossier);

  const { flags } = row.terms;
  const rooted = hasFlag(flags, AskFlags.ROOT_INPUT);
  const input = rooted ? dossier.input : history?.input;
  if (!rooted) checks.equal('no second input is told', dossier.input, undefined);
  const output = hasFlag(flags, AskFlags.EXACT_OUTPUT) ? undefined : history?.output;
  const { inputHeaders, outputHeaders } = dossier.version;
  const { items } = row.terms;
  const inputs =
    input &&
    checks.that('the input is what the request commits to', () => itemsOf(inputHeaders, items, input, row.terms.input));
  const outputs =
    output &&
    checks.that('the output is what was submitted', () => itemsOf(outputHeaders, items, output, submitted.outputHash));

  const standard = standardOf(dossier);
  // Of another model no output could be held against one of the version.
  const executable = model && listsTensorsOf(dossier, model) ? model : undefined;
  const traces = new Map<number, ReferenceTrace>();
  const traceOf = (item: number): ReferenceTrace | undefined => {
    const tensors = inputs?.[item];
    if (executable === undefined || tensors === undefined) return undefined;
    const { program, commitment, options } = executable;
    const known = traces.get(item) ?? new ReferenceTrace(program, commitment, tensors, options);
    traces.set(item, known);
    return known;
  };
  const facts: DisputeFacts = {
    dossier,
    row: submitted,
    standard,
    program: headerFor(dossier, model),
    outputs,
    traceOf,
  };
  const posted = events.filter(isGameEvent).reduce(follow, new Map() as Challenges);
  checks.that('every event of the game is of this request, and of a challenge that was posted', () => {
    for (const event of events.filter(isGameEvent)) {
      same(event.id, row.id, `the request of ${event.type}`);
      if ('challenge' in event && !posted.has(event.challenge))
        throw new Mismatch(`${event.type} is of challenge ${event.challenge}, which was not posted`);
    }
  });
  const withheld = withheldIn(checks, dossier);
  checks.that('every opening is of a move', () => checkOpenings(dossier, posted));
  const challenges = [...posted.values()].map((challenge) => replayChallenge(checks, facts, challenge));
  const result = resultOf(facts, items);
  return {
    request: row.id,
    state: row.state,
    node: submitted.node,
    requester: row.terms.requester,
    version: row.terms.version,
    sha256: dossier.version.sha256Hash.slice(2),
    tolerance: standard === 'exact' ? 'exact' : unpackTolerance(standard),
    executed: executable !== undefined && inputs !== undefined,
    result,
    challenges,
    verdict: withheld ? heldBack(row) : overall(row, result, challenges),
    checks: checks.all,
  };
}

export type Submitted = RequestRow & { readonly node: NonNullable<RequestRow['node']>; readonly outputHash: Bytes32 };

const headerFor = ({ program }: Dossier, model: Executable | undefined): ProgramHeader | undefined =>
  program ?? (model && headerOf(model.program, model.commitment));

function standardOf({ version: { tolerance, shape } }: Dossier): Standard {
  // Where packShape and packTolerance (protocol/version.ts) put them.
  const flags = Number((shape >> 96n) & 0xffn);
  if (hasFlag(flags, VersionFlags.EXACT)) return 'exact';
  return { atol: Number((tolerance >> 32n) & 0xffffffffn), rtol: Number(tolerance & 0xffffffffn) };
}

function checkIds(checks: Checks, dossier: Dossier, row: Submitted, model: Executable | undefined): void {
  const { chainId, requests, models, version } = dossier;
  const { terms, nonce } = row;
  checks.equal(
    'the request id is the hash of its terms',
    requestId({ chainId, requests }, terms.requester, nonce, termsHash(terms)),
    row.id,
  );
  checks.that('the Requested event names the parties of the terms', () => {
    const asked = dossier.told.map(({ event }) => event).find(({ type }) => type === 'Requested');
    if (asked?.type !== 'Requested') throw new Mismatch('there is none');
    same(asked.requester, terms.requester, 'the requester');
    same(asked.node, terms.node, 'the node');
  });
  const schema = schemaHash(headersHash(version.inputHeaders), headersHash(version.outputHeaders));
  const words = [
    wordOf(BigInt(chainId)),
    wordOfAddress(models),
    wordOf(BigInt(version.model)),
    version.sha256Hash,
    version.programRoot,
    schema,
    wordOf(version.tolerance),
    wordOf(version.shape),
  ];
  checks.equal(
    'the version id is the hash of model, program, schema and tolerance',
    taggedHash(Tags.VERSION, words),
    terms.version,
  );
  checks.equal('the version is of the model that the terms name', version.model, terms.model);
  const program = headerFor(dossier, model);
  checks.that('the program header hashes to the program root of the version', () => {
    if (program === undefined) throw new Mismatch('it is missing: no move named it; pass the model with --model');
    same(rootOfHeader(program), version.programRoot);
    same(headersHash(version.inputHeaders), program.inputs, 'the schema of its inputs');
  });
  if (model === undefined) return;
  checks.equal('the model has the sha256 of the version', model.sha256, version.sha256Hash);
  checks.equal('the model compiles to the program of the version', model.commitment.root, version.programRoot);
  checks.equal(
    'the version lists tensors of the types that the model takes and gives, in its order',
    listsTensorsOf(dossier, model),
    true,
  );
}

/** By their headers, as the game knows them: names are not in a bundle, and a dispute is decided without them. */
function listsTensorsOf({ version }: Dossier, { program }: Executable): boolean {
  const { inputs, outputs } = sidesOf(program);
  return (
    headersHash(version.inputHeaders) === headersHash(headersOf(inputs)) &&
    headersHash(version.outputHeaders) === headersHash(headersOf(outputs))
  );
}

function rootOfHeader(program: ProgramHeader): Bytes32 {
  const { semantics, operators, levels, cost, largestStep, inputs, outputs, records } = program;
  const numbers = [semantics, operators, levels, cost, largestStep].map(wordOf);
  return taggedHash(Tags.PROGRAM, [...numbers, inputs, outputs, records]);
}

function checkOrder(checks: Checks, { told }: Dossier): void {
  checks.that('blocks and times do not run backwards', () => {
    for (const [i, { block, time }] of told.entries()) {
      const before = told[i - 1];
      if (before && (block < before.block || time < before.time))
        throw new Mismatch(`event ${i} is before event ${i - 1}`);
      if (before && block === before.block) same(time, before.time, `the time of block ${block}`);
      if (before && told[i]?.transaction === before.transaction)
        same(block, before.block, 'the block of a transaction');
    }
  });
  checks.that('the time to challenge began with the submission', () => {
    const requested = told.find(({ event }) => event.type === 'Requested')?.event;
    const submitted = told.find(({ event }) => event.type === 'Submitted');
    if (requested?.type !== 'Requested' || submitted?.event.type !== 'Submitted') throw new Mismatch('there was none');
    same(submitted.event.challengeEnd, submitted.time + requested.terms.tc, 'challengeEnd');
  });
}

/** None is left over: what nobody looks at proves nothing. */
function checkOpenings({ evidence, demands, proofs }: Dossier, posted: Challenges): void {
  const asked = new Set(
    [...posted.values()].flatMap((challenge) => [...challenge.demands.values()].map(({ id }) => id)),
  );
  const known: ReadonlySet<Bytes32> = new Set([...posted.keys(), ...asked]);
  for (const id of [...evidence.keys(), ...demands.keys(), ...proofs.keys()])
    if (!known.has(id)) throw new Mismatch(`there is no move ${id}`);
}

function itemsOf(headers: readonly Bytes32[], items: number, bytes: Hex, committed: Bytes32): Tensor[][] {
  const data = fromHex(bytes);
  same(commitItems(headers, items, data), committed, 'the commitment of the bytes');
  return decodeItems(headers.map(decodeHeader), data, items);
}

function resultOf({ outputs, standard, traceOf }: DisputeFacts, items: number): Replay['result'] {
  if (outputs === undefined) return undefined;
  for (let item = 0; item < items; item++) {
    const trace = traceOf(item);
    if (trace === undefined) return undefined;
    if (findFault(item, outputs[item] as readonly Tensor[], trace.outputs, standard)) return 'wrong';
  }
  return 'right';
}

/** A leaf of an output that was submitted as a hash, demanded and not shown in time: that ends a request by itself. */
function withheldIn(checks: Checks, { told }: Dossier): boolean {
  const lapses = told.filter(({ event }) => event.type === 'OutputLapsed');
  for (const { event, time } of lapses) {
    if (event.type !== 'OutputLapsed') continue;
    checks.that('a demanded piece of the output was not shown in time', () => {
      const about = told.map((one) => one.event).filter((one) => 'demandId' in one && one.demandId === event.demandId);
      const demanded = about.find((one) => one.type === 'OutputDemanded');
      if (demanded?.type !== 'OutputDemanded') throw new Mismatch(`demand ${event.demandId} was never made`);
      if (about.some(({ type }) => type === 'OutputAnswered')) throw new Mismatch('it was answered');
      if (time <= demanded.demand.due) throw new Mismatch(`an answer was possible until ${demanded.demand.due}`);
      same(event.demander, demanded.demand.demander, 'the demander');
    });
  }
  return lapses.length > 0;
}

const heldBack = (row: RequestRow): Verdict => ({
  loser: 'node',
  because: 'it did not show a piece of its output that was demanded',
  chain: row.state === 'Faulty' ? 'node' : 'nobody',
  agrees: isOver(row.state) ? row.state === 'Faulty' : undefined,
});

/** Of the node alone: what becomes of each challenger is told challenge by challenge. */
function overall(row: RequestRow, result: Replay['result'], challenges: readonly ReplayedChallenge[]): Verdict {
  const chain = row.state === 'Faulty' ? 'node' : 'nobody';
  const decided = isOver(row.state);
  const loser =
    result === 'wrong'
      ? 'node'
      : result === 'right'
        ? 'nobody'
        : challenges.some(({ verdict }) => verdict.loser === 'node')
          ? 'node'
          : 'unknown';
  const because = {
    node: 'the submitted result is not acceptable where the reference has another',
    nobody: 'the submitted result is acceptable',
    unknown: 'whether the result is right takes the model, and the bytes of input and output',
    challenger: '',
  }[loser];
  return { loser, because, chain, agrees: decided && loser !== 'unknown' ? chain === loser : undefined };
}
