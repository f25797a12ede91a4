/** The doctor's look at the work: files of what is offered, and every deadline that is open. */
import type { Address } from '#core/hex.ts';
import type { VersionId } from '#core/protocol/ids.ts';
import type { RequestRow } from '#core/protocol/request.ts';
import { isOver } from '#core/protocol/request.ts';
import { executable } from '../../dispute/model.ts';
import { addressTopic, logsFrom } from '../../events.ts';
import { fetchModel } from '../../fetchModel.ts';
import { findRequest } from '../../findRequest.ts';
import type { Network } from '../../network.ts';
import { offersOf } from '../../offers.ts';
import { describeVersion } from '../../version.ts';
import { when } from '../money.ts';
import { bad, type Finding, ok, warning } from './finding.ts';

/** Each offered version: its file can be fetched, has the published hash, and compiles to the published program. */
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
  const short = `${id.slice(0, 12)}…`;
  try {
    const onnx = await fetchModel(version);
    const { programRoot } = version.content;
    if (BigInt(programRoot) === 0n)
      return ok(
        'models',
        `${short}: ${onnx.length.toLocaleString('en-US')} bytes, no program: results cannot be disputed`,
      );
    const got = executable(onnx).commitment.root;
    if (got !== programRoot)
      return bad(
        'models',
        `${short} compiles to ${got}, published was ${programRoot}`,
        'take the offer back: a right result of this file can be challenged with success',
      );
    return ok('models', `${short}: ${onnx.length.toLocaleString('en-US')} bytes, hash and program root as published`);
  } catch (error) {
    return bad(
      'models',
      `${short}: ${(error as Error).message}`,
      'take the offer back, or add a store that has the file (models.stores)',
    );
  }
}

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
