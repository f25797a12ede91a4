/** A node with every fault that workers/cheat knows, and parties that fall silent, met by one verifier process. */
import { expect } from 'chai';
import type { RequestId } from '#core/protocol/ids.ts';
import { RESULT_FAULTS } from '#ports/faults.ts';
import type { Deployed } from '../../scripts/demo/localNetwork.ts';
import type { Process } from '../../scripts/demo/processes.ts';
import { type AskedOne, findRequest } from '../../sdk/index.ts';
import { DisputedNetwork } from '../e2e/disputed.ts';
import { eventually } from '../support/eventually.ts';

const CLOCKS = { challengeBaseSeconds: 60, challengeWindowSeconds: 6, responseSeconds: 4, checkRateLog2: 50 };
/** `short` cannot be submitted; the rest is, and is wrong. */
const WRONG = RESULT_FAULTS.filter((fault) => fault !== 'right' && fault !== 'short');
/** A right result first, for those after it to be stale by. */
const SCHEDULE = ['right', ...WRONG, 'short'];

describe('faults', function () {
  this.timeout(240_000);
  const network = new DisputedNetwork();
  const { local } = network;
  let deployed: Deployed;
  let verifier: Process;
  let cheat: Process;

  before(async () => {
    await network.start(CLOCKS);
    deployed = network.deployed;
    verifier = local.verifier(deployed);
    cheat = local.cheat(deployed, { results: SCHEDULE });
    await Promise.all([verifier.start(), cheat.start()]);
  });
  after(() => network.stop());

  const seen = async (what: string, id: RequestId, name: 'Condemned' | 'Submitted' | 'Thawed') => {
    const { requests } = deployed.net;
    await eventually(
      what,
      async () => (await requests.queryFilter(requests.filters[name](id))).length > 0,
      90_000,
    ).catch((error: Error) => expect.fail(`${error.message}\n${verifier.tail()}\n${cheat.tail()}`));
  };

  it('of results, each by the schedule, are condemned; one that is too short is not taken, and right ones are left alone', async () => {
    const asked: AskedOne[] = [];
    for (const [i] of SCHEDULE.entries()) {
      asked.push(await network.asked(i));
      // In this order, for the schedule counts results.
      const told = () => cheat.tail(10_000).split('a result is falsified by schedule').length - 1;
      await eventually('the node has its result', () => told() === i + 1).catch((error: Error) =>
        expect.fail(`${error.message}\n${cheat.tail()}`),
      );
    }
    for (const [i, fault] of SCHEDULE.entries())
      if (fault !== 'right' && fault !== 'short')
        await seen(`${fault} is condemned`, (asked[i] as AskedOne).id, 'Condemned');
    const [right, short] = [asked[0], asked.at(-1)] as [AskedOne, AskedOne];
    const states = await Promise.all([right, short].map((one) => findRequest(deployed.accounts.requester, one)));
    expect(states.map(({ row }) => row.state)).to.deep.equal(['Submitted', 'Requested']);
    await eventually('the short one is given up', () => cheat.tail(10_000).includes('Requests_OutputLength'));
  });
});
