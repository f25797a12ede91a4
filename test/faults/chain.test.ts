import type { RequestId } from '#core/protocol/ids.ts';
import type { Account } from '../../sdk/index.ts';
import { faultStory } from '../support/faultStory.ts';
import type { RpcFault } from '../support/rpc/faults.ts';
import { BAD, FaultyNetwork, GOOD, THIRD } from '../support/rpc/faultyNetwork.ts';

const ROUNDS = Number(process.env['FAULT_ROUNDS'] ?? 1);

describe('on a chain that turns back, behind providers that fail and lie', function () {
  this.timeout(120_000 * ROUNDS);
  let net: FaultyNetwork;
  let requesters: readonly Account[];
  before(async () => {
    net = await FaultyNetwork.start(Number(process.env['FAULT_SEED'] ?? 37));
    requesters = [await net.requester(), await net.requester()];
  });
  after(() => net?.stop());
  afterEach(async () => {
    for (const at of [BAD, GOOD, THIRD]) await net.proxies.order(at);
  });

  const askEach = async (): Promise<readonly RequestId[]> =>
    (await Promise.all(requesters.map((one) => net.ask(one)))).map(({ id }) => id);

  /** Requests while the bad provider has each of these faults in turn, until it is good again and they have ended. */
  async function served(...faults: readonly (readonly RpcFault[])[]): Promise<{ calls: number; injected: number }> {
    const sum = { calls: 0, injected: 0 };
    for (let round = 0; round < ROUNDS; round++)
      for (const some of faults) {
        await net.proxies.order(BAD, ...some);
        const asked = await askEach();
        // The node has two good providers: it works on meanwhile.
        await net.reach(asked, 'Submitted', 'Final');
        const { calls, injected } = await net.proxies.order(BAD);
        sum.calls += calls;
        sum.injected += Object.values(injected).reduce((all, one) => all + one, 0);
        await net.reach(asked, 'Final');
        await net.holds(asked);
        await net.indexed(asked);
      }
    return sum;
  }

  faultStory('rpc-slow', async ({ saw }) => {
    const { calls, injected } = await served([{ kind: 'delay', ms: 2_500, share: 0.5 }]);
    saw(`${injected} of ${calls} calls held back`);
  });
});
