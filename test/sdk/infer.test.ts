import type { RequestListener } from 'node:http';
import { expect } from 'chai';
import type { JsonRpcProvider } from 'ethers';
import { encodeItems } from '#core/commitment/canonical.ts';
import { commitItems } from '#core/commitment/list.ts';
import { toBytes32, ZERO_ADDRESS } from '#core/hex.ts';
import { quote as quoteOf } from '#core/protocol/split.ts';
import { packTerms } from '#core/protocol/terms.ts';
import {
  balanceOf,
  cheapestOffer,
  createModel,
  deposit,
  describeVersion,
  expire,
  findRequest,
  infer,
  listFiles,
  modelNamed,
  newNode,
  offersFor,
  publish,
  Roles,
  retire,
  setKey,
  setNode,
  setOffer,
  setPolicy,
  startInference,
  statusOf,
  unstake,
  verificationOf,
  versionNamed,
  workflowOf,
} from '../../sdk/index.ts';
import { transact } from '../../sdk/transact.ts';
import { endless, serveHttp } from '../support/httpServer.ts';
import { rejectsLater } from '../support/rejects.ts';
import type { System } from './system.ts';
import { card, OPG, onnx, PRICE, probabilities, ROYALTY, STAKE, startSystem, submit } from './system.ts';

const FOR_EVER = 4_000_000_000;
const shade = (value: number) => ({ image: Array.from({ length: 8 }, () => Array<number>(8).fill(value)) });

