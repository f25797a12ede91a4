import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { network } from 'hardhat';
import { toAddress, toBytes32, ZERO_ADDRESS } from '#core/hex.ts';
import { unpackCost } from '#core/protocol/cost.ts';
import type { ModelId } from '#core/protocol/ids.ts';
import { toModelId, toVersionId } from '#core/protocol/ids.ts';
import { unpackTolerance } from '#core/protocol/publishedTolerance.ts';
import { unpackVersionWord, VersionFlags } from '#core/protocol/version.ts';
import { IEscrow__factory, IInferenceRequests__factory } from '#types';
import type { Account, Network } from '../../sdk/index.ts';
import {
  actAs,
  contentFrom,
  createModel,
  describeVersion,
  modelOf,
  offerOf,
  Permissions,
  publish,
  Roles,
  retire,
  setKey,
  setNode,
  setOffer,
  setPolicy,
  setRoyalty,
} from '../../sdk/index.ts';
import type { Assessment } from '../../sdk/publishing/assessment.ts';
import { rejects, rejectsLater } from '../support/rejects.ts';

const { ethers } = await network.create('local');
const card = JSON.parse(readFileSync('models/digits-cnn/card.json', 'utf8'));
const onnx = readFileSync('models/digits-cnn/model.onnx');
const unknown = toVersionId(`0x${'77'.repeat(32)}`);

/** Registries and token alone: publishing and offering need no money. */
async function registries(): Promise<{ owner: Account; stranger: Account }> {
  const [one, two] = await ethers.getSigners();
  if (one === undefined || two === undefined) throw new Error('the local network has no accounts');
  const [token, models, nodes] = await Promise.all([
    ethers.deployContract('OPG', [one.address]),
    ethers.deployContract('ModelRegistry'),
    ethers.deployContract('NodeRegistry'),
  ]);
  const targets = [
    String(token.target),
    ZERO_ADDRESS,
    String(models.target),
    String(nodes.target),
    ZERO_ADDRESS,
  ] as const;
  const [tokenAt, escrow, modelsAt, nodesAt, requests] = targets;
  const net: Network = {
    provider: ethers.provider,
    deployment: {
      chainId: Number((await ethers.provider.getNetwork()).chainId),
      block: 0,
      addresses: { token: tokenAt, escrow, models: modelsAt, nodes: nodesAt, requests },
    },
    token,
    models,
    nodes,
    escrow: IEscrow__factory.connect(ZERO_ADDRESS, ethers.provider),
    requests: IInferenceRequests__factory.connect(ZERO_ADDRESS, ethers.provider),
    game: undefined,
    pollMs: 20,
    patienceMs: 10_000,
  };
  return { owner: await actAs(net, one), stranger: await actAs(net, two) };
}

const publication = (model: ModelId) => ({ model, onnx, card, uris: ['https://example.org/digits.onnx'], royalty: 5n });

const assessment: Assessment = {
  sha256: card.sha256,
  programRoot: toBytes32(`0x${'5c'.repeat(32)}`),
  multiplyAdds: 491_763n,
  operators: 18,
  samples: 1,
  rejected: 0,
  outputs: [],
  tolerance: { atol: 0x3727c5ac, rtol: 429_497 },
  refusals: [],
  cheats: [],
  advice: [],
};

