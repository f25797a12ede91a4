/** What a request needs besides its input: terms with stated defaults, nothing left to chance. */
import { ProtocolError } from '#core/errors.ts';
import type { Address } from '#core/hex.ts';
import { ZERO_ADDRESS } from '#core/hex.ts';
import type { VersionId } from '#core/protocol/ids.ts';
import type { ParameterSet } from '#core/protocol/parameters.ts';
import { parametersField } from '#core/protocol/parameters.ts';
import { AskFlags, Modes } from '#core/protocol/terms.ts';
import { unpackVersionWord } from '#core/protocol/version.ts';
import { chainNow } from './clock.ts';
import type { Network } from './network.ts';
import { offerOf } from './node.ts';
import { quote } from './quote.ts';

export interface AskOptions {
  readonly version: VersionId;
  /** Named node with priority until openAt; default: anybody who accepts. */
  readonly node?: Address;
  /** Wei of OPG for all items of one request, exact. Default: the named node's quote. */
  readonly fee?: bigint;
  /** Guard, for all items. Default: the royalty of now. */
  readonly maxRoyalty?: bigint;
  /** Seconds from the newest block to the last second of accept and submit. Default 3,600. */
  readonly deadlineSeconds?: number;
  /**
   * Seconds from the newest block during which only the named node may serve, and a request cannot be cancelled. Default: 600,
   * or what the node's offer wants if that is more; never beyond the deadline. Without a named node nobody has priority.
   */
  readonly reservedSeconds?: number;
  /** Guard: the parameter set. Default: the current one; 0 = any. */
  readonly set?: number;
  /** Default 0: no callback. Only for contracts. */
  readonly callbackGas?: number;
  /** VANILLA is the default. */
  readonly mode?: number;
  /** The result is one hash, the bytes are delivered off chain; exact versions only. Default false. */
  readonly exactOutput?: boolean;
  /** Let the contract check the named node's offer too, at 5k gas; default false: the quote was just read. */
  readonly checkQuote?: boolean;
  /** `balance` in Escrow, `allowance` of the token, or (default) the balance if it suffices, else the allowance. */
  readonly pay?: 'balance' | 'allowance' | 'either';
  /** Handed to the version's access policy. */
  readonly policyData?: string;
}

/** The struct Ask without what depends on input and lane. */
export interface AskTerms {
  readonly version: VersionId;
  readonly node: Address;
  readonly fee: bigint;
  readonly maxRoyalty: bigint;
  readonly deadline: number;
  readonly openAt: number;
  readonly callbackGas: number;
  readonly set: number;
  readonly mode: number;
  readonly items: number;
  readonly flags: number;
}

const DEADLINE_SECONDS = 3_600;
const RESERVED_SECONDS = 600;

/** `requests`: how many of these are paid at once. `payer`: whose balance decides between balance and allowance. */
export async function askTerms(
  network: Network,
  payer: Address,
  options: AskOptions,
  items: number,
  requests: number,
): Promise<{ readonly terms: AskTerms; readonly parameters: ParameterSet }> {
  const { version, node = ZERO_ADDRESS } = options;
  const [now, set, { word }] = await Promise.all([
    chainNow(network),
    network.requests.currentSet(),
    network.models.terms(version),
  ]);
  if (word === 0n) throw new ProtocolError('Models_Unknown', { id: version });
  const parameters = parametersField(await network.requests.parametersOf(set));
  const fee = options.fee ?? (await quoted(network, version, node, items));
  const deadline = now + (options.deadlineSeconds ?? DEADLINE_SECONDS);
  const terms = {
    version,
    node,
    fee,
    maxRoyalty: options.maxRoyalty ?? unpackVersionWord(word).royalty * BigInt(items),
    deadline,
    openAt: await openAtOf(network, options, now, deadline),
    callbackGas: options.callbackGas ?? 0,
    set: options.set ?? Number(set),
    mode: options.mode ?? Modes.VANILLA,
    items,
    flags:
      (options.exactOutput ? AskFlags.EXACT_OUTPUT : 0) |
      (options.checkQuote ? AskFlags.QUOTE : 0) |
      ((await pulls(network, payer, options, fee * BigInt(requests))) ? AskFlags.PULL : 0),
  };
  return { terms, parameters };
}

async function quoted(network: Network, version: VersionId, node: Address, items: number): Promise<bigint> {
  if (node === ZERO_ADDRESS) throw new ProtocolError('request.fee_unknown', {});
  return await quote(network, version, node, items);
}

async function openAtOf(network: Network, options: AskOptions, now: number, deadline: number): Promise<number> {
  const { version, node = ZERO_ADDRESS, reservedSeconds } = options;
  if (reservedSeconds !== undefined) return now + reservedSeconds;
  if (node === ZERO_ADDRESS) return 0; // nobody's priority
  const wanted = (await offerOf(network, node, version))?.minReserved ?? 0;
  return Math.min(deadline, now + Math.max(RESERVED_SECONDS, wanted));
}

/** Whether the fee is pulled by allowance. Throws, before anything is sent, if neither source has enough. */
async function pulls(
  { escrow, token }: Network,
  payer: Address,
  { pay = 'either' }: AskOptions,
  fee: bigint,
): Promise<boolean> {
  if (pay !== 'either') return pay === 'allowance';
  const { available } = await escrow.accountOf(payer);
  if (available >= fee) return false;
  const [allowance, balance] = await Promise.all([token.allowance(payer, escrow), token.balanceOf(payer)]);
  if (allowance >= fee && balance >= fee) return true;
  throw new ProtocolError('Escrow_Overdraw', { account: payer, asked: fee, available });
}
