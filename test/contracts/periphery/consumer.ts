// A contract that asks through the facade.
import type { FacadeConsumer } from '#types';
import { ethers, sendAs } from '../../support/contracts/chain.ts';
import type { Story } from '../../support/contracts/request.ts';
import { storiesOf } from '../../support/contracts/request.ts';
import { OPG_1 } from '../../support/contracts/system.ts';
import { type Faced, faced, HALVES, inputOf, type Settings, theirs } from './facade.ts';

/** FacadeConsumer.Behaviour. */
export const BEHAVIOUR = { Keep: 0, Reverts: 1, BurnsGas: 2, ReEnters: 3, Measures: 4 } as const;

export interface Consumed extends Faced {
  readonly consumer: FacadeConsumer;
  /** The consumer's account of the facade. */
  readonly account: string;
}

/** A contract with 20 OPG in its account of the facade, which wants its answers. */
export async function consuming(): Promise<Consumed> {
  const s = await faced();
  const consumer = await ethers.deployContract('FacadeConsumer');
  const account = await s.facade.accountOf(consumer);
  await s.escrow.connect(s.other).depositFor(account, 20n * OPG_1);
  const all = { ...s, consumer, account };
  await configure(all, {});
  return all;
}

export const configure = (s: Consumed, settings: Partial<Settings>) =>
  sendAs(s.consumer, s.facade.configure.populateTransaction({ ...s.settings, callbackGas: 600_000n, ...settings }));

export async function ask(s: Consumed, version = s.version): Promise<Story> {
  const data = theirs.encodeFunctionData('run', [version, 0, inputOf(HALVES)]);
  const [story] = await storiesOf(s, await s.consumer.execute(s.facade, data), { by: s.consumer });
  if (story === undefined) throw new Error('the consumer asked nothing');
  return story;
}
