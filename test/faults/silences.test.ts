/**
 * A node and a challenger that leave out one kind of move each time (docs/workers/faults.md), as processes: how it ends without anybody else, and that a
 * verifier, or the party itself once it is awake, ends it.
 */
import { expect } from 'chai';
import { openDemands } from '#core/challenges/follow.ts';
import type { Subject } from '#core/challenges/subject.ts';
import type { RequestId } from '#core/protocol/ids.ts';
import type { Deployed } from '../../scripts/demo/localNetwork.ts';
import type { Process } from '../../scripts/demo/processes.ts';
import type { Settings } from '../../scripts/demo/settings.ts';
import { type AskedOne, balanceOf, expire, findRequest, request } from '../../sdk/index.ts';
import { DisputedNetwork } from '../e2e/disputed.ts';
import { Player } from '../e2e/player.ts';
import { eventually } from '../support/eventually.ts';
import { faultStory } from '../support/faultStory.ts';
import { silences } from './scenarios/silences.ts';

/** Long, and the tests turn the clock: nothing ends by itself while somebody is slow. */
const CLOCKS = { challengeBaseSeconds: 2_000, challengeWindowSeconds: 600, responseSeconds: 300, checkRateLog2: 50 };
/** Blocks in which somebody silent could have moved: whoever is awake does so within a few. */
const QUIET_BLOCKS = 12;
const OPG = 10n ** 18n;

