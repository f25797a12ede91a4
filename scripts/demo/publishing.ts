/** First chapter: models are stored, published and offered. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { VersionId } from '#core/protocol/ids.ts';
import type { Account, Assessment } from '../../sdk/index.ts';
import { createModel, depositWithPermit, publish, Roles, setKey, setNode, setOffer, stake } from '../../sdk/index.ts';
import { assess } from '../../sdk/publishing/assess.ts';
import { transact } from '../../sdk/transact.ts';
import { type ExampleModel, exampleModel } from './models.ts';
import { exact } from './screen.ts';
import { gasOf, OPG, type Shown, type Stage } from './stage.ts';

export const STAKE = 500n * OPG;
const NAMESPACE = 'examples';
const FOR_EVER = 2 ** 40 - 1;
/** Vectors, and generated inputs, that a model is measured with. */
const SAMPLES = 4;

/** Puts bytes into a storage node under their hash and returns where they are. */
export async function upload(storageUrl: string, bytes: Uint8Array): Promise<string> {
  const body = new Blob([new Uint8Array(bytes)]);
  const url = `${storageUrl}/v1/blobs/${createHash('sha256').update(bytes).digest('hex')}`;
  const answer = await fetch(url, { method: 'PUT', body });
  if (!answer.ok) throw new Error(`The storage node did not take the file: ${answer.status} ${await answer.text()}`);
  return url;
}

/** Per item, in wei: what its owner earns and what the node asks for; with the protocol's share and the tip the fee is a round number. */
export interface Price {
  readonly royalty: bigint;
  readonly price: bigint;
}

/** Stores and publishes one of the models of this project. */
export async function show({ screen, local, accounts }: Stage, name: string, { royalty }: Price): Promise<Shown> {
  const example = exampleModel(name);
  const onnx = readFileSync(example.file);
  const size = onnx.length.toLocaleString('en-US');
  const uri = await screen.step(`${name}: ${size} bytes to the storage node`, () => upload(local.storage.url, onnx));
  const indent = ' '.repeat(name.length);
  const assessment = await screen.step(`${indent}  compiled, measured, tolerance fitted`, () =>
    assessed(example, onnx),
  );
  const published = await screen.step(
    `${indent}  published, royalty ${exact(royalty)} OPG an item`,
    () => register(accounts.owner, example, onnx, assessment, uri, royalty),
    ({ created, version }) => gasOf(created, version),
  );
  return { example, model: published.created.model, version: published.version.version };
}

/** With a few inputs: an owner takes hundreds. What a tolerance fitted to few does not bear, the node's own check does. */
export function assessed({ card, vectors }: ExampleModel, onnx: Uint8Array): Promise<Assessment> {
  const samples = vectors.slice(0, SAMPLES).map(({ inputs }) => inputs);
  return assess(onnx, card, { samples, generate: SAMPLES });
}

async function register(
  owner: Account,
  example: ExampleModel,
  onnx: Uint8Array,
  assessment: Assessment,
  uri: string,
  royalty: bigint,
) {
  const created = await createModel(owner, NAMESPACE, example.name);
  const exact = assessment.tolerance === undefined;
  const publication = { model: created.model, onnx, card: example.card, uris: [uri], royalty, assessment, exact };
  return { created, version: await publish(owner, publication) };
}

/** The node puts up a stake, names a hot key that can move no money, and says what it serves for how much. */
export async function openNode(stage: Stage, offers: ReadonlyMap<VersionId, bigint>): Promise<void> {
  const { screen, accounts, faucet, node } = stage;
  const account = accounts.node;
  await screen.step(
    `node deposits ${exact(STAKE)} OPG by signed permit and stakes it`,
    async () => {
      const { token } = faucet;
      await transact(faucet, await token.transfer.populateTransaction(account.address, STAKE));
      return [await depositWithPermit(account, STAKE), await stake(account, STAKE)] as const;
    },
    (done) => ({ ...gasOf(...done), opg: STAKE }),
  );
  await screen.step(
    'node registers, with a hot key that can serve but not spend',
    async () => [
      await setNode(account, Roles.INFERENCE, node.url),
      await setKey(account, { key: accounts.hotKey.address, until: FOR_EVER }),
    ],
    (done) => gasOf(...done),
  );
  await screen.step(
    `node offers ${offers.size} models`,
    () =>
      Promise.all(
        [...offers].map(([version, price]) => setOffer(account, version, { price, minReserved: 0, until: FOR_EVER })),
      ),
    (done) => gasOf(...done),
  );
}
