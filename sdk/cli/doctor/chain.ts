/** The doctor's look at the chain nodes of a configuration: do they do what the watcher needs, are there enough of them, and is their head of today? */
import { toBeHex } from 'ethers';
import { TOLERATED_LAG } from '../../../workers/adapters/ethers/providers/health.ts';
import { Rpc } from '../../../workers/adapters/ethers/rpc.ts';
import type { Deployment } from '../../deployment.ts';
import { bad, type Finding, ok, warning } from './finding.ts';

/** Blocks of one log query of the watcher. */
const RANGE = 1_000;
const STALE_SECONDS = 120;
const AHEAD_SECONDS = 15;
const TIMEOUT_MS = 10_000;

export interface ChainSettings {
  readonly rpcUrls: readonly string[];
  /** How many must say the same. */
  readonly agreement: number;
  readonly finality: { readonly kind: 'tag' } | { readonly kind: 'depth'; readonly blocks: number };
}

export interface ChainLook {
  readonly findings: readonly Finding[];
  /** The URL of one that answers; undefined = none does. */
  readonly usable: string | undefined;
}

interface Head {
  readonly number: number;
  readonly timestamp: number;
}

/** Looks at every one of them, for a worker asks each of them sooner or later. */
export async function lookAtChain(settings: ChainSettings, deployment: Deployment): Promise<ChainLook> {
  const { rpcUrls, agreement } = settings;
  const looks = await Promise.all(
    rpcUrls.map(async (url) => ({ url, ...(await lookAtNode(url, settings, deployment)) })),
  );
  const there = looks.filter(({ head }) => head !== undefined);
  const newest = there.reduce((a, b) => ((a.head?.number ?? 0) >= (b.head?.number ?? 0) ? a : b), there[0] ?? NOBODY);
  const findings = looks.flatMap(({ url, head, findings: own }) => {
    const all = head ? [...own, ...lagFinding(head, newest.head ?? head)] : own;
    // One alone needs no name.
    return rpcUrls.length === 1 ? all : all.map((one) => ({ ...one, found: `${new URL(url).origin}: ${one.found}` }));
  });
  if (rpcUrls.length > 1) findings.push(agreementFinding(there.length, rpcUrls.length, agreement));
  if (newest.head) findings.push(clockFinding(newest.head.timestamp, deployment.chainId));
  return { findings, usable: newest.url };
}

const NOBODY = { url: undefined, head: undefined };

async function lookAtNode(
  url: string,
  { finality, rpcUrls }: ChainSettings,
  { chainId, addresses }: Deployment,
): Promise<{ readonly head: Head | undefined; readonly findings: readonly Finding[] }> {
  const rpc = Rpc.open({ url, chainId, timeoutMs: TIMEOUT_MS });
  const send = (method: string, ...params: unknown[]) => rpc.send<unknown>(method, params);
  try {
    await rpc.verify();
    const began = performance.now();
    const block = await rpc.send<{ readonly number: string; readonly timestamp: string }>('eth_getBlockByNumber', [
      'latest',
      false,
    ]);
    const ms = Math.round(performance.now() - began);
    const head = { number: Number(block.number), timestamp: Number(block.timestamp) };
    const findings = [
      ok('chain', `chain ${chainId}, block ${head.number}, answered in ${ms} ms`),
      await logsFinding(send, addresses.requests, head.number),
      await finalityFinding(send, finality, head.number),
      await feesFinding(send),
    ];
    return { head, findings };
  } catch (error) {
    const found = (error as Error).message;
    const finding =
      rpcUrls.length === 1
        ? bad('chain', found, 'correct network.rpcUrl of the configuration')
        : warning('chain', found, 'correct it in network.rpcUrl, or take it out: the others have to do without it');
    return { head: undefined, findings: [finding] };
  } finally {
    rpc.close();
  }
}

function lagFinding(head: Head, newest: Head): readonly Finding[] {
  const behind = newest.number - head.number;
  if (behind <= TOLERATED_LAG) return [];
  return [warning('chain', `${behind} blocks behind the newest of the others`, 'it is asked last until it catches up')];
}

function agreementFinding(there: number, all: number, agreement: number): Finding {
  const found = `${there} of ${all} chain nodes can be used, ${agreement} must agree`;
  if (there < agreement)
    return bad('chain', found, 'nothing moves until enough of them answer: correct network.rpcUrl, or add others');
  if (there === agreement)
    return warning('chain', found, 'none may fail: one more in network.rpcUrl keeps the node going when one does');
  return ok('chain', found);
}

type Send = (method: string, ...params: unknown[]) => Promise<unknown>;

async function logsFinding(send: Send, address: string, head: number): Promise<Finding> {
  const fromBlock = toBeHex(Math.max(0, head - RANGE + 1));
  try {
    await send('eth_getLogs', { address, fromBlock: hex(fromBlock), toBlock: hex(toBeHex(head)) });
    return ok('chain', `logs of ${RANGE} blocks in one query`);
  } catch (error) {
    return bad(
      'chain',
      `eth_getLogs over ${RANGE} blocks: ${(error as Error).message}`,
      'use an endpoint that answers log queries of that range; without them requests are missed',
    );
  }
}

async function finalityFinding(send: Send, finality: ChainSettings['finality'], head: number): Promise<Finding> {
  if (finality.kind === 'depth') {
    const { blocks } = finality;
    return ok('chain', `a block counts as final ${blocks} below the newest`);
  }
  try {
    const block = (await send('eth_getBlockByNumber', 'finalized', false)) as { readonly number?: string } | null;
    if (block?.number === undefined) throw new Error('it gives no block');
    return ok('chain', `finalized block ${Number(block.number)}, ${head - Number(block.number)} below the newest`);
  } catch (error) {
    return bad(
      'chain',
      `the tag "finalized" is not served: ${(error as Error).message}`,
      'set network.finality to a number of blocks, or use another endpoint',
    );
  }
}

async function feesFinding(send: Send): Promise<Finding> {
  try {
    await send('eth_feeHistory', '0x5', 'latest', [50]);
    return ok('chain', 'fee history is served');
  } catch (error) {
    return warning(
      'chain',
      `eth_feeHistory: ${(error as Error).message}`,
      'fees are guessed from the newest block; another endpoint knows better',
    );
  }
}

/** Deadlines are chain time: a clock that is off makes a node late without knowing it. */
function clockFinding(timestamp: number, chainId: number): Finding {
  const behind = Date.now() / 1_000 - timestamp;
  const found = `this clock is ${Math.abs(behind).toFixed(0)} s ${behind >= 0 ? 'after' : 'before'} the newest block`;
  if (behind < -AHEAD_SECONDS)
    return bad(
      'clock',
      found,
      'set this machine’s clock (NTP); on a local chain whose time was moved this is to be expected',
    );
  if (behind > STALE_SECONDS)
    return warning(
      'clock',
      found,
      `the endpoint is behind, no block was made, or this clock is ahead: compare with another endpoint of chain ${chainId}`,
    );
  return ok('clock', found);
}

const hex = (quantity: string): string => `0x${BigInt(quantity).toString(16)}`;
