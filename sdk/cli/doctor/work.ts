/** The doctor's look at the work: files of what is offered, and every deadline that is open. */
import type { Address } from '#core/hex.ts';
import type { VersionId } from '#core/protocol/ids.ts';
import type { RequestRow } from '#core/protocol/request.ts';
import { isOver } from '#core/protocol/request.ts';
import { sidesDifference, sidesOf } from '#core/semantics/sides.ts';
import { executable } from '../../dispute/model.ts';
import { addressTopic, logsFrom } from '../../events.ts';
import { fetchModel } from '../../fetchModel.ts';
import { findRequest } from '../../findRequest.ts';
import type { Network } from '../../network.ts';
import { offersOf } from '../../offers.ts';
import { describeVersion, type Version } from '../../version.ts';
import { when } from '../money.ts';
import { bad, type Finding, ok, warning } from './finding.ts';

/** Each offered version: its file can be fetched, has the published hash, and compiles to the published program and schema. */
export async function modelFindings(network: Network, node: Address): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { version, active } of await offersOf(network, node))
    if (active) findings.push(await modelFinding(network, version));
  return findings.length > 0
    ? findings
    : [
        warning(
          'models',
          'nothing is offered',
          'opg node offer MODEL --price OPG; requesters find nodes by their offers',
        ),
      ];
}

async function modelFinding(network: Network, id: VersionId): Promise<Finding> {
  const version = await describeVersion(network, id);
  try {
    return programFinding(version, await fetchModel(version));
  } catch (error) {
    return bad(
      'models',
      `${shortened(id)}: ${(error as Error).message}`,
      'take the offer back, or add a store that has the file (models.stores)',
    );
  }
}

/** Of the file that the version names by its hash. Throws `compile.*` and `onnx.*`. */
export function programFinding(
  { version, content, schema }: Pick<Version, 'version' | 'content' | 'schema'>,
  onnx: Uint8Array,
): Finding {
  const about = `${shortened(version)}: ${onnx.length.toLocaleString('en-US')} bytes`;
  if (BigInt(content.programRoot) === 0n) return ok('models', `${about}, no program: results cannot be disputed`);
  const { program, commitment } = executable(onnx);
  const remedy = 'take the offer back: a right result of this file can be challenged with success';
  if (commitment.root !== content.programRoot) {
    const found = `${shortened(version)} compiles to ${commitment.root}, published was ${content.programRoot}`;
    return bad('models', found, remedy);
  }
  const difference = sidesDifference(schema, sidesOf(program));
  return difference === undefined
    ? ok('models', `${about}; hash, program root and schema as published`)
    : bad('models', `${shortened(version)}: ${difference}`, remedy);
}

const shortened = (id: VersionId): string => `${id.slice(0, 12)}…`;

/** Requests that name the node, or that it took, and that are not over. */
export async function deadlineFindings(network: Network, node: Address, now: number): Promise<Finding[]> {
  const { addresses, block } = network.deployment;
  const topicOf = (name: 'Requested' | 'Accepted' | 'Submitted') => network.requests.interface.getEvent(name).topicHash;
  const found = await Promise.all([
    logsFrom(network, addresses.requests, [topicOf('Requested'), null, null, addressTopic(node)], block),
    logsFrom(network, addresses.requests, [topicOf('Accepted'), null, addressTopic(node)], block),
    logsFrom(network, addresses.requests, [topicOf('Submitted'), null, addressTopic(node)], block),
  ]);
  const ids = [...new Set(found.flat().map((log) => log.topics[1] as RequestRow['id']))];
  const rows = (await Promise.all(ids.map(async (id) => (await findRequest(network, { id })).row))).filter(
    ({ state }) => !isOver(state),
  );
  const findings = rows.map((row) => deadlineFinding(row, now)).filter((one) => one !== undefined);
  return findings.length > 0
    ? findings
    : [ok('deadlines', `none is open; ${rows.length} results wait for their window`)];
}

function deadlineFinding({ id, state, terms }: RequestRow, now: number): Finding | undefined {
  const left = terms.deadline - now;
  const due = `${id} is ${state}, due ${when(terms.deadline)} (${left >= 0 ? `in ${left} s` : `${-left} s ago`})`;
  switch (state) {
    case 'Requested':
      return left < 0
        ? undefined
        : warning('deadlines', due, 'the node must be up to earn it; nothing is lost otherwise');
    case 'Accepted':
      return left < 0
        ? bad('deadlines', due, 'too late: anybody can expire it, at the price of the penalty')
        : bad('deadlines', due, 'the node must be up and submit, or it pays the penalty');
    case 'Frozen':
      return bad(
        'deadlines',
        `${id} is disputed`,
        'keep the node up: it answers and refutes by itself; opg dispute replay shows the standing, docs/workers/monitor.md watches it',
      );
    default:
      return undefined;
  }
}