describe('a party that is silent', function () {
  this.timeout(240_000);
  const network = new DisputedNetwork();
  const { local } = network;
  let deployed: Deployed;
  let verifier: Process;
  let third: Player;
  let first = 0;
  const running: Process[] = [];

  before(async () => {
    await network.start(CLOCKS);
    deployed = network.deployed;
    verifier = local.verifier(deployed, { models: { privateOrigins: ['all'] } });
    third = new Player(network, deployed.accounts.keeper, network.tolerant);
    first = await deployed.net.provider.getBlockNumber();
  });
  afterEach(async () => {
    for (const one of running.splice(0)) await one.stop();
  });
  after(() => network.stop());

  async function wake(role: Process): Promise<Process> {
    if (!running.includes(role)) running.push(role);
    await role.start();
    return role;
  }
  const node = (silent: string[], more: Settings[string] = {}) =>
    wake(local.cheat(deployed, { results: ['right'], silent, ...more }, { admission: { acceptOpen: true } }));
  /** Its trace lies in the first operator, so that every level is walked. */
  const liar = (silent: string[]) => wake(local.liar(deployed, { operator: 0, silent }));

  /** Who did what about a request, in order: of the game, and how the request ended. */
  async function told(id: RequestId): Promise<string[]> {
    const { game, net, accounts } = deployed;
    const names = new Map(Object.entries(accounts).map(([name, { address }]) => [address.toLowerCase(), name]));
    const address = [String(game.target), String(net.requests.target)];
    const logs = await net.provider.getLogs({ address, topics: [null, id], fromBlock: first });
    const known = logs.map((log) => ({
      hash: log.transactionHash,
      name: (game.interface.parseLog(log) ?? net.requests.interface.parseLog(log))?.name ?? '',
    }));
    const shown = known.filter(({ name }) => !['Requested', 'Submitted', 'Frozen', 'Thawed'].includes(name));
    return Promise.all(
      shown.map(async ({ hash, name }) => {
        const from = (await net.provider.getTransaction(hash))?.from.toLowerCase() ?? '';
        return `${name} by ${names.get(from) ?? from}`;
      }),
    );
  }
  /** Waits for one of these. */
  const sees = (id: RequestId, ...what: string[]) =>
    eventually(what.join(' or '), async () => (await told(id)).some((one) => what.includes(one)), 60_000).catch(
      async (error: Error) =>
        expect.fail(`${error.message} There was: ${await told(id)}\n${running.map((one) => one.tail()).join('\n')}`),
    );
  const submitted = async ({ id }: AskedOne): Promise<Subject> =>
    eventually('it is submitted', () => network.subject(id), 60_000);
  const subject = async ({ id }: AskedOne) => (await network.subject(id)) as Subject;
  const challenge = async (asked: AskedOne) => {
    const [found] = [...(await subject(asked)).challenges.values()];
    if (!found) throw new Error('There is no challenge.');
    return found;
  };

  /** Nothing more happens, though it could. */
  async function quiet({ id }: AskedOne): Promise<void> {
    const before = await told(id);
    const until = (await deployed.net.provider.getBlockNumber()) + QUIET_BLOCKS;
    await eventually('some blocks', async () => (await deployed.net.provider.getBlockNumber()) >= until);
    expect(await told(id)).to.deep.equal(before);
  }
  const pastEnd = async (asked: AskedOne) => network.turnTo((await challenge(asked)).end + 1);
  const pastDue = async (asked: AskedOne) => {
    const [open] = openDemands(await challenge(asked));
    await network.turnTo((open?.demand.due ?? 0) + 1);
  };
  const pastPot = async (asked: AskedOne) => {
    const { postedAt } = await challenge(asked);
    await network.turnTo(postedAt + CLOCKS.challengeWindowSeconds + 17 * CLOCKS.responseSeconds + 30);
  };
  async function challenged(): Promise<AskedOne> {
    const asked = await network.asked();
    await sees(asked.id, 'Challenged by liar');
    return asked;
  }
  const free = async (of: 'requester' | 'cheat') =>
    (await balanceOf(deployed.net, deployed.accounts[of].address)).available;
  const openly = () =>
    request(
      deployed.accounts.requester,
      { version: network.tolerant.version, fee: OPG, deadlineSeconds: 300 },
      network.picture(0),
    );
  async function late(asked: AskedOne): Promise<void> {
    await network.turnTo(asked.terms.deadline + 1);
    await expire(deployed.accounts.keeper, asked);
  }

  /** Each returns the request that it was about. */
  const cases: Readonly<Record<string, () => Promise<AskedOne>>> = {
    'silent-accept': async () => {
      const before = await free('requester');
      await node(['accept']);
      const asked = await openly();
      await quiet(asked);
      await late(asked);
      expect([await told(asked.id), await free('requester')]).to.deep.equal([['Expired by keeper'], before]);
      return asked;
    },
    'silent-submit': async () => {
      const before = await free('requester');
      await node(['submit']);
      const [accepted, named] = [await openly(), await network.asked()];
      await sees(accepted.id, 'Accepted by cheat');
      await quiet(named);
      await late(accepted);
      expect(await told(accepted.id)).to.deep.equal(['Accepted by cheat', 'Undelivered by keeper']);
      const penalty = (await free('requester')) - (before - named.terms.fee);
      expect(penalty > 0n && penalty <= accepted.terms.fee, `a penalty of ${penalty}`).to.equal(true);
      await network.turnTo(named.terms.deadline + 1);
      await expire(deployed.accounts.keeper, named);
      expect(await told(named.id)).to.deep.equal(['Expired by keeper']);
      expect(await free('requester')).to.equal(before + penalty);
      return accepted;
    },
    'silent-demand': async () => {
      await Promise.all([node(['demand']), liar([])]);
      const [alone, defended] = [await challenged(), await challenged()];
      await pastEnd(defended);
      for (const { id } of [alone, defended]) await sees(id, 'Upheld by liar');
      await wake(verifier);
      const helped = await challenged();
      // By either: the node is silent where it would demand, and may prove what the verifier had shown to it.
      await sees(helped.id, 'Refuted by verifier', 'Refuted by cheat');
      expect(await told(helped.id))
        .to.include('Demanded by verifier')
        .and.not.to.include('Demanded by cheat');
      await pastPot(alone);
      await sees(alone.id, 'PotClaimed by liar');
      return alone;
    },
    'silent-prove': async () => {
      await Promise.all([node(['prove']), liar([])]);
      const asked = await challenged();
      const shown = async () => {
        const { demands } = await challenge(asked);
        return demands.size > 0 && [...demands.values()].every(({ data }) => data !== undefined);
      };
      await eventually('the liar has shown it', shown);
      await quiet(asked);
      await wake(verifier);
      await sees(asked.id, 'Refuted by verifier');
      expect(await told(asked.id))
        .to.include('Demanded by cheat')
        .and.not.to.include('Demanded by verifier');
      return asked;
    },
    'silent-lapse': async () => {
      await Promise.all([node(['lapse']), liar(['answer'])]);
      const asked = await challenged();
      await sees(asked.id, 'Demanded by cheat');
      await pastDue(asked);
      await quiet(asked);
      await wake(verifier);
      await sees(asked.id, 'Lapsed by verifier');
      return asked;
    },
    'silent-reclaim': async () => {
      const [silent] = await Promise.all([node(['reclaim']), liar(['answer'])]);
      const asked = await challenged();
      await sees(asked.id, 'Demanded by cheat');
      const locked = await free('cheat');
      const from = new Player(network, deployed.accounts.liar, network.tolerant, [0, 0]);
      await third.prove(asked.id, from);
      await quiet(asked);
      await silent.stop();
      await node([]);
      await sees(asked.id, 'Reclaimed by cheat');
      expect((await free('cheat')) > locked, 'the fee is back').to.equal(true);
      return asked;
    },
    'silent-answer': async () => {
      await Promise.all([node([]), liar(['answer'])]);
      const asked = await challenged();
      await sees(asked.id, 'Demanded by cheat');
      await quiet(asked);
      await pastDue(asked);
      await sees(asked.id, 'Lapsed by cheat');
      return asked;
    },
    'silent-uphold': async () => {
      const [, silent] = await Promise.all([node(['demand']), liar(['uphold'])]);
      const asked = await challenged();
      await pastEnd(asked);
      await quiet(asked);
      await silent.stop();
      await liar([]);
      await sees(asked.id, 'Upheld by liar');
      return asked;
    },
    'silent-claim-pot': async () => {
      const [, silent] = await Promise.all([node(['demand']), liar(['claimPot'])]);
      const asked = await challenged();
      await pastEnd(asked);
      await sees(asked.id, 'Upheld by liar');
      await pastPot(asked);
      await quiet(asked);
      await silent.stop();
      await liar([]);
      await sees(asked.id, 'PotClaimed by liar');
      return asked;
    },
    'silent-demand-output': async () => {
      await Promise.all([node(['deliver'], { results: ['weight'] }), liar(['demandOutput'])]);
      const asked = await hashed();
      await quiet(asked);
      await wake(verifier);
      await sees(asked.id, 'OutputDemanded by verifier');
      await sees(asked.id, 'Challenged by verifier');
      return asked;
    },
    'silent-lapse-output': async () => {
      await Promise.all([node(['deliver', 'answerOutput'], { results: ['weight'] }), liar(['lapseOutput'])]);
      const asked = await hashed();
      await sees(asked.id, 'OutputDemanded by liar');
      const [demanded] = [...(await subject(asked)).outputDemands.values()];
      await network.turnTo((demanded?.demand.due ?? 0) + 60);
      await quiet(asked);
      await wake(verifier);
      await sees(asked.id, 'OutputLapsed by verifier');
      expect(await told(asked.id)).to.include('Condemned by verifier');
      return asked;
    },
  };
  /** A result that is wrong, and on chain as its hash alone. */
  async function hashed(): Promise<AskedOne> {
    const asked = (await network.askedForHash(0)) as AskedOne;
    await submitted(asked);
    return asked;
  }

  for (const [name, play] of Object.entries(cases))
    faultStory(name, async ({ saw }) => {
      const asked = await play();
      saw(`${await told(asked.id)}; ${(await findRequest(deployed.net, asked)).row.state}`);
    });

  it('is tried at every move', () => {
    expect(Object.keys(cases)).to.have.members(silences.map(({ name }) => name));
  });
});
