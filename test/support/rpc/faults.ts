/** What can be wrong with a chain node, as something between it and a worker can do it. */
import { id as keccakOf } from 'ethers';
import { type Seeded, seeded } from '../seeded.ts';

/** `share`: of the calls concerned, how many; 1 if absent. */
export type RpcFault = { readonly share?: number } & (
  | { readonly kind: 'delay'; readonly ms: number }
  /** The call never reaches the node, or reaches it and its answer is lost. */
  | { readonly kind: 'drop'; readonly after?: boolean; readonly methods?: readonly string[] }
  | { readonly kind: 'truncate' }
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: string }
  /** Nothing newer than so many blocks ago. */
  | { readonly kind: 'stale'; readonly blocks: number }
  /** A newest block that is not there. */
  | { readonly kind: 'farHead' }
  /** Some or all logs are left out; of the node's index only, or of receipts too. */
  | { readonly kind: 'omitLogs'; readonly each?: boolean; readonly receipts?: boolean }
  | { readonly kind: 'receipt'; readonly lie: 'status' | 'absent' | 'block' }
  /** Another block under the same number. */
  | { readonly kind: 'otherBlock' }
  /** Broadcasts are answered so; taken all the same, or not. */
  | { readonly kind: 'broadcast'; readonly message: string; readonly taken: boolean }
  /** Transactions of more bytes are refused, as by go-ethereum's pool: 131,072 there. */
  | { readonly kind: 'oversized'; readonly bytes: number }
  /** Broadcasts are answered with their hash and thrown away. */
  | { readonly kind: 'swallow' }
  | { readonly kind: 'nonce'; readonly by: number }
  /** Calls of contracts answer with zeros. */
  | { readonly kind: 'zeros' }
  /** Estimates say that the contract would refuse. */
  | { readonly kind: 'refuse' }
  | { readonly kind: 'tip'; readonly wei: string }
  | { readonly kind: 'noFinalized' }
  /** Ranges of logs longer than this are refused. */
  | { readonly kind: 'ranges'; readonly blocks: number }
  /** Everything is of another chain: of the node at this URL. */
  | { readonly kind: 'otherChain'; readonly url: string }
);

