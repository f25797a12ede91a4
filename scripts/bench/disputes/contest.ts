/** A result on the measured chain that a dispute is about: published, asked for, submitted. */
import { createHash } from 'node:crypto';
import { headerOf, type Meaning, meaningOf } from '#core/challenges/claim.ts';
import type { Standard } from '#core/challenges/evidence.ts';
import { encodeItems } from '#core/commitment/canonical.ts';
import { byteLength } from '#core/commitment/header.ts';
import { commitItems } from '#core/commitment/list.ts';
import { toHex } from '#core/hex.ts';
import type { VersionId } from '#core/protocol/ids.ts';
import type { IoSchema } from '#core/protocol/schema.ts';
import { hashesOf } from '#core/protocol/schema.ts';
import type { Submission } from '#core/protocol/states.ts';
import type { Terms } from '#core/protocol/terms.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { multiplyAdds } from '#core/semantics/cost.ts';
import { dotTools } from '#core/semantics/execute/dot.ts';
import { execute } from '#core/semantics/execute/execute.ts';
import type { Program } from '#core/semantics/program.ts';
import { commitProgram, type ProgramCommitment } from '#core/semantics/record.ts';
import type { Tensor } from '#core/tensor.ts';
import type { Hex } from '#ports/chain.ts';
import type { TracedRequest } from '#ports/traces.ts';
import { eventsNamed } from '../../../sdk/events.ts';
import { type Account, publish, request, requestByCommitment } from '../../../sdk/index.ts';
import { transact } from '../../../sdk/transact.ts';
import type { Compiled } from '../../../workers/adapters/reference/programs.ts';
import type { DisputeSystem } from './system.ts';

/** What is disputed: a model, and one input of it. */
export interface Disputable {
  readonly name: string;
  readonly onnx: Uint8Array;
  /** One item, by name. */
  readonly inputs: Readonly<Record<string, Tensor>>;
}

const FEE = 10n ** 18n;
/** Bytes of outputs up to which a result is in calldata; larger ones are submitted as their hash. */
const CALLDATA_OUTPUT = 16_384;
/** Bytes of inputs up to which a request carries them: deploy/parameters/local.json. */
const CALLDATA_INPUT = 65_536;

export interface Publication {
  readonly name: string;
  readonly program: Program;
  readonly commitment: ProgramCommitment;
  readonly compiled: Compiled;
  readonly schema: IoSchema;
  readonly meaning: Meaning;
  readonly standard: Standard;
  readonly version: VersionId;
  readonly inputs: Disputable['inputs'];
  /** In the program's order. */
  readonly item: readonly Tensor[];
  /** The right outputs. */
  readonly reference: readonly Tensor[];
}

/** Publishes the model. Judged to the last bit: tolerance 0, or by its hash where outputs are too large for calldata. */
export async function publishDisputable(s: DisputeSystem, { name, onnx, inputs }: Disputable): Promise<Publication> {
  const program = compile(onnx);
  const commitment = commitProgram(program);
  const named = ({ name, dtype, shape }: Program['inputs'][number]) => ({ name, dtype, shape: [...shape] });
  const schema: IoSchema = { inputs: program.inputs.map(named), outputs: program.outputs.map(named), rows: false };
  const exact = schema.outputs.reduce((sum, spec) => sum + byteLength(spec), 0) > CALLDATA_OUTPUT;
  const { version, content } = await publish(s.parties.owner, {
    model: s.model,
    onnx,
    card: schema,
    uris: ['walrus://bench'],
    programRoot: commitment.root,
    multiplyAdds: multiplyAdds(program),
    tolerance: { abs: 0, rel: 0 },
    exact,
  });
  const item = program.inputs.map((input) => inputs[input.name] as Tensor);
  const tools = dotTools();
  const { outputs: reference } = execute(program, item, { tools });
  const meaning = meaningOf(content, headerOf(program, commitment));
  const standard: Standard = exact ? 'exact' : { atol: content.atol, rtol: content.rtol };
  const compiled = { program, tools, bytes: 0 };
  return { name, program, commitment, compiled, schema, meaning, standard, version, inputs, item, reference };
}

/** One submitted result. */
export interface Contest {
  readonly publication: Publication;
  readonly terms: Terms;
  readonly submission: Submission;
  readonly traced: TracedRequest;
  /** Canonical bytes, also where only their hash was submitted. */
  readonly output: Hex;
  readonly submitted: readonly Tensor[];
}

/** Asks for a result and has the node submit `outputs`: the right ones, unless told otherwise. */
export async function contest(
  s: DisputeSystem,
  publication: Publication,
  outputs: readonly Tensor[] = publication.reference,
): Promise<Contest> {
  const { schema, version, item, inputs, standard } = publication;
  const { requester, node } = s.parties;
  const { outputHeaders } = hashesOf(schema);
  const exactOutput = standard === 'exact';
  const input = toHex(encodeItems(schema.inputs, [item]));
  const rooted = (input.length - 2) / 2 > CALLDATA_INPUT;
  const ask = rooted
    ? await requestByCommitment(requester, { version, node: node.address, fee: FEE, exactOutput }, [inputs])
    : await request(requester, { version, node: node.address, fee: FEE, exactOutput }, inputs);
  const { terms, nonce } = ask;
  if (rooted) await send(node, s.requestCalls.to, s.requestCalls.accept(terms, nonce, node.address, false));
  const output = toHex(encodeItems(schema.outputs, [outputs]));
  const call = {
    terms,
    nonce,
    acceptedBy: rooted ? node.address : undefined,
    outputHeaders: exactOutput ? [] : outputHeaders,
    output: exactOutput ? commitItems(outputHeaders, 1, bytesOf(output)) : output,
  };
  const { events } = await send(node, s.requestCalls.to, s.requestCalls.submit([call]));
  const [event] = eventsNamed(events, 'Submitted');
  if (event === undefined) throw new Error(`The result of ${publication.name} was not submitted.`);
  const { challengeEnd, outputHash } = event;
  const model = { sha256: createHash('sha256').update(publication.name).digest('hex'), path: '', size: 0 };
  return {
    publication,
    terms,
    submission: { nonce, node: node.address, challengeEnd, end: challengeEnd, outputHash },
    traced: { model, schema, request: ask.id, input, items: 1 },
    output,
    submitted: outputs,
  };
}

const bytesOf = (hex: Hex) => Uint8Array.from(Buffer.from(hex.slice(2), 'hex'));

/** One call as a transaction. */
export const send = (account: Account, to: string, data: string) => transact(account, { to, data } as never);
