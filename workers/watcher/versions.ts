import { versionWords } from '#core/challenges/claim.ts';
import { isProtocolError } from '#core/errors.ts';
import { wordOf, ZERO_BYTES32 } from '#core/hex.ts';
import { unpackCost } from '#core/protocol/cost.ts';
import type { EventNamed } from '#core/protocol/events.ts';
import { hashesOf, parseSchema } from '#core/protocol/schema.ts';
import type { Hex, LoggedEvent } from '#ports/chain.ts';
import type { Journal } from '#ports/journal.ts';
import type { Observer } from '#ports/observer.ts';
import type { Log } from '#ports/telemetry.ts';
import { type ServedProgram, type ServedVersion, VERSION_ROWS } from '#ports/work.ts';

/** One stage, rows are only ever replaced. */
const { track: TRACK, stage: STAGE } = VERSION_ROWS;

/** What a node knows of a version: what to run, and the headers its calls carry. */
export interface KnownVersion extends ServedVersion {
  readonly inputHeaders: readonly Hex[];
  readonly outputHeaders: readonly Hex[];
  /** Why it is not served any more: its program or schema is not that of its model. */
  readonly refused?: string;
}

/**
 * Keeps every version that was ever published. A row outlives a reorganisation of its event: the id is the hash of what is
 * published, URIs are only hints, and the schema is checked against the hashes in the id.
 */
export function versionKeeper(journal: Journal, log: Log): Observer {
  return {
    async touched() {},
    async noticed(events: readonly LoggedEvent[]) {
      for (const { event } of events) if (event.type === 'VersionPublished') await keep(journal, log, event);
    },
  };
}

export async function versionOf(journal: Journal, version: Hex): Promise<KnownVersion | undefined> {
  return (await journal.row(TRACK, version))?.facts as KnownVersion | undefined;
}

async function keep(journal: Journal, log: Log, event: EventNamed<'VersionPublished'>): Promise<void> {
  const facts = knownFrom(event, log);
  if (!facts) return;
  const row = { track: TRACK, id: event.version, stage: STAGE, facts: { ...facts }, dueAt: undefined };
  if (await journal.open(row)) log.info('a version was published', { version: event.version, model: event.model });
  else await journal.advance(TRACK, event.version, STAGE, STAGE, { facts: { ...facts } });
}

/** undefined = nobody can serve it by its event: the schema's text is not what its hashes say. */
function knownFrom(event: EventNamed<'VersionPublished'>, log: Log): KnownVersion | undefined {
  const { content, uris, version } = event;
  try {
    const schema = parseSchema(event.schema);
    const { inputHeaders, outputHeaders, inputSchema, outputSchema } = hashesOf(schema);
    const agree = inputSchema === content.inputSchema && outputSchema === content.outputSchema;
    if (!agree || schema.rows !== content.rows) {
      log.warn('a version has another schema than it says', { version });
      return undefined;
    }
    const { inputs, outputs } = schema;
    return {
      sha256: content.sha256Hash.slice(2),
      size: Number(content.size),
      uris,
      schema: { inputs, outputs },
      rows: content.rows,
      exact: content.exact,
      ...(content.programRoot === ZERO_BYTES32 ? {} : { program: programOf(content) }),
      inputHeaders,
      outputHeaders,
    };
  } catch (error) {
    if (!isProtocolError(error)) throw error;
    log.warn('a version has a schema nobody can read', { version, reason: error.message });
    return undefined;
  }
}

function programOf(content: EventNamed<'VersionPublished'>['content']): ServedProgram {
  const { programRoot, atol, rtol, cost } = content;
  const { tolerance, shape, ...hashes } = versionWords(content);
  const words = { ...hashes, tolerance: wordOf(tolerance), shape: wordOf(shape) };
  return { root: programRoot, atol, rtol, multiplyAdds: Number(unpackCost(cost)), words };
}