describe('inference by name', () => {
  let system: System;
  beforeEach(async () => {
    system = await startSystem();
  });

  it('should find the newest version in service, or the one that is named', async () => {
    const { net, owner, version } = system;
    const model = await modelNamed(net, 'acme/digits');
    expect(model).to.include({ namespace: 'acme', name: 'digits', owner: owner.address });
    const { version: second } = await publish(owner, {
      model: model.model,
      onnx,
      card,
      uris: [],
      royalty: 0n,
      sliceFloorGwei: 1n,
    });
    expect(await versionNamed(net, 'acme/digits')).to.equal(second);
    expect(await versionNamed(net, 'acme/digits@1')).to.equal(version);
    expect(await versionNamed(net, version)).to.equal(version);

    await retire(owner, second);
    await setPolicy(owner, version, system.keeper.address);
    expect(await versionNamed(net, 'acme/digits')).to.equal(version);
    const listed = await listFiles(net, 'acme/digits');
    expect(listed.map(({ number, retired, royalty, policy }) => [number, retired, royalty, policy])).to.deep.equal([
      [1, false, ROYALTY, system.keeper.address],
      [2, true, 0n, undefined],
    ]);
    expect(listed[0]?.files).to.deep.equal([
      {
        name: 'model.onnx',
        size: BigInt(onnx.length),
        sha256: `0x${card.sha256}`,
        uris: ['https://example.org/digits'],
      },
    ]);
  });

  it('should say what is wrong with a name', async () => {
    const { net, owner } = system;
    await rejectsLater('model.bad_name', versionNamed(net, 'Acme Digits'));
    await rejectsLater('model.unknown', versionNamed(net, 'acme/other'));
    await rejectsLater('model.no_version', versionNamed(net, 'acme/digits@2'));
    await createModel(owner, 'acme', 'empty');
    await rejectsLater('model.no_version', versionNamed(net, 'acme/empty'));
  });

  it('should take the cheapest offer of a node that answers', async () => {
    const { net, keeper, owner, node, version } = system;
    for (const one of [keeper, owner]) {
      if (one !== owner) await transact(owner, await owner.token.transfer.populateTransaction(one.address, STAKE));
      await deposit(one, STAKE);
    }
    const well = await serveHttp((_request, response) => void response.end('ok'));
    try {
      await newNode(keeper, {
        endpoint: well.url,
        stake: STAKE,
        offers: [{ version, price: PRICE * 2n, minReserved: 0, until: FOR_EVER }],
      });
      await newNode(owner, {
        endpoint: 'http://127.0.0.1:1',
        stake: STAKE,
        offers: [{ version, price: 1n, minReserved: 0, until: FOR_EVER }],
      });
      const offers = await offersFor(net, version);
      expect(offers.map((offer) => offer.node)).to.deep.equal([owner.address, node.address, keeper.address]);
      const { protocolBps, tipBps } = await net.requests.parametersOf(await net.requests.currentSet());
      const shares = { protocolBps: Number(protocolBps), tipBps: Number(tipBps) };
      expect(offers.map(({ fee }) => fee)).to.deep.equal(
        [1n, PRICE, PRICE * 2n].map((price) => quoteOf(1, price, ROYALTY, shares)),
      );
      expect((await cheapestOffer(net, version)).node).to.equal(keeper.address);
      // Nobody answers: better the cheapest than nobody.
      await newNode(keeper, { endpoint: 'http://127.0.0.1:1' });
      expect((await cheapestOffer(net, version)).node).to.equal(owner.address);
      // One that cannot answer for the request cannot take it; a higher fee needs more stake.
      const [, slice] = await net.requests.windowsOf(version, 1, offers[0]?.fee ?? 0n);
      expect((await offersFor(net, version, 1, STAKE)).map((offer) => offer.node)).to.deep.equal([]);
      await unstake(owner, STAKE - slice);
      expect((await cheapestOffer(net, version)).node).to.equal(owner.address);
      await unstake(owner, 1n);
      expect((await cheapestOffer(net, version)).node).to.equal(node.address);
      // An offer that was taken back is none.
      await setOffer(owner, version, { price: 1n, minReserved: 0, until: 0 });
      expect((await offersFor(net, version)).map((offer) => offer.node)).to.deep.equal([node.address, keeper.address]);
    } finally {
      await well.close();
    }
  });

  it('should pay, wait and give the answer with its dtype', async () => {
    const { requester, node } = system;
    const handle = await startInference(requester, { model: 'acme/digits' }, shade(0.25));
    expect(handle.node).to.equal(node.address);
    expect(handle.fee).to.equal(handle.terms.fee);
    await submit(node, handle, [probabilities(4)]);
    const { id, items, row } = await handle.result({ pollMs: 10 });
    expect(id).to.equal(handle.id);
    expect(row.state).to.equal('Submitted');
    expect(items).to.deep.equal([probabilities(4)]);
    expect(items[0]?.['probs']?.data).to.be.instanceOf(Float32Array);
  });

  it('should take bytes from the node, no more than an output has, and from nowhere else', async () => {
    const { requester, owner, node } = system;
    const { model } = await createModel(owner, 'acme', 'exact');
    const uris = ['https://example.org/digits'];
    const { version } = await publish(owner, { model, onnx, card, uris, exact: true });
    const { schema, hashes } = await describeVersion(node, version);
    const output = encodeItems(schema.outputs, [[probabilities(4).probs]]);
    const pieces = { sent: 0 };
    let answer: RequestListener = (_, response) => void response.end(output);
    const server = await serveHttp((request, response) => answer(request, response));
    try {
      await setNode(node, 1, server.url);
      await setOffer(node, version, { price: PRICE, minReserved: 0, until: FOR_EVER });
      const options = { model: version, exactOutput: true, unverified: true };
      const handle = await startInference(requester, options, shade(0));
      const { terms, nonce } = handle;
      const hash = commitItems(hashes.outputHeaders, 1, output);
      await transact(
        node,
        await node.requests.submit.populateTransaction(packTerms(terms), nonce, ZERO_ADDRESS, [], hash),
      );
      expect((await handle.result()).items).to.deep.equal([probabilities(4)]);
      expect(server.seen.at(-1)).to.equal(`GET /v1/outputs/${handle.id}`);

      answer = (_, response) => endless(response, pieces);
      const { payload } = await rejectsLater('result.not_delivered', handle.result());
      expect(payload).to.include({ id: handle.id, reason: `it sends more than ${output.length} bytes` });
      expect(pieces.sent).to.be.lessThan(64);

      answer = (request, response) =>
        request.url === '/elsewhere' ? response.end(output) : response.writeHead(302, { location: '/elsewhere' }).end();
      await rejectsLater('result.not_delivered', handle.result());
      expect(server.seen.at(-1)).to.equal(`GET /v1/outputs/${handle.id}`);
    } finally {
      await server.close();
    }
  });

  it('should ask for several rows as one request', async () => {
    const { requester } = system;
    const two = Array.from({ length: 128 }, (_, i) => i / 128);
    const { id, terms, fee, block } = await startInference(requester, { model: 'acme/digits' }, { image: two });
    expect(terms.items).to.equal(2);
    const { row } = await findRequest(requester, { id, block });
    expect(row.terms.fee).to.equal(fee);
  });

  it('should cost nothing where something is wrong', async () => {
    const { requester, owner, version } = system;
    const before = await balanceOf(requester, requester.address);
    const options = { model: 'acme/digits' };
    await rejectsLater('tensor.length', infer(requester, options, { image: [1, 2, 3] }));
    await rejectsLater('schema.tensor_missing', infer(requester, options, {}));
    await rejectsLater('request.too_dear', infer(requester, { ...options, maxFee: 1n }, shade(0)));
    await rejectsLater('request.no_offer', infer(requester, { model: await unoffered(), unverified: true }, shade(0)));
    await retire(owner, version);
    await rejectsLater('model.no_version', infer(requester, options, shade(0)));
    expect(await balanceOf(requester, requester.address)).to.deep.equal(before);

    async function unoffered() {
      const { model } = await createModel(owner, 'acme', 'unoffered');
      return (await publish(owner, { model, onnx, card, uris: [] })).version;
    }
  });

  it('should refuse what not everybody can verify, unless it is told to take it', async () => {
    const { requester, owner, node } = system;
    const { model } = await createModel(owner, 'acme', 'unverified');
    const programRoot = toBytes32(`0x${'11'.repeat(32)}`);
    const uris = ['file:digits.onnx'];
    const secret = (await publish(owner, { model, onnx, card, uris, programRoot })).version;
    const undisputed = (await publish(owner, { model, onnx, card, uris: ['https://example.org/digits'] })).version;
    for (const [version, verification] of [
      [secret, 'holders'],
      [undisputed, 'nobody'],
    ] as const) {
      await setOffer(node, version, { price: PRICE, minReserved: 0, until: FOR_EVER });
      expect(verificationOf(await describeVersion(requester, version))).to.equal(verification);
      await rejectsLater('version.unverified', startInference(requester, { model: version }, shade(0)));
      const taken = await startInference(requester, { model: version, unverified: true }, shade(0));
      expect(taken.version).to.equal(version);
    }
    expect(verificationOf(await describeVersion(requester, system.version))).to.equal('anybody');
  });

  it('should say that a request ended without an answer', async () => {
    const { requester, pass, keeper } = system;
    const handle = await startInference(
      requester,
      { model: 'acme/digits', deadlineSeconds: 60, reservedSeconds: 60 },
      shade(0),
    );
    await pass(61);
    await expire(keeper, handle);
    await rejectsLater('request.ended', handle.result({ pollMs: 10 }));
  });

  it('should tell each step of a request and whose turn it is', async () => {
    const { requester, node, net, pass } = system;
    const handle = await startInference(requester, { model: 'acme/digits' }, shade(0));
    expect(await statusOf(net, handle)).to.include({ state: 'Requested', over: false });
    const { receipt } = await submit(node, handle, [probabilities(1)]);
    const { steps, next, row } = await workflowOf(net, handle);
    expect(steps.map(({ event }) => event.type)).to.deep.equal(['Requested', 'Submitted']);
    expect(steps.map(({ transaction, block }) => [transaction, block])).to.deep.equal([
      [handle.receipt.hash, handle.block],
      [receipt.hash, receipt.blockNumber],
    ]);
    expect(next).to.match(/^anybody may challenge the result until 20/);
    await pass(handle.terms.tc + 1);
    await (net.provider as JsonRpcProvider).send('evm_mine', []);
    expect((await workflowOf(net, { id: row.id })).next).to.equal('the window has passed: anybody may finalise it');
    await rejectsLater('request.unknown', workflowOf(net, { id: `0x${'12'.repeat(32)}` }));
  });
});

