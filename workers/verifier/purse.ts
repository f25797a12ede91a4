import { bondOf, feeOf, PRICED_GAS } from '#core/challenges/costs.ts';
import { isProtocolError } from '#core/errors.ts';
import type { ChainSender, Hex } from '#ports/chain.ts';
import type { GameViews } from '#ports/game.ts';
import type { Log, Metrics } from '#ports/telemetry.ts';

export interface PurseParts {
  readonly views: Pick<GameViews, 'freeBalance' | 'gasPrice'>;
  readonly sender: Pick<ChainSender, 'balance' | 'fees'>;
  readonly account: Hex;
  /** Wei of OPG that may be locked in bonds; 0n: this party posts no challenges. */
  readonly maxBonds: bigint;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Of any program, at most. */
const LEVELS = 8n;
const LARGEST_STEP = 12_000_000n;
/** A proof of most programs: the step alone of a long Dot. */
const USUAL_STEP = 1_000_000n;
/** Chain seconds between looks. */
const EVERY_SECONDS = 60;

/** What one dispute can take: OPG for a demand at every level, and for a bond where bonds are posted; coin for the gas of D + 1 moves. */
export function neededFor(
  maxBonds: bigint,
  opgPerGas: bigint,
  weiPerGas: bigint,
): { readonly opg: bigint; readonly gas: bigint } {
  const bond = bondOf({ levels: LEVELS, largestStep: LARGEST_STEP }, opgPerGas);
  return {
    opg: LEVELS * feeOf('whole', opgPerGas) + (bond < maxBonds ? bond : maxBonds),
    gas: (LEVELS * PRICED_GAS.demand + PRICED_GAS.prove + USUAL_STEP) * weiPerGas,
  };
}

/** Watches whether the key could play a dispute to its end, and says so once when it could not any more. */
export class Purse {
  readonly #parts: PurseParts;
  readonly #short = { opg: false, gas: false };
  #next = 0;

  constructor(parts: PurseParts) {
    this.#parts = parts;
  }

  /** Asks the chain at most once a minute of its time. Never throws what may pass. */
  async look(now: number): Promise<void> {
    if (now < this.#next) return;
    this.#next = now + EVERY_SECONDS;
    try {
      await this.#look();
    } catch (error) {
      if (!isProtocolError(error) || !error.retryable) throw error;
      this.#parts.log.debug('the purse was not looked at', { reason: error.message });
    }
  }

  async #look(): Promise<void> {
    const { views, sender, account, maxBonds } = this.#parts;
    const [opg, gas, opgPerGas, { maxFeePerGas }] = await Promise.all([
      views.freeBalance(account),
      sender.balance(account),
      views.gasPrice(),
      sender.fees(),
    ]);
    const needed = neededFor(maxBonds, opgPerGas, maxFeePerGas);
    this.#compare('opg', opg, needed.opg);
    this.#compare('gas', gas, needed.gas);
  }

  #compare(kind: 'opg' | 'gas', has: bigint, needs: bigint): void {
    const { metrics, log, account } = this.#parts;
    metrics.gauge('worker_purse_wei', Number(has), { kind });
    metrics.gauge('worker_purse_needed_wei', Number(needs), { kind });
    const short = has < needs;
    if (short && !this.#short[kind])
      log.error(`the key has too little ${NAMES[kind]} for a dispute`, { account, has, needs, remedy: REMEDIES[kind] });
    if (!short && this.#short[kind]) log.info(`the key has enough ${NAMES[kind]} again`, { account, has });
    this.#short[kind] = short;
  }
}

const NAMES = { opg: 'OPG in Escrow', gas: 'native coin' } as const;
const REMEDIES = {
  opg: 'deposit for it: any account may call Escrow.depositFor with the address of the key',
  gas: 'send native coin to the address of the key',
} as const;
