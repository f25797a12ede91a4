import { expect } from 'chai';
import type { Hex } from '#core/hex.ts';
import { AskFlags } from '#core/protocol/terms.ts';
import { consumer } from '../support/contracts/actors.ts';
import { finaliseCall, finaliseEach, submitCall, submitEach } from '../support/contracts/batch.ts';
import { loadFixture, time } from '../support/contracts/chain.ts';
import { EXACT, OTHER_OUTPUT, OUTPUT, repeated, TOLERANT } from '../support/contracts/model.ts';
import { BURN, changes, nobodyLoses } from '../support/contracts/money.ts';
import { request } from '../support/contracts/request.ts';
import { FEE, FUNDS, PARAMETERS, system } from '../support/contracts/system.ts';

const SLICE = PARAMETERS.sliceFloor;
/** 0x7fc00001 is a NaN, but not the canonical one. */
const OTHER_NAN: Hex = `0x7fc00001${OUTPUT.slice(10)}`;

describe('attacks with outputs', () => {
  it('attack 35: garbage of the right length is accepted, challenged, and costs the whole slice', async () => {
    const s = await loadFixture(system);
    const arbiter = await s.arbiter.getAddress();
    const gains = await changes(s, { node: s.node, requester: s.requester, pot: arbiter, burn: BURN }, async () => {
      const story = await (await request(s)).submit(s.node, OTHER_OUTPUT);
      await (await story.freeze()).attempt.condemn();
      await story.over();
    });
    const pot = (SLICE * BigInt(PARAMETERS.rhoBps)) / 10_000n;
    expect(gains).to.deep.equal({ node: -SLICE, requester: FEE, pot, burn: SLICE - FEE - pot });
  });

  it('attack 36: outputs of another length, type or encoding are refused and change nothing', async () => {
    const s = await loadFixture(system);
    const story = await request(s);
    const attempts = [
      ['Requests_OutputLength', { output: '0x' }],
      ['Requests_OutputLength', { output: OUTPUT.slice(0, -2) as Hex }],
      ['Requests_OutputLength', { output: `${OUTPUT}00` as Hex }],
      ['Requests_OutputLength', { output: repeated(OUTPUT, 2) }],
      ['Requests_OutputNotCanonical', { output: OTHER_NAN }],
      ['Requests_SchemaMismatch', { headers: EXACT.outputHeaders }],
      ['Requests_SchemaMismatch', { headers: [] }],
      ['Requests_SchemaMismatch', { headers: [...TOLERANT.outputHeaders, ...TOLERANT.outputHeaders] }],
    ] as const;
    await nobodyLoses(s, async () => {
      for (const [error, how] of attempts)
        await expect(story.attempt.submit(how as { output?: Hex })).to.be.revertedWithCustomError(s.requests, error);
    });
    await story.is('Requested');
    await story.submit();
  });

  it('attack 36: in a batch such an output reads BADOUTPUT, and its neighbours are done', async () => {
    const s = await loadFixture(system);
    const stories = [];
    for (const lane of [0, 1, 2]) stories.push(await request(s, { lane }));
    const outputs = [OUTPUT, OTHER_NAN, `${OUTPUT}00`] as Hex[];
    const calls = stories.map((story, i) => submitCall(story, outputs[i]));
    expect(await submitEach(s, s.node, calls)).to.deep.equal(['DONE', 'BADOUTPUT', 'BADOUTPUT']);
    await stories[1]?.is('Requested');
    await stories[1]?.submit();
  });

  it('attack 36: a hash is a submission only where the request says so', async () => {
    const s = await loadFixture(system);
    const asHash = await request(s, { shape: EXACT, flags: AskFlags.EXACT_OUTPUT });
    await nobodyLoses(s, async () => {
      for (const output of ['0x', OUTPUT, `0x${'ab'.repeat(33)}`] as Hex[])
        await expect(asHash.attempt.submit({ output, headers: [] })).to.be.revertedWithCustomError(
          s.requests,
          'Requests_OutputLength',
        );
    });
    await (await asHash.submit()).finalise();
  });

  it('attack 48: zeros appended to or cut from the output at finalise, with the same leaf hash, are refused', async () => {
    const s = await loadFixture(system);
    const asker = await consumer(s, FUNDS / 10n);
    const story = await request(s, { by: asker, callbackGas: 100_000 });
    const output = `${OUTPUT.slice(0, 26)}${'0'.repeat(8)}` as Hex; // its last element is 0.0: leaves are zero-padded
    await story.submit(s.node, output);
    await time.increaseTo(story.end + 1);
    await nobodyLoses(s, async () => {
      for (const forged of [
        `${output}00`,
        `${output}00000000`,
        output.slice(0, -8),
        output.slice(0, -2),
        '0x',
      ] as Hex[])
        await expect(story.attempt.finalise({ output: forged })).to.be.revertedWithCustomError(
          s.requests,
          'Requests_OutputLength',
        );
      await expect(story.attempt.finalise({ output: OUTPUT })).to.be.revertedWithCustomError(
        s.requests,
        'Requests_OutputMismatch',
      );
      const calls = [finaliseCall(story, `${output}00000000`), finaliseCall(story, OUTPUT)];
      expect(await finaliseEach(s, s.keeper, calls)).to.deep.equal(['BADOUTPUT', 'BADOUTPUT']);
    });
    await story.finalise();
    expect(await asker.lastId()).to.equal(story.id);
  });
});
