// The facade over a whole system, asked by OpenGradient's interface.
import { AbiCoder, id, type LogDescription, ParamType } from 'ethers';
import { encodeItems } from '#core/commitment/canonical.ts';
import { headersHash, headersOf } from '#core/commitment/schema.ts';
import { type Hex, toHex } from '#core/hex.ts';
import { type Dtype, type Tensor, tensorFrom } from '#core/tensor.ts';
import type { ModelDirectory, OpenGradientFacade } from '#types';
import { type Account, ethers, time } from '../../support/contracts/chain.ts';
import { contentOf, TOLERANT } from '../../support/contracts/model.ts';
import type { Story } from '../../support/contracts/request.ts';
import { storiesOf } from '../../support/contracts/request.ts';
import { DAY, FEE, OPG_1, type System, system } from '../../support/contracts/system.ts';
import { HUB, OUTPUT } from '../../support/openGradient.ts';

export { HUB as theirs };
export const outputType = ParamType.from(`tuple${OUTPUT}`);

/** The same as bare types, for the hashes of signatures. */
const [I, O] = [
  '((string,(int128,int128)[],uint32[])[],(string,string[])[])',
  '((string,(int128,int128)[],uint32[])[],(string,string[])[],(string,string)[],bool)',
];
export const SIGNATURES = {
  run: `run(string,uint8,${I})`,
  runModelInference: `runModelInference((uint8,string,${I}))`,
  InferenceResult: `InferenceResult(${O})`,
  ModelInferenceEvent: `ModelInferenceEvent(string,(uint8,string,${I}),${O})`,
} as const;
export const hashOf = (name: keyof typeof SIGNATURES) => id(SIGNATURES[name]);

/** A number as they write it: [value, decimals]. */
export type Number_ = readonly [bigint | number, bigint | number];
export type NumberTensor = readonly [name: string, values: readonly Number_[], shape: readonly number[]];
export const inputOf = (...numbers: NumberTensor[]) => [numbers, []] as const;

/** float32[8] of eight halves, called x. */
export const HALVES: NumberTensor = ['x', Array.from({ length: 8 }, (_, i) => [5 * (i + 1), 1] as const), [8]];

export const SETTINGS = {
  node: '',
  fee: 3n * OPG_1,
  duration: BigInt(DAY),
  callbackGas: 0n,
  nearest: false,
};
export type Settings = typeof SETTINGS;

export interface Faced extends System {
  readonly facade: OpenGradientFacade;
  readonly directory: ModelDirectory;
  readonly settings: Settings;
}

/** The facade over a system with one node that offers its model, described and called acme/digits. */
export async function faced(): Promise<Faced> {
  const s = await system();
  const directory = await ethers.deployContract('ModelDirectory', [s.models]);
  const facade = await ethers.deployContract('OpenGradientFacade', [s.requests, directory]);
  const { inputHeaders, outputHeaders } = TOLERANT;
  await directory.connect(s.owner).describe(s.version, inputHeaders, ['x'], outputHeaders, ['probs']);
  await directory.connect(s.owner).setCurrent(s.version);
  await offer(s, s.version);
  const settings = { ...SETTINGS, node: s.node.address };
  return { ...s, facade, directory, settings };
}

export const offer = async (s: System, version: string) =>
  s.nodes.connect(s.node).setOffer(version, FEE, 60, (await time.latest()) + 1000 * DAY);

/** Settings, and a consent of 100 OPG, of an account of the test. */
export async function consented(s: Faced, caller: Account, settings: Partial<Settings> = {}): Promise<void> {
  await s.facade.connect(caller).configure({ ...s.settings, ...settings });
  await s.token.connect(caller).approve(s.facade, 100n * OPG_1);
}

/** Asks as they would: by their ABI, at our address. */
export async function run(s: Faced, caller: Account, modelId: string, input: ReturnType<typeof inputOf>, mode = 0) {
  const data = HUB.encodeFunctionData('run', [modelId, mode, input]);
  const to = await s.facade.getAddress();
  return { to, data, send: () => caller.sendTransaction({ to, data }) };
}

export interface Frame {
  readonly to: string;
  readonly input: string;
  readonly output?: string;
  readonly gasUsed: string;
  readonly calls?: readonly Frame[];
}

/** A mined transaction, call by call. */
export const frameOf = (hash: string): Promise<Frame> =>
  ethers.provider.send('debug_traceTransaction', [hash, { tracer: 'callTracer' }]);

/** The one request that a transaction of the facade made. */
export async function storyOf(
  s: Faced,
  sent: Awaited<ReturnType<Account['sendTransaction']>>,
  caller: Account,
): Promise<Story> {
  const [story] = await storiesOf(s, sent, { by: caller });
  if (story === undefined) throw new Error('the facade asked nothing');
  return story;
}

/** Submits `output` and finalises; the logs of the facade in the last transaction. */
export async function answered(s: Faced, story: Story, output: Hex): Promise<LogDescription[]> {
  await story.submit(s.node, output);
  await time.increaseTo(story.end);
  const receipt = await (await story.attempt.finalise({ output })).wait();
  return (receipt?.logs ?? []).flatMap((log) => s.facade.interface.parseLog(log) ?? []);
}

export interface Spec {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** Publishes and describes a version with these tensors on each side, and lets the node offer it. */
export async function publishTyped(s: Faced, inputs: readonly Spec[], outputs: readonly Spec[]): Promise<string> {
  const [inputHeaders, outputHeaders] = [headersOf(inputs), headersOf(outputs)];
  const outputBytes = BigInt(encodeItems(outputs, [outputs.map(zeros)]).length);
  const content = {
    ...contentOf(TOLERANT),
    inputSchema: headersHash(inputHeaders),
    outputSchema: headersHash(outputHeaders),
    outputBytes,
    size: 1n + outputBytes,
  };
  await s.models.connect(s.owner).publish(s.model, content, 0n, [], '{}', '{}');
  const version = await s.models.versionId(s.model, content);
  const names = (specs: readonly Spec[]) => specs.map(({ name }) => name);
  await s.directory.connect(s.owner).describe(version, inputHeaders, names(inputs), outputHeaders, names(outputs));
  await offer(s, version);
  return version;
}

const zeros = ({ dtype, shape }: Spec): Tensor =>
  tensorFrom(dtype, shape, Array<number>(shape.reduce((a, b) => a * b, 1)).fill(0));

/** Canonical bytes of one item, from plain numbers. */
export const bytesOf = (specs: readonly Spec[], values: readonly (readonly (number | bigint)[])[]): Hex =>
  toHex(encodeItems(specs, [specs.map(({ dtype, shape }, i) => tensorFrom(dtype, shape, values[i] ?? []))]));

export const decodeOutput = (data: string) => AbiCoder.defaultAbiCoder().decode([outputType], data)[0];
