/**
 * Seconds from a wrong result on chain to its challenge: a verifier process on a local chain, which checks everything, and a node that
 * submits what it likes without computing anything.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeItems } from '#core/commitment/canonical.ts';
import { toHex } from '#core/hex.ts';
import type { VersionId } from '#core/protocol/ids.ts';
import { itemFrom } from '#core/protocol/rows.ts';
import { hashesOf, parseSchema } from '#core/protocol/schema.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { execute } from '#core/semantics/execute/execute.ts';
import { createModel, deposit, publish, request, stake } from '../../../sdk/index.ts';
import { transact } from '../../../sdk/transact.ts';
import { requestCalls } from '../../../workers/adapters/ethers/calls.ts';
import { type Deployed, LocalNetwork } from '../../demo/localNetwork.ts';
import { exampleModel } from '../../demo/models.ts';
import { assessed, upload } from '../../demo/publishing.ts';
import { OPG } from '../../demo/stage.ts';
import { quantile } from '../path.ts';

const MODEL = 'digits-cnn';
/** Wrong results in a row, besides the first. */
const RESULTS = { fast: 20, slow: 12 };
/** Milliseconds between looks at the chain: the resolution. */
const LOOK_MS = 5;
/** Block times beside that of scripts/localChain.ts, which mines every transaction at once. */
const SLOW_BLOCK_MS = 2_000;
/** The setting `pollMs`: that of LocalNetwork, and the default (docs/workers/configuration.md). */
const FAST_POLL_MS = 50;
const SLOW_POLL_MS = 1_000;
const PATIENCE_MS = 60_000;
const FEE = OPG;
const FUNDS = 2_000n * OPG;
const CLOCKS = { challengeBaseSeconds: 120, challengeWindowSeconds: 8, responseSeconds: 3, tipDelaySeconds: 1 };

export interface Detection {
  readonly blocks: string;
  readonly pollMs: number;
  readonly results: number;
  /** Seconds from the block of the result to that of its challenge, as both are seen. */
  readonly p50: number;
  readonly most: number;
  /** The first result of a version: the model is fetched, verified, compiled and loaded before. */
  readonly first: number;
}

export async function benchDetection(say: (text: string) => void): Promise<Detection[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'opg-bench-'));
  const local = new LocalNetwork(folder);
  try {
    await Promise.all([local.chain.start(), local.storage.start()]);
    const deployed = await local.deploy(CLOCKS);
    await fund(deployed);
    const ask = await wrongResults(local, deployed);
    const rows: Detection[] = [];
    const measured = async (blocks: string, pollMs: number, results: number) => {
      const verifier = local.verifier(deployed, { network: { pollMs } });
      await verifier.start();
      const seconds: number[] = [];
      for (let i = 0; i <= results; i++) seconds.push(await secondsToChallenge(deployed, await ask()));
      await verifier.stop();
      const [first = Number.NaN, ...rest] = seconds;
      rows.push({ blocks, pollMs, results, p50: quantile(rest, 0.5), most: Math.max(...rest), first });
      say(`${results + 1} wrong results, ${blocks}`);
    };
    await measured('every transaction at once, and one every 500 ms', FAST_POLL_MS, RESULTS.fast);
    const { provider } = deployed.net as unknown as { provider: { send(method: string, values: unknown[]): unknown } };
    await provider.send('evm_setAutomine', [false]);
    await provider.send('evm_setIntervalMining', [SLOW_BLOCK_MS]);
    await measured(`every ${SLOW_BLOCK_MS / 1000} s`, SLOW_POLL_MS, RESULTS.slow);
    return rows;
  } catch (error) {
    throw new Error([(error as Error).message, ...local.complaints()].join('\n'), { cause: error });
  } finally {
    await local.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function fund({ accounts, faucet }: Deployed): Promise<void> {
  for (const account of [accounts.requester, accounts.cheat, accounts.verifier]) {
    await transact(faucet, await faucet.token.transfer.populateTransaction(account.address, 2n * FUNDS));
    await deposit(account, FUNDS);
  }
  await stake(accounts.cheat, FUNDS / 2n);
}

interface WrongResult {
  readonly id: string;
  readonly block: number;
  /** Milliseconds, of performance.now(). */
  readonly seen: number;
}

/** Publishes the model; what comes back asks for a result and submits a wrong one. */
async function wrongResults(local: LocalNetwork, { accounts }: Deployed): Promise<() => Promise<WrongResult>> {
  const { owner, requester, cheat } = accounts;
  const model = exampleModel(MODEL);
  const [vector] = model.vectors;
  if (vector === undefined) throw new Error(`${MODEL} has no vectors.`);
  const onnx = readFileSync(model.file);
  const uri = await upload(local.storage.url, onnx);
  const created = await createModel(owner, 'bench', 'digits');
  const assessment = await assessed(model, onnx);
  const published = await publish(owner, { model: created.model, onnx, card: model.card, uris: [uri], assessment });
  const version: VersionId = published.version;
  const schema = parseSchema(model.card);
  const { outputs } = execute(compile(onnx), itemFrom(schema.inputs, vector.inputs));
  // One probability is higher by a quarter.
  const wrong = outputs.map((tensor, i) =>
    i === 0 ? { ...tensor, data: (tensor.data as Float32Array).map((v, j) => (j === 3 ? v + 0.25 : v)) } : tensor,
  );
  const output = toHex(encodeItems(schema.outputs, [wrong]));
  const { outputHeaders } = hashesOf(schema);
  const calls = requestCalls(String(cheat.requests.target) as `0x${string}`);
  return async () => {
    const { id, terms, nonce } = await request(requester, { version, node: cheat.address, fee: FEE }, vector.inputs);
    const data = calls.submit([{ terms, nonce, acceptedBy: undefined, outputHeaders, output }]);
    const { receipt } = await transact(cheat, { to: calls.to, data });
    return { id, block: receipt.blockNumber, seen: performance.now() };
  };
}

async function secondsToChallenge({ net, game }: Deployed, { id, block, seen }: WrongResult): Promise<number> {
  const { topicHash } = game.getEvent('Challenged').fragment;
  const filter = { address: String(game.target), topics: [topicHash, id], fromBlock: block };
  while ((await net.provider.getLogs(filter)).length === 0) {
    if (performance.now() > seen + PATIENCE_MS) throw new Error(`Nobody challenged the wrong result ${id}.`);
    await sleep(LOOK_MS);
  }
  return (performance.now() - seen) / 1000;
}
