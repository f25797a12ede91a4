import { expect } from 'chai';
import { feeSplit, quote as quoteOf } from '#core/protocol/split.ts';
import { AskFlags, hasFlag } from '#core/protocol/terms.ts';
import { tensorFrom } from '#core/tensor.ts';
import type { Account } from '../../sdk/index.ts';
import {
  allow,
  balanceOf,
  cancel,
  claimRoyalty,
  decodeResult,
  expire,
  finalise,
  findRequest,
  quote,
  request,
  requestBundle,
  requestByCommitment,
  requestMany,
  retire,
  setPolicy,
  setRoyalty,
  waitForResult,
} from '../../sdk/index.ts';
import { rejectsLater } from '../support/rejects.ts';
import type { System } from './system.ts';
import { accept, decline, OPG, PRICE, picture, probabilities, ROYALTY, STAKE, startSystem, submit } from './system.ts';

describe('requests through the SDK', () => {
  let system: System;
  let options: { version: System['version']; node: Account['address'] };
  beforeEach(async () => {
    system = await startSystem();
    options = { version: system.version, node: system.node.address };
  });

  const free = async ({ address }: Account) => (await balanceOf(system.net, address)).available;

  it('should ask, wait for the answer, and settle to the wei', async () => {
    const { requester, node, owner, version, pass } = system;
    const before = await free(requester);
    const asked = await request(requester, options, picture(0.5));
    const { protocolBps, tipBps } = asked.terms;
    expect(asked.terms.fee).to.equal(quoteOf(1, PRICE, ROYALTY, { protocolBps, tipBps }));
    expect(asked.terms.fee).to.equal(await quote(requester, version, node.address));
    expect(await free(requester)).to.equal(before - asked.terms.fee);

    await submit(node, asked, [probabilities(7)]);
    const result = await waitForResult(requester, asked);
    expect(result.row.state).to.equal('Submitted');
    expect(result.items).to.deep.equal([probabilities(7)]);
    await rejectsLater('Requests_TooEarly', finalise(node, asked));

    await pass(asked.terms.tc + 1);
    await finalise(node, asked);
    const split = feeSplit(asked.terms, false);
    const paid = await balanceOf(node, node.address);
    expect([paid.available, paid.stake]).to.deep.equal([split.toNode, STAKE]);
    await claimRoyalty(requester, asked.terms.model);
    expect(await free(owner)).to.equal(ROYALTY);
    expect((await waitForResult(requester, asked, { until: 'final' })).row.state).to.equal('Final');
    expect((await waitForResult(requester, { id: asked.id })).items).to.deep.equal([probabilities(7)]);
  });

  it('should pay a keeper its tip', async () => {
    const { requester, node, keeper, pass } = system;
    const asked = await request(requester, options, picture(0));
    await submit(node, asked, [probabilities(1)]);
    await pass(asked.terms.tc + 1);
    await rejectsLater('Requests_TooEarly', finalise(keeper, asked, { takeTip: true }));
    await pass(60);
    await finalise(keeper, asked, { takeTip: true });
    expect(await free(keeper)).to.equal(feeSplit(asked.terms, true).tip);
  });

  it('should carry many items under one lock', async () => {
    const { requester, node } = system;
    const shades = [0, 0.25, 0.5];
    const asked = await requestBundle(requester, options, shades.map(picture));
    expect(asked.terms.items).to.equal(3);
    const outputs = [3, 1, 4].map(probabilities);
    await submit(node, asked, outputs);
    expect((await waitForResult(requester, asked)).items).to.deep.equal(outputs);
  });

  it('should open many requests in one transaction, each in its own lane', async () => {
    const { requester, node } = system;
    const { asked } = await requestMany(requester, options, [0.1, 0.2, 0.3].map(picture));
    expect(asked.map(({ terms }) => terms.lane)).to.deep.equal([0, 1, 2]);
    expect(new Set(asked.map(({ id }) => id)).size).to.equal(3);
    const [, second] = asked;
    if (second === undefined) throw new Error('no second request');
    await submit(node, second, [probabilities(2)]);
    expect((await waitForResult(requester, second)).items).to.deep.equal([probabilities(2)]);
  });

  it('should keep requests that overlap apart: lanes, nonces, results', async () => {
    const { requester, node } = system;
    const asked = await Promise.all([0, 1, 2, 3, 4, 5].map((i) => request(requester, options, picture(i / 8))));
    expect(new Set(asked.map(({ terms }) => terms.lane)).size).to.equal(6);
    await Promise.all(asked.map((one, i) => submit(node, one, [probabilities(i)])));
    const results = await Promise.all(asked.map((one) => waitForResult(requester, one)));
    expect(results.map(({ items }) => items)).to.deep.equal([0, 1, 2, 3, 4, 5].map((i) => [probabilities(i)]));
  });

  it('should use a lane again when its request is over', async () => {
    const { requester } = system;
    const anybody = { version: options.version, fee: 3n * OPG };
    const first = await request(requester, anybody, picture(0));
    await cancel(requester, first);
    const second = await request(requester, anybody, picture(0));
    expect([first.terms.lane, second.terms.lane]).to.deep.equal([0, 0]);
    expect(second.id).not.to.equal(first.id);
  });

  it('should pay by allowance when the balance does not suffice', async () => {
    const { requester } = system;
    const available = await free(requester);
    const fee = available + OPG;
    await rejectsLater('Escrow_Overdraw', request(requester, { ...options, fee }, picture(0)));
    await allow(requester, fee);
    await request(requester, { ...options, fee }, picture(0));
    expect(await free(requester)).to.equal(available);
  });

  it('should check everything it can before anything is paid', async () => {
    const { requester, owner, version } = system;
    const before = await free(requester);
    const sent = await requester.provider.getTransactionCount(requester.address);
    const image = tensorFrom('float32', [1, 1, 8, 8], Array<number>(64).fill(0));
    const ask = (input: Record<string, typeof image>, change: object = {}) =>
      request(requester, { ...options, ...change }, input);
    await rejectsLater('tensor.dtype', ask({ image: { ...image, dtype: 'uint8', data: new Uint8Array(64) } }));
    await rejectsLater('tensor.shape', ask({ image: { ...image, shape: [8, 8] } }));
    await rejectsLater('schema.tensor_missing', ask({}));
    await rejectsLater('schema.tensor_unknown', ask({ image, extra: image }));
    await rejectsLater('items.count', requestBundle(requester, options, Array(33).fill({ image })));
    await rejectsLater('request.fee_unknown', request(requester, { version }, { image }));
    await rejectsLater('Nodes_NoOffer', ask({ image }, { node: owner.address }));
    await rejectsLater('Requests_FeeBelowShares', ask({ image }, { fee: 1n }));
    await rejectsLater('Requests_FeeBelowQuote', ask({ image }, { fee: PRICE, checkQuote: true }));
    await rejectsLater('Requests_RoyaltyAbove', ask({ image }, { maxRoyalty: ROYALTY - 1n }));
    await rejectsLater('Requests_SetChanged', ask({ image }, { set: 1 }));
    await rejectsLater('Requests_DeadlineInvalid', ask({ image }, { deadlineSeconds: -1 }));
    await rejectsLater('Requests_OpenAtInvalid', ask({ image }, { deadlineSeconds: 100, reservedSeconds: 200 }));
    await rejectsLater('Requests_ModeUnsupported', ask({ image }, { mode: 2 }));
    await rejectsLater('Requests_NotAContract', ask({ image }, { callbackGas: 100_000 }));
    await rejectsLater('Requests_NotExact', ask({ image }, { exactOutput: true }));
    await setRoyalty(owner, version, 2n * ROYALTY);
    await rejectsLater('Requests_RoyaltyAbove', ask({ image }, { maxRoyalty: ROYALTY }));
    await setPolicy(owner, version, owner.address);
    await rejectsLater('Models_AccessDenied', ask({ image }));
    await retire(owner, version);
    await rejectsLater('Models_Retired', ask({ image }));
    expect(await free(requester)).to.equal(before);
    expect(await requester.provider.getTransactionCount(requester.address)).to.equal(sent);
  });

  it('should take the fee back when the node declines, and not before', async () => {
    const { requester, node } = system;
    const before = await free(requester);
    const asked = await request(requester, options, picture(0));
    await rejectsLater('Requests_Reserved', cancel(requester, asked));
    await decline(node, asked);
    await rejectsLater('Requests_NotYours', cancel(node, asked));
    await cancel(requester, asked);
    expect(await free(requester)).to.equal(before);
    const ended = await rejectsLater('request.ended', waitForResult(requester, asked));
    expect(ended.payload.state).to.equal('Cancelled');
    await rejectsLater('Requests_NotCurrent', cancel(requester, asked));
  });

  it('should take fee and penalty from a node that accepts and does not deliver', async () => {
    const { requester, node, keeper, pass } = system;
    const before = await free(requester);
    const asked = await request(requester, { ...options, deadlineSeconds: 300, reservedSeconds: 100 }, picture(0));
    await accept(node, asked);
    await rejectsLater('Requests_TooEarly', expire(keeper, asked));
    await pass(301);
    await expire(keeper, asked);
    const penalty = (asked.terms.slice * BigInt(asked.terms.penaltyBps)) / 10_000n;
    expect(await free(requester)).to.equal(before + penalty);
    expect((await findRequest(requester, asked)).row.state).to.equal('Undelivered');
    await rejectsLater('Requests_NotCurrent', expire(keeper, asked));
  });

  it('should keep an input off chain, for a node that accepts it', async () => {
    const { requester, node } = system;
    const asked = await requestByCommitment(requester, options, [picture(0.5)]);
    expect(hasFlag(asked.terms.flags, AskFlags.ROOT_INPUT)).to.equal(true);
    expect(asked.input.length).to.equal(256);
    await rejectsLater('Requests_NeedsAccept', submit(node, asked, [probabilities(5)]));
    await accept(node, asked);
    await submit(node, asked, [probabilities(5)], true);
    expect((await waitForResult(requester, asked)).items).to.deep.equal([probabilities(5)]);
  });

  it('should refuse output bytes that are not what was submitted', async () => {
    const { requester, node } = system;
    const asked = await request(requester, options, picture(0));
    const { row } = await findRequest(requester, asked);
    await rejectsLater('request.not_submitted', decodeResult(requester, row, new Uint8Array(40)));
    await rejectsLater('request.not_submitted', finalise(node, asked));
    await submit(node, asked, [probabilities(6)]);
    const submitted = (await findRequest(requester, asked)).row;
    await rejectsLater('result.mismatch', decodeResult(requester, submitted, new Uint8Array(40)));
  });

  it('should stop waiting when told to', async () => {
    const { requester } = system;
    const asked = await request(requester, options, picture(0));
    const stop = new AbortController();
    const waiting = waitForResult(requester, asked, { signal: stop.signal, pollMs: 10 });
    stop.abort(new Error('enough'));
    const reason = await waiting.catch((error: Error) => error.message);
    expect(reason).to.equal('enough');
  });

  it('should say when a request is not there', async () => {
    const { requester } = system;
    const asked = await request(requester, options, picture(0));
    const id = `0x${'12'.repeat(32)}` as typeof asked.id;
    await rejectsLater('request.unknown', waitForResult(requester, { id }));
  });
});
