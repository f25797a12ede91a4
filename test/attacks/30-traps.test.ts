// The traps that others' code has fallen into, by name: those about requests, batches and the code itself. Those about disputes are in
// test/challenges/traps.test.ts; the table in README.md has them all.
import { expect } from 'chai';
import { artifacts } from 'hardhat';
import { oversized } from '../../deploy/checks/codeSizes.ts';
import { files, read } from '../../scripts/checks/tree.ts';
import { BEHAVIOUR, consumer } from '../support/contracts/actors.ts';
import { submitCall, submitEach } from '../support/contracts/batch.ts';
import { at, loadFixture, onAFork, time } from '../support/contracts/chain.ts';
import { OTHER_OUTPUT } from '../support/contracts/model.ts';
import { changes, nobodyLoses } from '../support/contracts/money.ts';
import { refused, reverted } from '../support/contracts/refusals.ts';
import { request } from '../support/contracts/request.ts';
import { FEE, FUNDS, PARAMETERS, system } from '../support/contracts/system.ts';

const PENALTY = (PARAMETERS.sliceFloor * BigInt(PARAMETERS.penaltyBps)) / 10_000n;

/** Solidity without comments and strings. */
const code = (file: string) => read(file).replace(/\/\/.*|\/\*[\s\S]*?\*\/|"[^"]*"/g, '');

describe('traps: requests and code', () => {
  it('trap early callback: the requester hears nothing before the window is over, nor while the result is disputed', async () => {
    const s = await loadFixture(system);
    const asker = await consumer(s, FUNDS / 10n);
    await asker.behave(BEHAVIOUR.ReEnters, s.token, s.token.interface.encodeFunctionData('totalSupply'));
    const story = await request(s, { by: asker, callbackGas: 200_000 });
    await story.submit();
    await refused(s.requests, 'Requests_TooEarly', () => story.attempt.finalise());
    await story.freeze();
    await time.increaseTo(story.end);
    await refused(s.requests, 'Requests_NotCurrent', () => story.attempt.finalise());
    expect(await asker.calls()).to.equal(0n);
    await (await story.thaw()).finalise();
    expect(await asker.calls()).to.equal(1n);
  });

  it('trap repeatable result update: a result is submitted once, by nobody again, in no state', async () => {
    const s = await loadFixture(system);
    const story = await (await request(s)).submit();
    const again = () =>
      nobodyLoses(s, () =>
        reverted(
          () => story.attempt.submit({ output: OTHER_OUTPUT }),
          () => story.attempt.submit(),
          () => story.attempt.submit({ acceptedBy: s.node.address, output: OTHER_OUTPUT }),
          () => story.attempt.submit({ by: s.rival, output: OTHER_OUTPUT }),
        ),
      );
    await again();
    await story.freeze();
    await again();
    await story.thaw();
    await story.finalise();
    await again();
  });

  it('trap overlapping submission windows: whose time begins has it alone; there is one result whoever gives it', async () => {
    const s = await loadFixture(system);
    const story = await request(s);
    await nobodyLoses(s, () => reverted(() => story.attempt.accept({ by: s.rival })));
    await time.increaseTo(story.terms.openAt + 1);
    await story.accept(s.rival);
    await nobodyLoses(s, () =>
      reverted(
        () => story.attempt.submit({ by: s.node }),
        () => story.attempt.accept({ by: s.node }),
        () => story.attempt.submit({ by: s.node, acceptedBy: s.rival.address }),
      ),
    );
    await (await story.submit(s.rival)).finalise();
  });

  it('trap pay on silence: who accepts and delivers nothing is paid nothing, and pays', async () => {
    const s = await loadFixture(system);
    const story = await (await request(s)).accept();
    await time.increaseTo(story.terms.deadline);
    const gains = await changes(s, { node: s.node, requester: s.requester }, async () => {
      await story.attempt.expire();
    });
    // Free stake and slice are both its own: what is left of the slice has come back.
    expect(gains).to.deep.equal({ node: PARAMETERS.sliceFloor - PENALTY, requester: FEE + PENALTY });
  });

  it('trap undelivered never refunded: from every state without a result the fee returns, by a stranger’s call', async () => {
    const s = await loadFixture(system);
    for (const state of ['Requested', 'Declined', 'Accepted'] as const)
      await onAFork(async () => {
        const story = await request(s);
        if (state === 'Declined') await story.decline();
        if (state === 'Accepted') await story.accept();
        await time.increaseTo(story.terms.deadline);
        const gains = await changes(s, { requester: s.requester }, () => story.attempt.expire({ by: s.attacker }));
        expect(gains.requester, state).to.equal(state === 'Accepted' ? FEE + PENALTY : FEE);
      });
  });

  it('trap payer-sequenced timeouts: the payer moves no deadline and ends nothing that a node works for', async () => {
    const s = await loadFixture(system);
    const story = await (await request(s)).accept();
    // Each on a fork: all of them in the same second.
    const attempts = async () => {
      for (const attempt of [
        () => story.attempt.cancel(),
        () => story.attempt.expire({ by: s.requester }),
        () => story.attempt.decline({ by: s.requester }),
      ])
        await onAFork(() => nobodyLoses(s, () => reverted(attempt)));
    };
    await attempts();
    await time.increaseTo(story.terms.deadline - 1);
    await attempts();
    await at(story.terms.deadline); // its last second
    await story.submit();
    await attempts();
    await (await story.finalise()).is('over');
  });

  it('trap batch root without signatures: no role speaks for a node, in a batch as little as alone', async () => {
    const s = await loadFixture(system);
    const story = await request(s);
    for (const by of [s.keeper, s.attacker, s.governor, s.guardian, s.judge, s.requester]) {
      expect(await submitEach(s, by, [submitCall(story)])).to.deep.equal(['DENIED']);
      await refused(s.nodes, 'Nodes_KeyNotAllowed', () => story.attempt.submit({ by }));
    }
    await story.submit();
  });

  it('trap tx.origin, trap block randomness: no contract reads who began a transaction, or draws lots from a block', () => {
    const contracts = files(['.sol'], 'contracts').filter((file) => !file.startsWith('contracts/mocks/'));
    expect(contracts.length).to.be.greaterThan(50);
    const lots =
      /\btx\.origin\b|\bblockhash\b|\bprevrandao\b|\bdifficulty\b|\bblock\.coinbase\b|\borigin\(\)|\bblock\.number\b/;
    expect(contracts.filter((file) => lots.test(code(file)))).to.deep.equal([]);
  });

  it('trap verifiers above 24 kB: every contract that decides a dispute fits on a public chain', async () => {
    const deciding = files(['.sol'], 'contracts')
      .filter(
        (file) =>
          /^contracts\/(steps|challenges)\/[A-Z]\w*(Step|Verifier|Game)\.sol$/.test(file) && !/\/I[A-Z]/.test(file),
      )
      .map((file) => file.replace(/^.*\/|\.sol$/g, ''));
    expect(deciding).to.include.members(['ChallengeGame', 'TraceVerifier', 'StepVerifier', 'DotStep', 'SelectionStep']);
    expect(await oversized(artifacts, deciding)).to.deep.equal([]);
  });
});
