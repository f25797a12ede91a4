/** Requests are paid and answered. */
import type { Tensor } from '#core/tensor.ts';
import type { Asked, AskedOne, Transacted } from '../../sdk/index.ts';
import { waitForResult } from '../../sdk/index.ts';
import { judge, type Verdict } from './judge.ts';
import type { Vector } from './models.ts';
import { evidence } from './receipts.ts';
import { gasOf, type Shown, type Stage } from './stage.ts';

const POLL_MS = 40;

export interface Answer extends Verdict {
  readonly shown: Shown;
  readonly got: Readonly<Record<string, Tensor>>;
  readonly vector: Vector;
}

interface Sent extends Transacted {
  readonly asked: readonly Asked[];
}

/** A single request or a bundle, in the form of many. */
export const alone = async (sending: Promise<AskedOne>): Promise<Sent> => {
  const one = await sending;
  return { ...one, asked: [one] };
};

/** Sends requests in one transaction. */
export async function ask({ screen }: Stage, label: string, send: () => Promise<Sent>): Promise<readonly Asked[]> {
  const { asked } = await screen.step(label, send, (done) => ({
    ...gasOf(done),
    opg: done.asked.reduce((sum, { terms }) => sum + terms.fee, 0n),
  }));
  return asked;
}

/** Waits for the submissions and compares every item with its vector. */
export async function answersTo(
  { screen, net }: Stage,
  shown: Shown,
  asked: readonly Asked[],
  vectors: readonly Vector[],
): Promise<readonly Answer[]> {
  const { example } = shown;
  const { results } = await screen.step(
    `${example.name}: computed and submitted by the node`,
    async () => {
      const results = await Promise.all(asked.map((one) => waitForResult(net, one, { pollMs: POLL_MS })));
      return {
        results,
        ...(await evidence(
          net,
          asked.map(({ id }) => id),
          'Submitted',
        )),
      };
    },
    ({ gas }) => ({ gas }),
  );
  const items = results.flatMap(({ items }) => items ?? []);
  return vectors.map((vector, index) => {
    const got = items[index] ?? {};
    return { shown, got, vector, ...judge(example, got, vector.outputs) };
  });
}
