// A random run: the next second, the next call, until there have been enough.
import { Dice } from './dice.ts';
import type { Act, Harness } from './harness.ts';
import { RandomCalls } from './randomCalls.ts';
import { RandomFacts } from './randomFacts.ts';
import type { World } from './world.ts';

/** How often each call is tried. */
const WEIGHTS = {
  request: 22,
  requestMany: 7,
  decline: 4,
  accept: 12,
  submit: 16,
  cancel: 4,
  expire: 5,
  finalise: 10,
  freeze: 5,
  thaw: 3,
  condemn: 3,
  rescue: 2,
  submitEach: 3,
  submitBatch: 4,
  expireEach: 2,
  expireBatch: 3,
  finaliseEach: 4,
  finaliseBatch: 4,
  deposit: 5,
  withdraw: 5,
  stake: 5,
  unstake: 3,
  restake: 2,
  release: 2,
  purses: 5,
  stray: 1,
  hotKey: 3,
  offer: 3,
  royalty: 2,
  sale: 1,
  policy: 1,
  behaviour: 4,
  pause: 0.25,
  governance: 0.5,
};

/** Seconds: bounds further away are jumped to rarely, because a jump ends most requests on the way. */
const SOON = 4 * 3600;

type Verb = Exclude<keyof typeof WEIGHTS, 'governance'>;

export class RandomRun {
  readonly #h: Harness;
  readonly #dice: Dice;
  readonly #calls: RandomCalls;
  readonly #facts: RandomFacts;

  constructor(h: Harness, seed: number) {
    this.#h = h;
    this.#dice = new Dice(seed);
    this.#calls = new RandomCalls(h, this.#dice);
    this.#facts = new RandomFacts(h, this.#dice);
  }

  async go(calls: number): Promise<void> {
    for (let made = 0; made < calls; made++) {
      this.#h.world.facts.now = nextSecond(this.#h.world, this.#dice);
      await this.#step();
    }
  }

  async #step(): Promise<void> {
    const verb = this.#dice.weighted(WEIGHTS);
    if (verb === 'governance') {
      const [announce, delay, act] = await this.#facts.governance();
      await this.#h.run(announce);
      this.#h.world.facts.now += delay;
      return this.#h.run(act);
    }
    const act = await this.#act(verb);
    return act === undefined ? this.#step() : this.#h.run(act); // undefined: there is nothing it could be about
  }

  #act(verb: Verb): Act | undefined | Promise<Act> {
    return verb in this.#facts
      ? (this.#facts as unknown as Record<Verb, () => Act | Promise<Act>>)[verb]()
      : (this.#calls as unknown as Record<Verb, () => Act | undefined>)[verb]();
  }
}

/** Mostly a little later; sometimes at a bound of a request or of unbonding stake, one second before it or one after. */
function nextSecond(w: World, dice: Dice): number {
  if (dice.chance(0.82)) return w.now + dice.between(1, 40);
  if (dice.chance(0.5)) return w.now + dice.between(40, 600);
  if (w.isPaused() && dice.chance(0.2)) return w.facts.pausedUntil + dice.between(0, 1);
  const bounds = boundsOf(w)
    .map((bound) => bound + dice.between(-1, 1))
    .filter((bound) => bound > w.now && (bound < w.now + SOON || dice.chance(0.04)))
    .sort((a, b) => a - b);
  if (bounds.length === 0) return w.now + 1;
  return dice.pick(bounds.slice(0, 3));
}

function boundsOf(w: World): number[] {
  const ofRequests = w.ledger.openRequests().flatMap((id) => {
    const row = w.ledger.requestOf(id);
    if (row === undefined) return [];
    const { terms, challengeEnd, end } = row;
    if (challengeEnd === undefined || end === undefined) return [terms.openAt, terms.deadline];
    const { tipDelay, rescueDelay } = w.parameters(terms.set);
    return row.state === 'Frozen' ? [end, challengeEnd + rescueDelay] : [end, challengeEnd + tipDelay];
  });
  return [...ofRequests, ...w.readyAt.values()];
}