export interface Call {
  readonly id: unknown;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** A JSON-RPC answer. */
export type Answer = Readonly<Record<string, unknown>> & { readonly result?: unknown };

export interface Meeting {
  readonly call: Call;
  readonly random: Seeded;
  forward(call: Omit<Call, 'id'>): Promise<Answer>;
}

/** What becomes of an answer; undefined = the fault is not about this call. */
type Twist = (meeting: Meeting, answer: () => Promise<Answer>) => Promise<Answer> | undefined;

const refusal = (code: number, message: string, data?: string) => ({
  error: { code, message, ...(data === undefined ? {} : { data }) },
});
const hex = (value: number) => `0x${value.toString(16)}`;
type Block = Record<string, unknown> & { readonly number: string; readonly hash: string };
type LogHolder = Record<string, unknown> & { readonly blockNumber: string; readonly logs: readonly unknown[] };

const BLOCK = 'eth_getBlockByNumber';
const RECEIPT = 'eth_getTransactionReceipt';
const LOGS = 'eth_getLogs';

/** Faults of content: they change a call or its answer. The others, of the connection, are the proxy's. */
export function twistOf(fault: RpcFault): Twist {
  switch (fault.kind) {
    case 'stale':
      return stale(fault.blocks);
    case 'farHead':
      return ({ call }, answer) =>
        call.method === BLOCK && call.params[0] === 'latest'
          ? changed<Block>(answer, (block) => ({ ...block, number: hex(Number(block.number) + 1_000_000) }))
          : undefined;
    case 'omitLogs':
      return ({ call, random }, answer) => {
        const left = (logs: readonly unknown[]) => (fault.each ? logs.filter(() => random.int(2) === 0) : []);
        if (call.method === LOGS) return changed<unknown[]>(answer, left);
        return fault.receipts && call.method === RECEIPT
          ? changed<LogHolder>(answer, (receipt) => ({ ...receipt, logs: left(receipt.logs) }))
          : undefined;
      };
    case 'receipt':
      return ({ call }, answer) => (call.method === RECEIPT ? falseReceipt(fault.lie, answer) : undefined);
    case 'otherBlock':
      return ({ call }, answer) =>
        call.method === BLOCK
          ? changed<Block>(answer, (block) => ({ ...block, hash: keccakOf(`another ${block.hash}`) }))
          : undefined;
    case 'broadcast':
      return ({ call }, answer) => {
        if (call.method !== 'eth_sendRawTransaction') return undefined;
        const said = refusal(-32_000, fault.message);
        return fault.taken ? answer().then(() => said) : Promise.resolve(said);
      };
    case 'oversized':
      return ({ call }) => {
        const size = call.method === 'eth_sendRawTransaction' ? String(call.params[0]).length / 2 - 1 : 0;
        const said = `oversized data: transaction size ${size}, limit ${fault.bytes}`;
        return size > fault.bytes ? Promise.resolve(refusal(-32_000, said)) : undefined;
      };
    case 'swallow':
      return ({ call }) =>
        call.method === 'eth_sendRawTransaction'
          ? Promise.resolve({ result: keccakOf(String(call.params[0])) })
          : undefined;
    case 'nonce':
      return ({ call }, answer) =>
        call.method === 'eth_getTransactionCount'
          ? changed<string>(answer, (count) => hex(Math.max(0, Number(count) + fault.by)))
          : undefined;
    case 'zeros':
      return ({ call }, answer) =>
        call.method === 'eth_call' ? changed<string>(answer, (word) => `0x${'0'.repeat(word.length - 2)}`) : undefined;
    case 'refuse':
      return ({ call }) =>
        call.method === 'eth_estimateGas' ? Promise.resolve(refusal(3, 'execution reverted', '0xdeadbeef')) : undefined;
    case 'tip':
      return ({ call }) =>
        call.method === 'eth_maxPriorityFeePerGas' ? Promise.resolve({ result: fault.wei }) : undefined;
    case 'noFinalized':
      return ({ call }) =>
        call.method === BLOCK && call.params[0] === 'finalized'
          ? Promise.resolve(refusal(-32_602, 'invalid argument 0: hex string without 0x prefix'))
          : undefined;
    case 'ranges':
      return ({ call }) => {
        const { fromBlock, toBlock } = (call.params[0] ?? {}) as Readonly<Record<string, string>>;
        const wide =
          call.method === LOGS && fromBlock !== undefined && Number(toBlock) - Number(fromBlock) >= fault.blocks;
        return wide ? Promise.resolve(refusal(-32_000, `query exceeds max block range ${fault.blocks}`)) : undefined;
      };
    default:
      return () => undefined;
  }
}

async function changed<T>(answer: () => Promise<Answer>, change: (result: T) => unknown): Promise<Answer> {
  const given = await answer();
  return given.result === null || given.result === undefined ? given : { ...given, result: change(given.result as T) };
}

function falseReceipt(lie: 'status' | 'absent' | 'block', answer: () => Promise<Answer>): Promise<Answer> {
  return changed<LogHolder>(answer, (receipt) => {
    if (lie === 'absent') return null;
    if (lie === 'status') return { ...receipt, status: receipt['status'] === '0x1' ? '0x0' : '0x1' };
    // The block before it is a real one, and does not hold the transaction.
    return { ...receipt, blockNumber: hex(Number(receipt.blockNumber) - 1) };
  });
}

/** A node that stopped following: it answers consistently, as of some blocks ago. */
function stale(blocks: number): Twist {
  return (meeting, answer) => {
    const { call, forward } = meeting;
    const newest = async () => Number((await forward({ method: 'eth_blockNumber', params: [] })).result) - blocks;
    const then = (method: string, params: readonly unknown[]) => forward({ method, params });
    switch (call.method) {
      case 'eth_blockNumber':
        return newest().then((number) => ({ result: hex(number) }));
      case BLOCK: {
        const [name, full] = call.params;
        return newest().then((number) => {
          if (name === 'latest') return then(BLOCK, [hex(number), full]);
          return Number(name) > number ? { result: null } : answer();
        });
      }
      case 'eth_getTransactionCount':
        return newest().then((number) => then(call.method, [call.params[0], hex(number)]));
      case 'eth_call':
        return call.params[1] === 'latest'
          ? newest().then((number) => then(call.method, [call.params[0], hex(number)]))
          : undefined;
      case RECEIPT:
        return Promise.all([newest(), answer()]).then(([number, given]) => {
          const receipt = given.result as LogHolder | null;
          return receipt && Number(receipt.blockNumber) > number ? { result: null } : given;
        });
      default:
        return undefined;
    }
  };
}

/** Random choices of one proxy. */
export const choices = (seed: number, at: number): Seeded => seeded(seed * 7919 + at + 1);
