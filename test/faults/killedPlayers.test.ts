/**
 * Verifiers and nodes killed with SIGKILL in the middle of their moves: after the restart the game ends with the right loser, and no move was
 * made twice. By default at some points, drawn by the seed; KILL_POINTS=all kills before and after every step of every move (minutes).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { formatEther, type JsonRpcProvider, parseEther } from 'ethers';
import { openDemands } from '#core/challenges/follow.ts';
import type { Subject } from '#core/challenges/subject.ts';
import type { RequestId } from '#core/protocol/ids.ts';
import { hashesOf } from '#core/protocol/schema.ts';
import type { Deployed } from '../../scripts/demo/localNetwork.ts';
import type { Process } from '../../scripts/demo/processes.ts';
import { eventsIn } from '../../sdk/events.ts';
import { type Account, type AskedOne, balanceOf } from '../../sdk/index.ts';
import { DisputedNetwork } from '../e2e/disputed.ts';
import { Player } from '../e2e/player.ts';
import { accusedPoints, pointsOf } from '../support/crashing/points.ts';
import { startToDie } from '../support/crashing/start.ts';
import { eventually } from '../support/eventually.ts';
import { type FaultRun, faultStory } from '../support/faultStory.ts';
import { seeded } from '../support/seeded.ts';

const ALL = process.env['KILL_POINTS'] === 'all';
/** Long, so that no restart is too slow, and no window ends by the blocks that make something final, a second each; the tests turn the clock. */
const CLOCKS = { challengeBaseSeconds: 20_000, challengeWindowSeconds: 6_000, responseSeconds: 300, checkRateLog2: 50 };
/** Blocks: minutes, so that no process sees a transaction final before it has seen it mined. Where that is waited for, blocks are made faster. */
const FINALITY = 300;
const SLOWLY_FINAL = { network: { finality: `${FINALITY}` } };

/** OPG. Room for two bonds. */
const BUDGET = '0.25';

/** The end of its log, without what everybody says. */
const said = (player: Process): string => {
  const lines = player
    .tail(60)
    .split('\n')
    .filter((line) => !/"configuration read"|"shutdown step/.test(line));
  return lines.map((line) => line.slice(0, 300)).join('\n');
};

/** What a verifier says of its rows. */
interface Health {
  readonly components: { readonly checks?: Readonly<Record<string, number>> };
}

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
  /** Those of them at which another story kills it. */
  readonly elsewhere?: readonly Move[];
  /** Submits the result that it is about. */
  readonly begin: () => Promise<RequestId>;
  /** Makes a move necessary, if it is not yet; to be called again and again. */
  readonly causes: Partial<Record<Move, (id: RequestId, subject: Subject) => Promise<unknown>>>;
}

