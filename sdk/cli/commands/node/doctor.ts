/** `opg node doctor`: everything that keeps a node from earning, and what to do about each. */
import { isProtocolError } from '#core/errors.ts';
import { toAddress } from '#core/hex.ts';
import { configuredSigners } from '../../../../workers/adapters/signer/configured.ts';
import { loadConfig } from '../../../../workers/config/load.ts';
import { chainNow } from '../../../clock.ts';
import { parseDeployment } from '../../../deployment.ts';
import { connect, type Network } from '../../../network.ts';
import { columns } from '../../../table.ts';
import { type Command, EXIT } from '../../command.ts';
import { lookAtChain } from '../../doctor/chain.ts';
import { defenceFindings } from '../../doctor/defence.ts';
import { bad, type Finding, ok, warning } from '../../doctor/finding.ts';
import { diskFinding, endpointFinding, runtimeFinding } from '../../doctor/machine.ts';
import { moneyFindings } from '../../doctor/money.ts';
import { deadlineFindings, modelFindings } from '../../doctor/work.ts';
import { readJson } from '../../files.ts';
import { configurationFile } from '../../nodeFolder.ts';
import { waiting } from '../../progress.ts';

export const doctorCommand: Command = {
  name: 'node doctor',
  summary: 'Looks for what keeps a node from earning, and says what to do about it.',
  positionals: ['FOLDER'],
  options: {},
  explained: [],
  finding: 'something is bad; warnings alone are exit code 0',
  async run(args, terminal) {
    const [folder = ''] = args.positionals;
    const file = configurationFile(folder);
    const findings = await waiting(terminal, 'looking', () => examine(file));
    const worst = findings.some(({ state }) => state === 'bad');
    terminal.out(
      args.json
        ? `${JSON.stringify({ ok: !worst, findings })}\n`
        : `${columns(findings.flatMap(({ area, state, found, remedy }) => [[SIGN[state], area, found], ...(remedy === '' ? [] : [['', '', `-> ${remedy}`]])])).join('\n')}\n`,
    );
    return worst ? EXIT.finding : EXIT.ok;
  },
};

const SIGN = { ok: 'ok', warning: 'look', bad: 'BAD' } as const;

async function examine(file: string): Promise<Finding[]> {
  const configuration = configured(file);
  if ('state' in configuration) return [configuration];
  const { config } = configuration;
  const findings: Finding[] = [
    ok('configuration', file),
    ...(config.admission.minNetPerItem === 0n
      ? [
          warning(
            'configuration',
            'admission.minNetPerItem is 0: any version is served for any fee, whatever the node offers',
            'leave it out, and the node asks what its offers ask; or set it to what an item must bring at least',
          ),
        ]
      : []),
    diskFinding(config.process.dataDir, config.models.cacheBytes),
    await runtimeFinding(config.reference.check.unchecked),
  ];
  let network: Network;
  try {
    const deployment: unknown = readJson(config.network.deployment);
    const chain = await lookAtChain(config.network, parseDeployment(deployment));
    findings.push(...chain.findings);
    if (chain.usable === undefined) return findings;
    network = await connect({ provider: chain.usable, deployment });
  } catch (error) {
    return [...findings, bad('chain', (error as Error).message, 'correct network.deployment of the configuration')];
  }
  try {
    const { key, error } = await keyOf(config);
    if (key === undefined) return [...findings, bad('key', error, 'nothing can be signed until that is put right')];
    const node = toAddress(config.signer.account ?? key);
    const now = await chainNow(network);
    const { endpoint } = await network.nodes.nodeOf(node);
    return [
      ...findings,
      ...(await moneyFindings(network, node, key)),
      ...(await defenceFindings(network, key)),
      await endpointFinding(endpoint),
      ...(await modelFindings(network, node)),
      ...(await deadlineFindings(network, node, now)),
    ];
  } finally {
    network.provider.destroy();
  }
}

/** A signer that is away is a finding, not the end of the visit. */
async function keyOf({ signer }: ReturnType<typeof loadConfig<'node'>>) {
  try {
    return { key: toAddress((await configuredSigners(signer)).signer.address), error: '' };
  } catch (error) {
    if (!isProtocolError(error)) throw error;
    return { key: undefined, error: error.message };
  }
}

function configured(file: string): Finding | { readonly config: ReturnType<typeof loadConfig<'node'>> } {
  try {
    return { config: loadConfig('node', { ...process.env, OPG_CONFIG: file }) };
  } catch (error) {
    if (!isProtocolError(error)) throw error;
    return bad('configuration', error.message, 'docs/workers/configuration.md explains each setting');
  }
}
