/** Everything the chain says about the disputes over one request, as a bundle. */
import type { Log } from 'ethers';
import { type BundleParts, type Json, sealed } from '#core/challenges/bundle.ts';
import { headerOf } from '#core/challenges/claim.ts';
import type { Executable } from '#core/challenges/replay.ts';
import { ProtocolError } from '#core/errors.ts';
import type { Hex } from '#core/hex.ts';
import { eventFrom } from '#core/protocol/events.ts';
import type { RequestId } from '#core/protocol/ids.ts';
import { packShape, packTolerance } from '#core/protocol/version.ts';
import { named } from '../chainErrors.ts';
import { logsAbout } from '../events.ts';
import type { Network } from '../network.ts';
import { describeVersion, type Version } from '../version.ts';
import { openingsOf } from './openings.ts';
import { plainArguments } from './plain.ts';

/** Of a challenge's state, what the event is read for: the rest is the contract's bookkeeping. */
const STATE = ['item', 'postedAt', 'end', 'rank', 'bondUnits'];

export interface CollectOptions {
  /** First block to look in; by default the deployment's. */
  readonly block?: number;
  /** Canonical bytes of an input that is not on chain. */
  readonly input?: Hex;
}

/** The version whose model a dispute is about, and a function that makes the bundle once the model is known, or is known to be missing. */
export async function collect(
  network: Network,
  id: RequestId,
  { block = network.deployment.block, input }: CollectOptions = {},
): Promise<{ readonly version: Version; readonly bundle: (model: Executable | undefined) => Json }> {
  if (network.game === undefined) throw new ProtocolError('dispute.no_game', {});
  return await named('the reader', async () => {
    const logs = await logsAbout(network, id, block);
    const events = await eventsIn(network, logs);
    const [first] = events;
    const asked = first && eventFrom(first.type, first.args as { readonly [name: string]: Json });
    if (asked?.type !== 'Requested') throw new ProtocolError('request.unknown', { id, from: block });
    const version = await describeVersion(network, asked.terms.version);
    const openings = await openingsOf(
      network,
      logs.filter(({ address }) => address === network.deployment.addresses.game),
    );
    const bundle = (model: Executable | undefined): Json => {
      const parts: BundleParts = {
        chainId: network.deployment.chainId,
        requests: network.deployment.addresses.requests.toLowerCase(),
        models: network.deployment.addresses.models.toLowerCase(),
        version: wordsOf(version),
        program: openings.program ?? (model ? headerJson(model) : null),
        events,
        evidence: openings.evidence,
        demands: openings.demands,
        proofs: openings.proofs,
        input: input ?? null,
      };
      return sealed(parts);
    };
    return { version, bundle };
  });
}

async function eventsIn({ requests, game, provider }: Network, logs: readonly Log[]): Promise<BundleParts['events']> {
  const times = new Map<number, number>();
  const found: BundleParts['events'][number][] = [];
  for (const log of logs) {
    const parsed = requests.interface.parseLog(log) ?? game?.interface.parseLog(log);
    if (!parsed) continue;
    const { blockNumber: block, transactionHash: transaction } = log;
    const time = times.get(block) ?? (await provider.getBlock(block))?.timestamp ?? 0;
    times.set(block, time);
    const args = plainArguments(parsed.fragment.inputs, parsed.args);
    found.push({ type: parsed.name, block, time, transaction, args: shortened(args) });
  }
  return found;
}

function shortened(args: { readonly [name: string]: Json }): Json {
  const { state, ...rest } = args;
  if (typeof state !== 'object' || state === null) return args;
  return { ...rest, state: Object.fromEntries(Object.entries(state).filter(([name]) => STATE.includes(name))) };
}

function wordsOf({ model, content, hashes }: Version): Json {
  return {
    model,
    sha256Hash: content.sha256Hash,
    programRoot: content.programRoot,
    tolerance: packTolerance(content).toString(),
    shape: packShape(content).toString(),
    inputHeaders: hashes.inputHeaders,
    outputHeaders: hashes.outputHeaders,
  };
}

function headerJson({ program, commitment }: Executable): Json {
  return Object.fromEntries(
    Object.entries(headerOf(program, commitment)).map(([name, value]) => [name, String(value)]),
  );
}
