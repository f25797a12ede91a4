/** Requests end: paid out by the node or by a keeper, or paid back. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Asked } from '../../sdk/index.ts';
import { claimRoyalty, findRequest, waitForResult } from '../../sdk/index.ts';
import { transact } from '../../sdk/transact.ts';
import { evidence } from './receipts.ts';
import { exact } from './screen.ts';
import { gasOf, type Shown, type Stage } from './stage.ts';

const POLL_MS = 40;

/** Waits until all are final, and says who did it and what everybody got. */
export async function paidOut({ screen, net }: Stage, label: string, asked: readonly Asked[]): Promise<void> {
  const { events } = await screen.step(
    label,
    async () => {
      await Promise.all(asked.map((one) => waitForResult(net, one, { until: 'final', pollMs: POLL_MS })));
      return await evidence(
        net,
        asked.map(({ id }) => id),
        'Finalised',
      );
    },
    ({ gas, events }) => ({ gas, opg: events.reduce((sum, e) => sum + e.toNode + e.royalty + e.protocol + e.tip, 0n) }),
  );
  const sum = (part: 'toNode' | 'royalty' | 'protocol' | 'tip') =>
    exact(events.reduce((total, event) => total + event[part], 0n));
  screen.line(
    screen.dim(
      `      node ${sum('toNode')}, model owner ${sum('royalty')}, protocol ${sum('protocol')}, keeper ${sum('tip')}`,
    ),
  );
}

/** Waits until the fee is back. */
export async function paidBack({ screen, net }: Stage, label: string, asked: readonly Asked[]): Promise<void> {
  await screen.step(
    label,
    async () => {
      for (const one of asked) while ((await findRequest(net, one)).row.state !== 'Expired') await sleep(POLL_MS);
      return await evidence(
        net,
        asked.map(({ id }) => id),
        'Expired',
      );
    },
    ({ gas }) => ({ gas, opg: asked.reduce((sum, { terms }) => sum + terms.fee, 0n) }),
  );
}

/** What was collected for model owners and the protocol goes to them. */
export async function collect({ screen, accounts }: Stage, models: readonly Shown[]): Promise<void> {
  const { owner } = accounts;
  await screen.step(
    'model owner claims royalties, the protocol share is swept',
    async () => [
      ...(await Promise.all(models.map(({ model }) => claimRoyalty(owner, model)))),
      await transact(owner, await owner.escrow.sweepProtocol.populateTransaction(models.map(({ model }) => model))),
    ],
    (done) => gasOf(...done),
  );
}
