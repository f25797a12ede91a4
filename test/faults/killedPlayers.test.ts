/**
 * Verifiers and nodes killed with SIGKILL in the middle of their moves: after the restart the game ends with the right loser, and no move was
 * made twice. By default at some points, drawn by a seed; KILL_POINTS=all kills before and after every step of every move (minutes).
 */
import { expect } from 'chai';
import { openDemands } from '#core/challenges/follow.ts';
import type { Subject } from '#core/challenges/subject.ts';
import type { RequestId } from '#core/protocol/ids.ts';
import { hashesOf } from '#core/protocol/schema.ts';
import type { Deployed } from '../../scripts/demo/localNetwork.ts';
import type { Process } from '../../scripts/demo/processes.ts';
import { type Account, type AskedOne, balanceOf } from '../../sdk/index.ts';
import { DisputedNetwork } from '../e2e/disputed.ts';
import { Player } from '../e2e/player.ts';
import { pointsOf, rowPoints } from '../support/crashPoints.ts';
import { eventually } from '../support/eventually.ts';
import { seeded } from '../support/seeded.ts';

const ALL = process.env['KILL_POINTS'] === 'all';
const SEED = Number(process.env['KILL_SEED'] ?? 37);
/** Long, so that no restart is too slow; the tests turn the clock. */
const CLOCKS = { challengeBaseSeconds: 20_000, challengeWindowSeconds: 600, responseSeconds: 300, checkRateLog2: 50 };
/** Six seconds, so that no process sees a transaction final before it has seen it mined. */
const SLOWLY_FINAL = { network: { finality: '24' } };
const SCRIPT = 'test/support/crashingRole.ts';

