import { AbiCoder, type EventFragment, getBytes, Interface, type LogDescription } from 'ethers';
import { ProtocolError } from '#core/errors.ts';
import { type EventName, eventFrom, eventTables, type ProtocolEvent } from '#core/protocol/events.ts';
import type { Hex } from '#ports/chain.ts';
import {
  IChallengeGame__factory,
  IEscrow__factory,
  IInferenceRequests__factory,
  IModelRegistry__factory,
  INodeRegistry__factory,
} from '#types';

export interface RawLog {
  readonly address: Hex;
  readonly topics: readonly Hex[];
  readonly data: Hex;
  readonly blockNumber: string;
  readonly blockHash: Hex;
  readonly transactionHash: Hex;
  readonly logIndex: string;
}

/** Where the contracts of one deployment are. */
export interface Contracts {
  readonly escrow: Hex;
  readonly models: Hex;
  readonly nodes: Hex;
  readonly requests: Hex;
  /** The challenge game, if the deployment has one. */
  readonly game?: Hex | undefined;
}

export interface EventDecoder {
  /** What to filter logs by. */
  readonly addresses: readonly Hex[];
  readonly topics: readonly Hex[];
  /** undefined = not an event of the protocol. Throws `chain.log_malformed` when it claims to be one and is not. */
  decode(log: RawLog): ProtocolEvent | undefined;
}

/** IModelRegistry does not repeat what its token inherits from ERC-721. */
const registry = new Interface([
  ...IModelRegistry__factory.abi,
  'event Transfer(address indexed from, address indexed to, uint256 indexed tokenId)',
]);

export function eventDecoder(contracts: Contracts): EventDecoder {
  const sources: [Hex, Interface, readonly EventName[]][] = [
    [contracts.requests, IInferenceRequests__factory.createInterface(), namesOf(eventTables.InferenceRequests)],
    [contracts.escrow, IEscrow__factory.createInterface(), namesOf(eventTables.Escrow)],
    [contracts.models, registry, namesOf({ ...eventTables.ModelRegistry, ...eventTables.ModelToken })],
    [contracts.nodes, INodeRegistry__factory.createInterface(), namesOf(eventTables.NodeRegistry)],
  ];
  if (contracts.game)
    sources.push([contracts.game, IChallengeGame__factory.createInterface(), namesOf(eventTables.ChallengeGame)]);
  const byAddress = new Map(sources.map(([address, parser]) => [address.toLowerCase(), parser]));
  return {
    addresses: sources.map(([address]) => address),
    topics: sources.flatMap(([, parser, names]) => names.map((name) => parser.getEvent(name)?.topicHash as Hex)),
    decode(log) {
      const parser = byAddress.get(log.address.toLowerCase());
      const description = parser && parse(parser, log);
      return description ? eventOf(description, log) : undefined;
    },
  };
}

function parse(parser: Interface, log: RawLog): LogDescription | null {
  try {
    return parser.parseLog({ topics: [...log.topics], data: log.data });
  } catch (error) {
    throw malformed(log, error);
  }
}

function eventOf(description: LogDescription, log: RawLog): ProtocolEvent | undefined {
  try {
    return eventFrom(description.name, argumentsOf(description, log.data));
  } catch (error) {
    throw malformed(log, error);
  }
}

/** By the declared names: ethers' own Result resolves a field called `length` or `model` of a struct to its methods. */
function argumentsOf({ fragment, args }: LogDescription, data: Hex): Record<string, unknown> {
  const texts = textsOf(fragment, data);
  return Object.fromEntries(fragment.inputs.map((input, i) => [input.name, texts[input.name] ?? args[i]]));
}

const isText = (type: string) => type === 'string' || type === 'string[]';
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * The texts among the arguments. A contract takes any bytes for a text, and ethers refuses what is no UTF-8: then one stranger's
 * transaction would stop whoever reads the log. Here each wrong byte reads as U+FFFD.
 */
function textsOf({ inputs }: EventFragment, data: Hex): Record<string, unknown> {
  const carried = inputs.filter(({ indexed }) => !indexed);
  if (!carried.some(({ type }) => isText(type))) return {};
  const types = carried.map((input) => (isText(input.type) ? input.type.replace('string', 'bytes') : input));
  const values = AbiCoder.defaultAbiCoder().decode(types, data);
  const texts = carried.flatMap(({ name, type }, i) => (isText(type) ? [[name, textFrom(values[i])] as const] : []));
  return Object.fromEntries(texts);
}

function textFrom(value: string | Iterable<string>): string | string[] {
  return typeof value === 'string' ? utf8.decode(getBytes(value)) : [...value].map((one) => utf8.decode(getBytes(one)));
}

function malformed(log: RawLog, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const { address, blockHash: block } = log;
  return new ProtocolError('chain.log_malformed', { index: Number(log.logIndex), block, address, reason }, { cause });
}

const namesOf = (table: object) => Object.keys(table) as EventName[];
