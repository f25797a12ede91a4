import { isHexString, keccak256, toQuantity } from 'ethers';
import { ProtocolError } from '#core/errors.ts';
import type { Hex } from '#ports/chain.ts';
import type { SignedTransaction, Signer, UnsignedTransaction } from '#ports/signer.ts';
import { wrongIn } from './expectSigned.ts';

/** Which calls a signer knows: web3signer's (also of nodes and proxies), or Clef's. */
export type SignerApi = 'eth' | 'clef';

export interface RemoteSignerOptions {
  readonly url: string;
  readonly address: Hex;
  readonly api: SignerApi;
  /** Sent as a bearer token. */
  readonly token?: string | undefined;
  /** Of one call. Clef asks a person unless it has rules. */
  readonly timeoutMs: number;
}

const METHODS = {
  eth: { accounts: 'eth_accounts', sign: 'eth_signTransaction' },
  clef: { accounts: 'account_list', sign: 'account_signTransaction' },
} as const;
/** Longer answers than a transaction of 128 KiB needs are not read. */
const MAX_ANSWER_BYTES = 2 ** 20;

/**
 * A key that another process keeps, over JSON-RPC. It is asked for a signature only, and what it answers is believed only if it is exactly
 * what was asked for. Nothing of an answer but its error text enters an error.
 */
export class RemoteSigner implements Signer {
  readonly address: Hex;
  readonly #options: RemoteSignerOptions;
  /** Without path and query, where providers put their keys. */
  readonly #shown: string;

  private constructor(options: RemoteSignerOptions) {
    this.#options = options;
    this.address = options.address.toLowerCase() as Hex;
    this.#shown = new URL(options.url).origin;
  }

  /** Throws `signer.address` if the signer does not name the key, `signer.unavailable` if it does not answer. */
  static async connect(options: RemoteSignerOptions): Promise<RemoteSigner> {
    const signer = new RemoteSigner(options);
    const accounts = await signer.#accounts();
    if (accounts.includes(signer.address)) return signer;
    const found =
      accounts.length === 0 ? 'no key' : `${accounts.slice(0, 3).join(', ')}${accounts.length > 3 ? ', …' : ''}`;
    throw new ProtocolError('signer.address', { url: signer.#shown, address: signer.address, found });
  }

  /** Of other keys, those that the same signer has. */
  async others(addresses: readonly Hex[]): Promise<RemoteSigner[]> {
    const accounts = addresses.length === 0 ? [] : await this.#accounts();
    return addresses
      .filter((address) => accounts.includes(address))
      .map((address) => new RemoteSigner({ ...this.#options, address }));
  }

  async sign(transaction: UnsignedTransaction): Promise<SignedTransaction> {
    const method = METHODS[this.#options.api].sign;
    const answer = await this.#call(method, [
      {
        from: this.address,
        to: transaction.to,
        gas: toQuantity(transaction.gasLimit),
        maxFeePerGas: toQuantity(transaction.maxFeePerGas),
        maxPriorityFeePerGas: toQuantity(transaction.maxPriorityFeePerGas),
        value: '0x0',
        nonce: toQuantity(transaction.nonce),
        data: transaction.data,
        chainId: toQuantity(transaction.chainId),
      },
    ]);
    // A string by web3signer and anvil, { raw, tx } by Clef and geth.
    const raw = typeof answer === 'object' && answer !== null && 'raw' in answer ? answer.raw : answer;
    const wrong = isHexString(raw) ? wrongIn(raw, transaction, this.address) : 'no bytes';
    if (wrong !== undefined || typeof raw !== 'string')
      throw new ProtocolError('signer.wrong_answer', {
        url: this.#shown,
        address: this.address,
        reason: wrong ?? 'no bytes',
      });
    return { raw: raw.toLowerCase() as Hex, hash: keccak256(raw) as Hex };
  }

  async #accounts(): Promise<string[]> {
    const named = await this.#call(METHODS[this.#options.api].accounts, []);
    return Array.isArray(named) ? named.map((one) => String(one).toLowerCase()) : [];
  }

  async #call(method: string, params: readonly unknown[]): Promise<unknown> {
    const { url, token, timeoutMs } = this.#options;
    const unavailable = (reason: string, cause?: unknown) =>
      new ProtocolError('signer.unavailable', { url: this.#shown, method, reason }, { cause });
    let status: number;
    let text: string;
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
        // A redirect would carry the transaction, and perhaps the token, to somebody nobody named.
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      });
      status = response.status;
      text = await bounded(response);
    } catch (error) {
      const { name, message, cause } = error as Error;
      const why = name === 'TimeoutError' ? `nothing within ${timeoutMs} ms` : ((cause as Error)?.message ?? message);
      throw unavailable(why);
    }
    const body = parsed(text);
    if (body?.error !== undefined) {
      const reason = String(body.error.message ?? 'no reason given').slice(0, 200);
      throw new ProtocolError('signer.refused', { url: this.#shown, method, reason });
    }
    if (status === 401 || status === 403)
      throw new ProtocolError('signer.refused', { url: this.#shown, method, reason: `HTTP status ${status}` });
    if (status !== 200 || body === undefined || !('result' in body)) throw unavailable(`HTTP status ${status}`);
    return body.result;
  }
}

async function bounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new Error(`an answer of more than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

interface Answer {
  readonly result?: unknown;
  readonly error?: { readonly message?: unknown };
}

function parsed(text: string): Answer | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
