/**
 * What a chain node's answers look like, as far as they are read here. One that looks otherwise is an answer of a node that is not well, or of
 * something in front of it, and no fact about the chain.
 */
import { z } from 'zod';
import { ProtocolError } from '#core/errors.ts';

const quantity = z.string().regex(/^0x[0-9a-f]{1,64}$/i, 'no quantity');
/** Exact as a JavaScript number. */
const count = z.string().regex(/^0x[0-9a-f]{1,13}$/i, 'no number');
const bytes = z.string().regex(/^0x([0-9a-f]{2})*$/i, 'no bytes');
const word = z.string().regex(/^0x[0-9a-f]{64}$/i, 'no 32 bytes');
const address = z.string().regex(/^0x[0-9a-f]{40}$/i, 'no address');
const bloom = z.string().regex(/^0x[0-9a-f]{512}$/i, 'no bloom');

const block = z.object({
  number: count,
  hash: word,
  parentHash: word,
  timestamp: count,
  logsBloom: bloom.nullish(),
  baseFeePerGas: quantity.nullish(),
  transactions: z.array(z.string()).nullish(),
});

const log = z.object({
  address,
  topics: z.array(word),
  data: bytes,
  blockNumber: count,
  blockHash: word,
  transactionHash: word,
  logIndex: count,
});

const receipt = z.object({
  transactionHash: word,
  blockNumber: count,
  blockHash: word,
  status: quantity,
  gasUsed: quantity,
  logs: z.array(log),
});

/** Of other methods nothing is read but whether they failed. */
const ANSWERS: Readonly<Record<string, z.ZodType>> = {
  eth_chainId: count,
  eth_getBlockByNumber: block.nullable(),
  eth_getLogs: z.array(log),
  eth_getTransactionReceipt: receipt.nullable(),
  eth_call: bytes,
  eth_estimateGas: quantity,
  eth_getBalance: quantity,
  eth_getTransactionCount: count,
  eth_maxPriorityFeePerGas: quantity,
};

/** Characters of a wrong answer in its error. */
const SHOWN = 100;

/** Throws `rpc.unavailable` for what is no answer to the method. */
export function assertAnswer(answer: unknown, method: string, url: string): void {
  const issue = ANSWERS[method]?.safeParse(answer).error?.issues[0];
  if (issue === undefined) return;
  const where = issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
  const reason = `it answered ${JSON.stringify(answer)?.slice(0, SHOWN)}, which cannot be: ${where}${issue.message}`;
  throw new ProtocolError('rpc.unavailable', { url, method, reason });
}