describe('a new node', () => {
  it('should do what is not done yet, and nothing twice', async () => {
    const { owner, keeper, version } = await startSystem();
    await transact(owner, await owner.token.transfer.populateTransaction(keeper.address, 30n * OPG));
    await deposit(keeper, 5n * OPG);
    const node = { endpoint: 'https://new.example', stake: 20n * OPG, hotKey: { key: owner.address, until: FOR_EVER } };
    const offers = [{ version, price: PRICE, minReserved: 0, until: FOR_EVER }];
    expect(await newNode(keeper, { ...node, offers })).to.have.length(5);
    const { available, stake } = await balanceOf(keeper, keeper.address);
    expect([available, stake]).to.deep.equal([0n, 20n * OPG]);
    expect(await keeper.nodes.mayAct(keeper.address, owner.address, 7)).to.equal(true);
    expect(await newNode(keeper, node)).to.have.length(0);
    expect(await newNode(keeper, { ...node, endpoint: 'https://moved.example' })).to.have.length(1);

    // Roles that it has besides stay, and a key that was revoked stays revoked.
    await setNode(keeper, Roles.STORAGE, node.endpoint);
    expect(await newNode(keeper, node)).to.have.length(1);
    expect((await keeper.nodes.nodeOf(keeper.address)).roles).to.equal(BigInt(Roles.STORAGE + Roles.INFERENCE));
    await setKey(keeper, { key: owner.address, until: 0, permissions: 0 });
    await rejectsLater('node.key_revoked', newNode(keeper, { ...node, stake: 25n * OPG }));
    expect((await balanceOf(keeper, keeper.address)).stake).to.equal(20n * OPG);
  });
});