describe('a player killed in the middle of its moves', function () {
  this.timeout(ALL ? 7_200_000 : 600_000);
  const network = new DisputedNetwork();
  const { local } = network;
  let deployed: Deployed;
  let verifier: Process;
  let node: Process;
  let liar: Player;
  let third: Player;

  before(async () => {
    await network.start(CLOCKS);
    deployed = network.deployed;
    verifier = local.verifier(deployed, { ...SLOWLY_FINAL, verifier: { maxBonds: BUDGET } });
    node = local.cheat(deployed, {}, SLOWLY_FINAL, 'workers/node/main.ts');
    liar = new Player(network, deployed.accounts.liar, network.tolerant, [0, 0]);
    third = new Player(network, deployed.accounts.keeper, network.tolerant);
    await liar.consents();
    // The consents of those that are killed come first, so that every transaction to the game is a move.
    for (const one of [verifier, node]) await one.start();
    for (const one of [verifier, node]) await one.stop();
  });
  afterEach(() => Promise.all([verifier.kill(), node.kill()]));
  after(() => network.stop());

  /** Plays a game in which `player` dies at each of these points. */
  async function play(player: Process, account: Account, game: Game, points: (move: Move) => readonly string[]) {
    const { provider } = deployed.net;
    let deaths = 0;
    const id = await game.begin();
    const first = (await provider.getBlockNumber()) + 1;
    const caused = async (move: Move, what: string, done: () => Promise<boolean> | boolean, final = false) =>
      eventually(
        what,
        async () => {
          const subject = await network.subject(id);
          if (subject) await game.causes[move]?.(id, subject);
          if (final) await makeFinal();
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
        await startToDie(player, point);
        await caused(move, `it dies at ${point}`, () => !player.running, point.includes(':settled:'));
        expect(player.signal, `${point}\n${said(player)}`).to.equal('SIGKILL');
        deaths++;
      }
      await player.start();
      await caused(move, `it makes its ${move}`, () => made(move));
      await player.kill();
    }
    await player.start();
    await eventually('it has nothing more to do', async () => {
      await makeFinal();
      return (await open(player)) === 0;
    });
    await player.stop();
    expect(await sentToGame(account, first)).to.deep.equal(game.moves);
    return { id, deaths };
  }

  /** Some blocks more, one by one: of many mined at once Hardhat makes up the headers, and they do not descend from each other. */
  async function makeFinal(): Promise<void> {
    const provider = deployed.net.provider as JsonRpcProvider;
    await Promise.all(Array.from({ length: 128 }, () => provider.send('evm_mine', [])));
    await sleep(500); // for who follows to take them in
  }

  /** Transactions without an end, as the process tells. */
  async function open(player: Process): Promise<number> {
    if (!player.running) expect.fail(`it ended by itself (exit ${player.exitCode})\n${said(player)}`);
    const text = await fetch(`${player.url}/metrics`).then(
      (answer) => answer.text(),
      () => '',
    );
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
  const all = (move: Move) => [...(move === 'challenge' ? accusedPoints : []), ...pointsOf(move)];
  /** One for each of these moves, unless all are tried. */
  const some = (seed: number, moves: readonly Move[]) => {
    const random = seeded(seed);
    return (move: Move) => (ALL ? all(move) : moves.includes(move) ? [random.pick(all(move))] : []);
  };

  const answered = (outputs: () => Parameters<DisputedNetwork['answered']>[0]) => async () =>
    (await network.answered(outputs())).id;
  const hashed = (outputs: () => Parameters<DisputedNetwork['answered']>[0]) => async () => {
    const asked = (await network.askedForHash(0)) as AskedOne;
    await network.submit(network.exact, asked, outputs(), true);
    return asked.id;
  };
  /** Of the node that is killed. */
  const served = (asked: () => Promise<{ readonly id: RequestId }>) => async () => {
    await node.start();
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

  /** Plays it, and says who lost by it: money, or, of the node, its slice. */
  async function losers(run: FaultRun, who: 'verifier' | 'node', game: Game, moves: readonly Move[]) {
    const { net, accounts } = deployed;
    const free = async ({ address }: Account) => (await balanceOf(net, address)).available;
    const before = [await free(accounts.verifier), await free(accounts.liar)] as const;
    const [player, account] = who === 'node' ? [node, accounts.cheat] : [verifier, accounts.verifier];
    const points = some(run.seed, moves);
    const { id, deaths } = await play(player, account, game, (move) =>
      game.elsewhere?.includes(move) ? [] : points(move),
    );
    expect(deaths, 'deaths').to.be.greaterThan(0);
    const after = [await free(accounts.verifier), await free(accounts.liar)] as const;
    const condemned = await net.requests.queryFilter(net.requests.filters.Condemned(id));
    run.saw(`${deaths} deaths, ${game.moves.length} moves, each once`);
    return [
      ...(after[0] < before[0] ? ['verifier'] : []),
      ...(after[1] < before[1] ? ['liar'] : []),
      ...(condemned.length > 0 ? ['node'] : []),
    ];
  }

  /** `dies`: the moves at which it dies in the short form; none: it runs alone, and in full (scenarios/alone.ts). */
  const story = (name: string, who: 'verifier' | 'node', game: Game, loses: readonly string[], ...dies: Move[]) =>
    faultStory(name, async (run) => {
      expect(await losers(run, who, game, dies)).to.deep.equal(loses);
    });

  // The liar pays for a demand that shows nothing.
  story('killed-verifier-challenges', 'verifier', trueChallenge, ['liar', 'node'], 'challenge', 'uphold');

  const right = answered(() => network.reference);
  const own = served(() => network.asked());
  const ofVerifier = (moves: Move[], causes: Game['causes'], begin = right): Game => ({ begin, moves, causes });
  const ofNode = (moves: Move[], causes: Game['causes'], begin = own): Game => ({ begin, moves, causes });
  story('killed-verifier-refutes', 'verifier', ofVerifier(['demand', 'prove'], proof), ['liar'], 'prove');
  story('killed-node-refutes', 'node', ofNode(['demand', 'prove'], proof), ['liar'], 'demand');
  const elsewhere: Move[] = ['demand'];
  story('killed-verifier-lapses', 'verifier', { ...ofVerifier(['demand', 'lapse'], lapse), elsewhere }, ['liar']);
  story('killed-node-lapses', 'node', { ...ofNode(['demand', 'lapse'], lapse), elsewhere }, ['liar']);
  story('killed-verifier-reclaims', 'verifier', { ...ofVerifier(['demand', 'reclaim'], reclaim), elsewhere }, ['liar']);
  story('killed-node-reclaims', 'node', { ...ofNode(['demand', 'reclaim'], reclaim), elsewhere }, ['liar']);

  const withheld = { demandOutput: later, lapseOutput: outputDue };
  const demanded = ofVerifier(
    ['demandOutput', 'lapseOutput'],
    withheld,
    hashed(() => network.raised()),
  );
  story('killed-verifier-demands-output', 'verifier', demanded, ['node']);
  const helped = ofVerifier(
    ['answerOutput'],
    { answerOutput: outputLate },
    hashed(() => network.reference),
  );
  story('killed-verifier-answers-output', 'verifier', helped, ['liar']);
  const shown = ofNode(
    ['answerOutput'],
    { answerOutput: outputDemanded },
    served(() => network.askedForHash(0)),
  );
  story('killed-node-answers-output', 'node', shown, ['liar'], 'answerOutput');

  /** The most that bonds of the verifier's challenges held at a time, from a block on. */
  async function mostLocked(from: number) {
    const { game, net, accounts } = deployed;
    const logs = await net.provider.getLogs({ address: String(game.target), fromBlock: from });
    const open = new Map<string, bigint>();
    let most = 0n;
    for (const event of eventsIn(net, logs)) {
      if (event.type === 'Challenged' && event.challenger === accounts.verifier.address)
        open.set(event.challenge, event.state.bond);
      else if (event.type === 'Upheld' || event.type === 'Refuted' || event.type === 'Lapsed')
        open.delete(event.challenge);
      const locked = [...open.values()].reduce((sum, bond) => sum + bond, 0n);
      if (locked > most) most = locked;
    }
    return { most, now: open };
  }

  faultStory('killed-verifier-budget', async ({ seed, saw }) => {
    const first = (await deployed.net.provider.getBlockNumber()) + 1;
    for (let n = 0; n < 4; n++) await network.answered(network.raised());
    const points = ALL ? all('challenge') : [seeded(seed).pick(all('challenge'))];
    for (const point of points) {
      await startToDie(verifier, point);
      await eventually(`it dies at ${point}`, async () => {
        if (point.includes(':settled:')) await makeFinal();
        return !verifier.running;
      });
      expect(verifier.signal, `${point}\n${said(verifier)}`).to.equal('SIGKILL');
    }
    await verifier.start();
    const challenged = async (count: number) => (await mostLocked(first)).now.size === count;
    const stages = async () => (await (await fetch(`${verifier.url}/healthz`)).json()) as Health;
    await eventually(
      'two wrong results wait for money, the others are challenged',
      async () => (await stages()).components.checks?.['unaffordable'] === 2 && (await challenged(2)),
      180_000,
    ).catch(async (error: Error) => {
      const { most, now } = await mostLocked(first);
      expect.fail(
        `${error.message} Most locked ${most}, now ${[...now.values()]}; ${JSON.stringify(await stages())}\n${said(verifier)}`,
      );
    });
    const { most, now } = await mostLocked(first);
    const [bond = 0n] = now.values();
    const budget = parseEther(BUDGET);
    expect([most, most <= budget, most + bond > budget]).to.deep.equal([2n * bond, true, true]);

    // What the first two give back pays for the others.
    await network.turnTo((await network.now()) + CLOCKS.challengeWindowSeconds + 60);
    const upheld = async () => (await deployed.game.queryFilter(deployed.game.filters.Upheld(), first)).length === 2;
    await eventually('two are upheld, the others challenged', async () => (await upheld()) && (await challenged(2)));
    expect((await mostLocked(first)).most).to.equal(most);
    const sent = await sentToGame(deployed.accounts.verifier, first);
    expect(sent.sort()).to.deep.equal([...Array(4).fill('challenge'), 'uphold', 'uphold']);
    saw(`${points.length} deaths; never more than ${formatEther(most)} of ${BUDGET} OPG in bonds`);
  });
});
