import { expect } from 'chai';
import type { BlockRef } from '#ports/chain.ts';
import type { Dispatcher } from '#ports/dispatch.ts';
import type { TrackedIntent } from '#ports/outbox.ts';
import { Flight } from '../../../workers/submitter/flight.ts';
import { recordedLog } from '../../support/telemetry.ts';

const block: BlockRef = { number: 1, hash: '0x01', parentHash: '0x00', timestamp: 10 };
const head = { block, now: 10, final: undefined };

describe('how transactions ended', () => {
  it('is told to everybody about each, even if one cannot be told', async () => {
    const ended = ['a', 'b'].map((purpose) => ({ purpose, status: 'settled' }) as TrackedIntent);
    const dispatcher = { follow: async () => ended } as Partial<Dispatcher> as Dispatcher;
    const told: string[] = [];
    const log = recordedLog();
    const forgetful = async ({ purpose }: TrackedIntent) => {
      if (purpose === 'a') throw new Error('the database is away');
      told.push(`forgetful ${purpose}`);
    };
    const flight = new Flight(dispatcher, [forgetful, async ({ purpose }) => void told.push(purpose)], log);
    await flight.follow(head);
    expect(told).to.deep.equal(['a', 'forgetful b', 'b']);
    expect(log.lines.map(({ level, purpose }) => [level, purpose])).to.deep.equal([['error', 'a']]);
  });
});
