/** Signs a call, then sends it: its hash is known before anybody else has it, so a lost answer leaves nobody in the dark. */
import type { Provider, Signer, TransactionRequest } from 'ethers';
import { isError, JsonRpcSigner, Transaction } from 'ethers';
import { ANSWERS } from '#core/errors/broadcast.ts';
import type { NodeError } from '#core/errors/execution.ts';
import { isProtocolError, ProtocolError } from '#core/errors.ts';
import { toProtocolError } from './chainErrors.ts';
import { sleep, within } from './clock.ts';
import type { Account } from './network.ts';

/** A transaction that was sent, or may have been. */
export interface Sent {
  readonly nonce: number;
  readonly hash: string;
  /** The signed bytes; undefined: its signer sends by itself and keeps them. */
  readonly raw: string | undefined;
  /** Why nobody knows whether it arrived; undefined: it did. */
  readonly doubt?: unknown;
}

/** How long an endpoint may take to answer before we ask again. */
export const ANSWER_MS = 15_000;

/** Throws only if the transaction certainly did not leave, but for signers that send by themselves: `chain.unsettled`. */
export async function send(account: Account, call: TransactionRequest, nonce: number): Promise<Sent> {
  const raw = await signed(account.signer, { ...call, nonce });
  if (raw === undefined) return { nonce, hash: await sendByItself(account, call, nonce), raw };
  const hash = Transaction.from(raw).hash ?? '';
  try {
    await broadcast(wayOut(account), raw);
    return { nonce, hash, raw };
  } catch (doubt) {
    if (isRefusal(doubt) && !(await arrived(account, hash, doubt))) throw doubt;
    return { nonce, hash, raw, doubt };
  }
}

/** The same bytes as often as one likes: of one nonce one transaction is mined. */
export async function broadcast(provider: Provider, raw: string): Promise<void> {
  try {
    await within(ANSWER_MS, provider.broadcastTransaction(raw));
  } catch (error) {
    if (!ANSWERS.known.test(answerIn(error)?.message ?? '')) throw error;
  }
}

export const wayOut = ({ signer, provider }: Pick<Account, 'signer' | 'provider'>): Provider =>
  signer.provider ?? provider;

export function unsettled(account: Account, sent: Pick<Sent, 'nonce' | 'hash'>, reason: string, cause: unknown): Error {
  const { hash, nonce } = sent;
  return new ProtocolError('chain.unsettled', { hash, nonce, account: account.address, reason }, { cause });
}

/** Without what ethers adds: the whole transaction, which can be 128 KB. */
export function reasonIn(error: unknown): string {
  const { shortMessage, message, code } = error as Readonly<Record<string, string | undefined>>;
  return answerIn(error)?.message || shortMessage || message || code || String(error);
}

/** undefined: this signer does not give signed transactions away. */
async function signed(signer: Signer, call: TransactionRequest): Promise<string | undefined> {
  if (signer instanceof JsonRpcSigner) return undefined;
  const { from: _, ...whole } = await signer.populateTransaction(call);
  try {
    return await signer.signTransaction(Transaction.from(whole));
  } catch (error) {
    if (isError(error, 'UNSUPPORTED_OPERATION') || /not (implemented|supported)/i.test(String(error))) return undefined;
    throw error;
  }
}

/** Wallets and unlocked accounts: whether something left cannot be looked up where the answer is lost, for its hash is in it. */
async function sendByItself(account: Account, call: TransactionRequest, nonce: number): Promise<string> {
  const { signer } = account;
  const numbered = { ...call, nonce };
  try {
    // The hash alone: what else ethers asks for may fail when the transaction has left.
    return signer instanceof JsonRpcSigner
      ? await signer.sendUncheckedTransaction(numbered)
      : (await signer.sendTransaction(numbered)).hash;
  } catch (error) {
    const answer = answerIn(error);
    const lost =
      answer === undefined ? isProtocolError(toProtocolError(error), 'chain.unavailable') : isInternal(answer);
    throw lost ? unsettled(account, { hash: 'unknown', nonce }, reasonIn(error), error) : error;
  }
}

/** Answers of a pool's own checks. Any other can be of something on the way, behind which the transaction was taken. */
const KEPT_OUT = [ANSWERS.noFunds, ANSWERS.nonceGap, ANSWERS.underpriced, ANSWERS.unfit];

function isRefusal(error: unknown): boolean {
  const { message = '' } = answerIn(error) ?? {};
  return [ANSWERS.nonceTooLow, ...KEPT_OUT].some((pattern) => pattern.test(message));
}

/** "Internal error": some part of the way failed. */
const isInternal = ({ code }: NodeError) => code === -32_603;

/** Pauses between looks for a transaction whose nonce is used, perhaps by itself: endpoints behind a balancer differ for a while. */
const LOOKS_MS = [1_000, 2_000, 3_000];

/** Whether a transaction that was refused is there all the same: whatever is on the way may have sent it twice. */
async function arrived({ provider }: Account, hash: string, refusal: unknown): Promise<boolean> {
  const pauses = ANSWERS.nonceTooLow.test(answerIn(refusal)?.message ?? '') ? LOOKS_MS : [];
  for (const pause of [0, ...pauses]) {
    await sleep(pause);
    const found = await within(ANSWER_MS, provider.getTransaction(hash)).catch(() => null);
    if (found !== null) return true;
  }
  return false;
}

/** The error object of a JSON-RPC answer, wherever a provider puts it; undefined: there was no answer. */
function answerIn(error: unknown): NodeError | undefined {
  const { info, error: inner, code } = error as Readonly<Record<string, unknown>>;
  const answer = (info as { readonly error?: unknown } | undefined)?.error ?? inner;
  if (typeof answer === 'object' && answer !== null) return answer as NodeError;
  return typeof code === 'number' ? (error as NodeError) : undefined;
}
