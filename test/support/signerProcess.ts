/**
 * A signer as a process of its own, over JSON-RPC as web3signer and Clef speak it, with the key of the environment's SIGNER_KEY. The path of
 * the URL says what is wrong with it: `/` nothing, `/nonce` it signs another nonce, `/slow` it never answers. Prints its port.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { accessListify, type Signature, Transaction, type TransactionLike, Wallet } from 'ethers';

/** What each signer that lies does to the transaction that it is asked for. */
const CHANGES: Readonly<Record<string, (asked: TransactionLike) => TransactionLike>> = {
  nonce: (asked) => ({ ...asked, nonce: (asked.nonce ?? 0) + 1 }),
  target: (asked) => ({ ...asked, to: `0x${'ee'.repeat(20)}` }),
  data: (asked) => ({ ...asked, data: `${asked.data}00` }),
  value: (asked) => ({ ...asked, value: 1n }),
  gas: (asked) => ({ ...asked, gasLimit: BigInt(asked.gasLimit ?? 0) + 1n }),
  cap: (asked) => ({ ...asked, maxFeePerGas: BigInt(asked.maxFeePerGas ?? 0) * 10n }),
  tip: (asked) => ({ ...asked, maxPriorityFeePerGas: BigInt(asked.maxPriorityFeePerGas ?? 0) - 1n }),
  chain: (asked) => ({ ...asked, chainId: 1n }),
  list: (asked) => ({ ...asked, accessList: accessListify([[`0x${'11'.repeat(20)}`, []]]) }),
  legacy: ({ maxFeePerGas, maxPriorityFeePerGas: _, ...asked }) => ({
    ...asked,
    type: 0,
    gasPrice: maxFeePerGas ?? 0n,
  }),
};
/** And to the answer. */
const ANSWERS: Readonly<Record<string, (raw: string, signed: Transaction) => unknown>> = {
  otherkey: (_, signed) => {
    const again = signed.clone();
    again.signature = new Wallet(`0x${'77'.repeat(32)}`).signingKey.sign(signed.unsignedHash);
    return again.serialized;
  },
  unsigned: (_, signed) => signed.unsignedSerialized,
  mirrored: (raw, { signature }) => {
    // The other s that the curve allows, which the chain does not.
    const { s } = signature as Signature;
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    return raw.replace(s.slice(2), (order - BigInt(s)).toString(16).padStart(64, '0'));
  },
  longer: (raw) => `${raw}00`,
  nothing: () => null,
  words: () => 'signed',
};
export const LIES: readonly string[] = [...Object.keys(CHANGES), ...Object.keys(ANSWERS)];

interface Call {
  readonly id: number;
  readonly method: string;
  readonly params: readonly Readonly<Record<string, string>>[];
}

function answer(way: string, { method, params: [given = {}] }: Call, wallet: Wallet): unknown {
  if (method === 'eth_accounts' || method === 'account_list') return [`0x${'99'.repeat(20)}`, wallet.address];
  if (given['from']?.toLowerCase() !== wallet.address.toLowerCase()) throw new Error(`no key for ${given['from']}`);
  const { from: _, gas, nonce, chainId, ...rest } = given;
  const numbers = { gasLimit: gas ?? null, nonce: Number(nonce), chainId: BigInt(chainId ?? 0) };
  const asked: TransactionLike = { type: 2, ...rest, ...numbers };
  const signed = Transaction.from(CHANGES[way]?.(asked) ?? asked);
  signed.signature = wallet.signingKey.sign(signed.unsignedHash);
  const raw = ANSWERS[way]?.(signed.serialized, signed) ?? signed.serialized;
  if (way === 'nothing') return null;
  return method === 'account_signTransaction' ? { raw, tx: {} } : raw;
}

async function serve(request: IncomingMessage, response: ServerResponse, wallet: Wallet): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const way = request.url?.slice(1) ?? '';
  const call = JSON.parse(Buffer.concat(chunks).toString()) as Call;
  const asksForAccounts = /accounts|list$/.test(call.method);
  const say = (status: number, body: unknown) => response.writeHead(status).end(JSON.stringify(body));
  if (way === 'token' && request.headers.authorization !== `Bearer ${process.env['SIGNER_TOKEN']}`)
    return void say(401, {});
  if (!asksForAccounts) {
    if (way === 'slow') return;
    if (way === 'dropped') return void response.destroy();
    if (way === 'half')
      return void response.writeHead(200, { 'content-length': '1000' }).write('{"jsonrpc"', () => response.destroy());
    if (way === 'broken') return void say(500, { what: 'broken' });
    if (way === 'moved') return void response.writeHead(307, { location: '/' }).end();
    if (way === 'endless') return void response.writeHead(200).end(`"${'0'.repeat(2 ** 21)}"`);
    if (way === 'locked')
      return void say(200, { id: call.id, error: { code: -32000, message: 'the vault is locked' } });
  }
  try {
    say(200, { jsonrpc: '2.0', id: call.id, result: answer(way, call, wallet) });
  } catch (error) {
    say(200, { jsonrpc: '2.0', id: call.id, error: { code: -32602, message: (error as Error).message } });
  }
}

// Mocha reads every file under test/; only a process of its own runs this one.
if (import.meta.main) {
  const wallet = new Wallet(process.env['SIGNER_KEY'] ?? '');
  const server = createServer((request, response) => void serve(request, response, wallet));
  server.listen(Number(process.env['SIGNER_PORT'] ?? 0), '127.0.0.1', () =>
    console.log((server.address() as AddressInfo).port),
  );
}

export interface SignerProcess {
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** Another one on the port of one that was stopped, if it is given. */
export async function startSigner(key: string, token = '', port = 0): Promise<SignerProcess> {
  const env = { PATH: process.env['PATH'], SIGNER_KEY: key, SIGNER_TOKEN: token, SIGNER_PORT: `${port}` };
  const child: ChildProcess = spawn(process.execPath, [import.meta.filename], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const found = await new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).once('line', (line) => resolve(Number(line)));
    gone.then(() => reject(new Error('the signer ended at once')));
  });
  return {
    url: `http://127.0.0.1:${found}`,
    port: found,
    async stop() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}
