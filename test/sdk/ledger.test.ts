import { expect } from 'chai';
import type { Address } from '#core/hex.ts';
import { purseOf } from '#core/protocol/ids.ts';
import type { LedgerEvent } from '#core/protocol/ledger.ts';
import { Ledger } from '#core/protocol/ledger.ts';
import { BURN } from '#core/protocol/postings.ts';
import { eventsIn } from '../../sdk/events.ts';
import { allow, balanceOf, cancel, claimRoyalty, expire, finalise, request, requestMany } from '../../sdk/index.ts';
import type { System } from './system.ts';
import { accept, decline, OPG, picture, probabilities, startSystem, submit } from './system.ts';

/** Every event since the deployment, replayed. */
async function replayed({ net, deployment }: System): Promise<Ledger> {
  const ledger = new Ledger();
  const { escrow, requests } = deployment.addresses;
  const logs = await net.provider.getLogs({ address: [escrow, requests], fromBlock: deployment.block });
  for (const log of logs) {
    for (const event of eventsIn(net, [log])) ledger.apply(event as LedgerEvent);
  }
  return ledger;
}

describe('I9: the events give every balance', () => {
  it('should agree with every view and with the token, after every kind of ending', async () => {
    const system = await startSystem();
    const { net, requester, node, keeper, owner, pass } = system;
    const options = { version: system.version, node: node.address };
    const agree = async (step: string) => {
      const ledger = await replayed(system);
      const parties = [requester, node, keeper, owner].map(({ address }) => address);
      const accounts: Address[] = [...new Set([...parties, purseOf(model), BURN, ...ledger.accounts()])];
      for (const account of accounts)
        expect(ledger.accountOf(account), `${step}: ${account}`).to.include(await balanceOf(net, account));
      expect(await net.token.balanceOf(net.escrow), step).to.equal(ledger.total());
    };

    const served = await request(requester, options, picture(0.5));
    const { model, tc } = served.terms;
    await agree('requested');
    await submit(node, served, [probabilities(1)]);
    await agree('submitted');

    const declined = await request(requester, options, picture(0));
    await decline(node, declined);
    await cancel(requester, declined);
    await agree('cancelled');

    await allow(requester, 100n * OPG);
    const brief = { ...options, pay: 'allowance', deadlineSeconds: 300, reservedSeconds: 100 } as const;
    const pulled = (await requestMany(requester, brief, [0.1, 0.2].map(picture))).asked;
    await agree('two requests paid by allowance');
    const [kept, broken] = pulled;
    if (kept === undefined || broken === undefined) throw new Error('two requests expected');
    await accept(node, broken);
    await agree('accepted');
    await pass(Math.max(301, tc + 61));
    await expire(keeper, kept);
    await agree('expired');
    await expire(keeper, broken);
    await agree('undelivered');

    await finalise(keeper, served, { takeTip: true });
    await agree('final, with a tip');
    await claimRoyalty(keeper, model);
    await agree('royalty claimed');
  });
});