/** The end of its log, without what everybody says. */
const said = (player: Process): string => {
  const lines = player
    .tail(60)
    .split('\n')
    .filter((line) => !/"configuration read"|"shutdown step/.test(line));
  return lines.map((line) => line.slice(0, 300)).join('\n');
};

/** The event of each move. */
const EVENTS = {
  challenge: 'Challenged',
  demand: 'Demanded',
  answer: 'Answered',
  prove: 'Refuted',
  lapse: 'Lapsed',
  uphold: 'Upheld',
  claimPot: 'PotClaimed',
  reclaim: 'Reclaimed',
  demandOutput: 'OutputDemanded',
  answerOutput: 'OutputAnswered',
  lapseOutput: 'OutputLapsed',
} as const;
type Move = keyof typeof EVENTS;

/** What one party has to do in a dispute, and what makes it do so. */
interface Game {
  /** In their order. */
  readonly moves: readonly Move[];
  /** Submits the result that it is about. */
  readonly begin: () => Promise<RequestId>;
  /** Makes a move necessary, if it is not yet; to be called again and again. */
  readonly causes: Partial<Record<Move, (id: RequestId, subject: Subject) => Promise<unknown>>>;
}

describe('a player killed in the middle of its moves', function () {
  this.timeout(ALL ? 7_200_000 : 600_000);
  const network = new DisputedNetwork();
  const { local } = network;
  const random = seeded(SEED);
  let deployed: Deployed;
  let verifier: Process;
  let node: Process;
  let liar: Player;
  let third: Player;

  before(async () => {
    await network.start(CLOCKS);
    deployed = network.deployed;
    verifier = local.verifier(deployed, SLOWLY_FINAL, SCRIPT);
    node = local.cheat(deployed, {}, SLOWLY_FINAL, SCRIPT);
    liar = new Player(network, deployed.accounts.liar, network.tolerant, [0, 0]);
    third = new Player(network, deployed.accounts.keeper, network.tolerant);
    await liar.consents();
    // The consents of those that are killed come first, so that every transaction to the game is a move.
    for (const one of [verifier, node]) await one.start({ CRASH_ROLE: one === node ? 'node' : 'verifier' });
    for (const one of [verifier, node]) await one.stop();
  });
  afterEach(() => Promise.all([verifier.kill(), node.kill()]));
  after(() => network.stop());

  /** Plays a game in which `player` dies at each of these points. */
  async function play(player: Process, account: Account, game: Game, points: (move: Move) => readonly string[]) {
    const { provider } = deployed.net;
    const id = await game.begin();
    const first = (await provider.getBlockNumber()) + 1;
    const CRASH_ROLE = player === node ? 'node' : 'verifier';
    const start = (more = {}) =>
      player.start({ CRASH_ROLE, ...more }).catch((error) => {
        if (player.signal !== 'SIGKILL') throw error;
      });
    const caused = async (move: Move, what: string, done: () => Promise<boolean> | boolean) =>
      eventually(
        what,
        async () => {
          const subject = await network.subject(id);
          if (subject) await game.causes[move]?.(id, subject);
          return done();
        },
        180_000,
      ).catch((error: Error) => expect.fail(`${error.message}\n${said(player)}`));
    const made = async (move: Move) => {
      const { game: contract } = deployed;
      return (await contract.queryFilter(contract.filters[EVENTS[move]](id), first)).length > 0;
    };
    for (const move of game.moves) {
      for (const point of points(move)) {
        await start({ CRASH_AT: point });
        await caused(move, `it dies at ${point}`, () => !player.running);
        expect(player.signal, point).to.equal('SIGKILL');
      }
      await start();
      await caused(move, `it makes its ${move}`, () => made(move));
      await player.kill();
    }
    await start();
    await eventually('it has nothing more to do', async () => (await open(player)) === 0);
    await player.stop();
    expect(await sentToGame(account, first)).to.deep.equal(game.moves);
    return id;
  }

  /** Transactions without an end, as the process tells. */
  async function open({ url }: Process): Promise<number> {
    const text = await (await fetch(`${url}/metrics`)).text();
    return Number(/^worker_submit_open_intents (\d+)/m.exec(text)?.[1] ?? 1);
  }

  /** What an account called the game for, in order. One that the contract refused counts as what it is: a mistake. */
  async function sentToGame(account: Account, from: number): Promise<string[]> {
    const { provider } = deployed.net;
    const { game } = deployed;
    const names: string[] = [];
    for (let number = from; number <= (await provider.getBlockNumber()); number++) {
      const block = await provider.getBlock(number, true);
      for (const sent of block?.prefetchedTransactions ?? []) {
        const [from_, to] = [sent.from, sent.to].map((address) => address?.toLowerCase());
        if (from_ !== account.address.toLowerCase() || to !== String(game.target).toLowerCase()) continue;
        const receipt = await provider.getTransactionReceipt(sent.hash);
        names.push(`${game.interface.parseTransaction(sent)?.name}${receipt?.status === 1 ? '' : ' (refused)'}`);
      }
    }
    return names;
  }

  /** In their order: what was passed before a kill is not passed again. The row says that a result is accused before its challenge is planned. */
  const all = (move: Move) => [...(move === 'challenge' ? rowPoints.slice(0, 2) : []), ...pointsOf(move)];
  /** One for each of these moves, unless all are tried. */
  const some =
    (...moves: Move[]) =>
    (move: Move) =>
      ALL ? all(move) : moves.includes(move) ? [random.pick(all(move))] : [];

  const answered = (outputs: () => Parameters<DisputedNetwork['answered']>[0]) => async () =>
    (await network.answered(outputs())).id;
  const hashed = (outputs: () => Parameters<DisputedNetwork['answered']>[0]) => async () => {
    const asked = (await network.askedForHash(0)) as AskedOne;
    await network.submit(network.exact, asked, outputs(), true);
    return asked.id;
  };
  /** Of the node that is killed. */
  const served = (asked: () => Promise<{ readonly id: RequestId }>) => async () => {
    await node.start({ CRASH_ROLE: 'node' });
    const { id } = await asked();
    await eventually('it is submitted', async () => (await network.subject(id)) !== undefined);
    await node.kill();
    return id;
  };
  const only = ({ challenges }: Subject) => [...challenges.values()][0];
  const isChallenged = async (id: RequestId, subject: Subject) => only(subject) ?? (await liar.challenge(id));
  /** Past the last second of a demand that is open. */
  const overdue = async (_: RequestId, subject: Subject) => {
    const [open] = openDemands(only(subject) as NonNullable<ReturnType<typeof only>>);
    if (open) await network.turnTo(open.demand.due + 1);
  };
  const refuted = async (id: RequestId, subject: Subject) =>
    only(subject)?.state === 'open' && (await third.prove(id, liar));

  const trueChallenge: Game = {
    moves: ['challenge', 'answer', 'uphold', 'claimPot'],
    begin: answered(() => network.raised()),
    causes: {
      async answer(id, subject) {
        const challenge = only(subject);
        if (challenge?.demands.size === 0) await liar.demandInVain(id, challenge.challenger, 0, network.picture(0));
      },
      uphold: (_, subject) => network.turnTo((only(subject)?.end ?? 0) + 1),
      claimPot: (_, subject) =>
        network.turnTo(
          (only(subject)?.postedAt ?? 0) + CLOCKS.challengeWindowSeconds + 17 * CLOCKS.responseSeconds + 30,
        ),
    },
  };
  const begun = { demand: isChallenged };
  const proof = { ...begun, prove: (id: RequestId) => liar.answer(id) };
  const lapse = { ...begun, lapse: overdue };
  const reclaim = { ...begun, reclaim: refuted };
  /** A little later each time. */
  const later = async () => network.turnTo((await network.now()) + 5);
  const outputDue = async (_: RequestId, { outputDemands }: Subject) => {
    for (const { demand } of outputDemands.values()) await network.turnTo(demand.due + 1);
  };
  const outputDemanded = async (id: RequestId, { outputDemands }: Subject) => {
    if (outputDemands.size === 0) await liar.demandOutput(id, hashesOf(network.exact.schema).outputHeaders);
  };
  const outputLate = async (id: RequestId, subject: Subject) => {
    await outputDemanded(id, subject);
    for (const { demand } of subject.outputDemands.values()) await network.turnTo(demand.late + 1);
  };

  /** Who lost by a game: money, or, of the node, its slice. */
  async function losers(game: () => Promise<RequestId>): Promise<string[]> {
    const { net, accounts } = deployed;
    const free = async ({ address }: Account) => (await balanceOf(net, address)).available;
    const before = [await free(accounts.verifier), await free(accounts.liar)] as const;
    const id = await game();
    const after = [await free(accounts.verifier), await free(accounts.liar)] as const;
    const condemned = await net.requests.queryFilter(net.requests.filters.Condemned(id));
    return [
      ...(after[0] < before[0] ? ['verifier'] : []),
      ...(after[1] < before[1] ? ['liar'] : []),
      ...(condemned.length > 0 ? ['node'] : []),
    ];
  }

  const asVerifier = (game: Game, ...moves: Move[]) =>
    losers(() => play(verifier, deployed.accounts.verifier, game, some(...moves)));
  const asNode = (game: Game, ...moves: Move[]) =>
    losers(() => play(node, deployed.accounts.cheat, game, some(...moves)));
  const itIfAll = ALL ? it : it.skip;

  it('scenario 37: a verifier with a true challenge has the node slashed, and its pot', async () => {
    // The liar pays for a demand that shows nothing.
    expect(await asVerifier(trueChallenge, 'challenge', 'uphold')).to.deep.equal(['liar', 'node']);
  });

  it('scenario 37: a verifier that refutes another’s false challenge costs it its bond', async () => {
    const begin = answered(() => network.reference);
    expect(await asVerifier({ begin, moves: ['demand', 'prove'], causes: proof }, 'prove')).to.deep.equal(['liar']);
  });

  it('scenario 37: a node that defends its own result costs the liar its bond', async () => {
    const begin = served(() => network.asked());
    expect(await asNode({ begin, moves: ['demand', 'prove'], causes: proof }, 'demand')).to.deep.equal(['liar']);
  });

  for (const [who, as, begin] of [
    ['verifier', asVerifier, answered(() => network.reference)],
    ['node', asNode, served(() => network.asked())],
  ] as const) {
    itIfAll(`scenario 37: a ${who} ends a challenge that falls silent`, async () => {
      expect(await as({ begin, moves: ['demand', 'lapse'], causes: lapse })).to.deep.equal(['liar']);
    });

    itIfAll(`scenario 37: a ${who} takes its fee back where somebody else was faster`, async () => {
      expect(await as({ begin, moves: ['demand', 'reclaim'], causes: reclaim })).to.deep.equal(['liar']);
    });
  }

  itIfAll('scenario 37: a verifier has a node condemned that withholds what its hash stands for', async () => {
    const begin = hashed(() => network.raised());
    const causes = { demandOutput: later, lapseOutput: outputDue };
    expect(await asVerifier({ begin, moves: ['demandOutput', 'lapseOutput'], causes })).to.deep.equal(['node']);
  });

  itIfAll('scenario 37: a verifier gives a right output on chain for a node that is gone', async () => {
    const begin = hashed(() => network.reference);
    const game: Game = { begin, moves: ['answerOutput'], causes: { answerOutput: outputLate } };
    expect(await asVerifier(game)).to.deep.equal(['liar']);
  });

  it('scenario 37: a node gives an output on chain that it submitted as a hash', async () => {
    const begin = served(() => network.askedForHash(0));
    const game: Game = { begin, moves: ['answerOutput'], causes: { answerOutput: outputDemanded } };
    expect(await asNode(game, 'answerOutput')).to.deep.equal(['liar']);
  });
});