describe('publishing a model', () => {
  it('should create a model and find it by name', async () => {
    const { owner } = await registries();
    const { model } = await createModel(owner, 'acme', 'digits');
    expect(model).to.equal(toModelId(1));
    expect(await modelOf(owner, 'acme', 'digits')).to.equal(model);
    const error = await rejectsLater('Models_NameTaken', createModel(owner, 'acme', 'digits'));
    expect(error.payload).to.deep.equal({ namespace: 'acme', name: 'digits' });
  });

  it('should publish what the card says, under the id it predicts', async () => {
    const { owner } = await registries();
    const { model } = await createModel(owner, 'acme', 'digits');
    const { version, content } = await publish(owner, publication(model));
    expect(await owner.models.versionId(model, content)).to.equal(version);
    const { word, schema } = await owner.models.terms(version);
    const hot = unpackVersionWord(word);
    expect(hot).to.include({ model, royalty: 5n, outputBytes: 40, flags: VersionFlags.PUBLISHED | VersionFlags.ROWS });
    expect(unpackCost(hot.cost) >= 47_530n * 64n).to.equal(true);
    const tolerance = unpackTolerance(content);
    expect(tolerance.abs).to.be.within(1e-5, 1.000001e-5);
    expect(tolerance.rel).to.be.within(1e-4, 1.000005e-4);

    const described = await describeVersion(owner, version);
    expect(described.hashes.schema).to.equal(schema);
    expect(described).to.deep.include({ version, model, content, uris: publication(model).uris });
    expect(described.schema.inputs).to.deep.equal([{ name: 'image', dtype: 'float32', shape: [-1, 1, 8, 8] }]);
    expect(JSON.parse(described.metadata)).to.deep.equal(card);
  });

  it('should name what the registry refuses, and send nothing', async () => {
    const { owner, stranger } = await registries();
    const { model } = await createModel(owner, 'acme', 'digits');
    await publish(owner, publication(model));
    const before = await ethers.provider.getTransactionCount(owner.address);
    await rejectsLater('Models_AlreadyPublished', publish(owner, publication(model)));
    const denied = await rejectsLater('Models_NotOwner', publish(stranger, publication(model)));
    expect(toAddress(String(denied.payload.owner))).to.equal(owner.address);
    await rejectsLater(
      'Models_BadField',
      publish(owner, { ...publication(model), exact: true, tolerance: { abs: 1, rel: 0 } }),
    );
    await rejectsLater('Models_Unknown', setRoyalty(owner, unknown, 1n));
    expect(await ethers.provider.getTransactionCount(owner.address)).to.equal(before);
  });

  it('should refuse a file the card was not written for', () => {
    const other = Uint8Array.from(onnx);
    other[100] = (other[100] ?? 0) ^ 1;
    rejects('publish.hash_mismatch', () => contentFrom({ ...publication(toModelId(1)), onnx: other }));
  });

  it('should store what an assessment found: program root, cost, tolerance', async () => {
    const { owner } = await registries();
    const { model } = await createModel(owner, 'acme', 'digits');
    const { version, content } = await publish(owner, { ...publication(model), assessment });
    expect(content).to.include({ programRoot: assessment.programRoot, atol: 0x3727c5ac, rtol: 429_497, exact: false });
    const stored = await owner.models.contentOf(version);
    expect([stored.programRoot, stored.atol, stored.rtol]).to.deep.equal([
      assessment.programRoot,
      0x3727c5acn,
      429_497n,
    ]);
    const { word } = await owner.models.terms(version);
    const { flags, cost } = unpackVersionWord(word);
    expect(flags & VersionFlags.VERIFIABLE).to.equal(VersionFlags.VERIFIABLE);
    expect(unpackCost(cost)).to.equal(491_763n);
  });

  it('should refuse a model that no tolerance serves, unless in exact mode', () => {
    const { tolerance: _, ...rest } = assessment;
    const jumping: Assessment = { ...rest, tolerance: undefined, refusals: ['Output probs can jump.'] };
    const asked = { ...publication(toModelId(1)), assessment: jumping };
    const { message } = rejects('publish.refused', () => contentFrom(asked));
    expect(message).to.contain('Output probs can jump.');
    rejects('publish.refused', () => contentFrom({ ...asked, tolerance: { abs: 1, rel: 0 } }));
    const exact = contentFrom({ ...asked, exact: true });
    expect(exact).to.include({ programRoot: assessment.programRoot, atol: 0, rtol: 0, exact: true });
  });

  it('should refuse an assessment of another file', () => {
    const other = { ...assessment, sha256: '0'.repeat(64) };
    rejects('publish.hash_mismatch', () => contentFrom({ ...publication(toModelId(1)), assessment: other }));
  });

  it('should change what an owner may change, for requests to come', async () => {
    const { owner, stranger } = await registries();
    const { model } = await createModel(owner, 'acme', 'digits');
    const { version } = await publish(owner, publication(model));
    await setRoyalty(owner, version, 9n);
    await setPolicy(owner, version, stranger.address);
    expect(toAddress(await owner.models.policyOf(version))).to.equal(stranger.address);
    expect(unpackVersionWord((await owner.models.terms(version)).word).royalty).to.equal(9n);
    await retire(owner, version);
    await rejectsLater('Models_Retired', setRoyalty(owner, version, 1n));
  });

  it('should say when a version is not there', async () => {
    const { owner } = await registries();
    await rejectsLater('Models_Unknown', describeVersion(owner, unknown));
  });

  it('should send calls that overlap, each with its own nonce', async () => {
    const { owner } = await registries();
    const names = Array.from({ length: 8 }, (_, i) => `model-${i}`);
    const created = await Promise.all(names.map((name) => createModel(owner, 'acme', name)));
    expect(created.map(({ model }) => Number(model)).sort()).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8]);
  });
});

describe('a node', () => {
  it('should tell its roles, keys and offers', async () => {
    const { owner: node, stranger: key } = await registries();
    await setNode(node, Roles.INFERENCE | Roles.STORAGE, 'https://node.example');
    expect([...(await node.nodes.nodeOf(node.address))]).to.deep.equal([5n, 'https://node.example']);
    await setKey(node, { key: key.address, until: 4_000_000_000, permissions: Permissions.SUBMIT });
    expect(await node.nodes.mayAct(node.address, key.address, Permissions.SUBMIT)).to.equal(true);
    expect(await node.nodes.mayAct(node.address, key.address, Permissions.ACCEPT)).to.equal(false);
    expect(await offerOf(node, node.address, unknown)).to.equal(undefined);
    const offer = { price: 10n ** 18n, minReserved: 30, until: 4_000_000_000 };
    await setOffer(node, unknown, offer);
    expect(await offerOf(key, node.address, unknown)).to.deep.equal(offer);
  });

  it('should name the field the registry refuses', async () => {
    const { owner: node } = await registries();
    await rejectsLater('Nodes_BadField', setNode(node, 255, ''));
  });
});
