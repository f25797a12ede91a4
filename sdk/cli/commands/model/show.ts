/** `opg model show`: a model, its versions, and who serves them. */
import { modelNamed } from '../../../named.ts';
import { offersFor } from '../../../offers.ts';
import { columns } from '../../../table.ts';
import { verificationOf } from '../../../verification.ts';
import { describeVersion } from '../../../version.ts';
import { answer } from '../../answer.ts';
import type { Command } from '../../command.ts';
import { NETWORK, onNetwork } from '../../context.ts';
import { shown, when } from '../../money.ts';

export const showModelCommand: Command = {
  name: 'model show',
  summary: 'Shows a model: owner, inputs, outputs, versions, and who serves them for how much.',
  positionals: ['NAMESPACE/NAME'],
  options: NETWORK.options,
  explained: NETWORK.explained,
  finding: 'there is no such model, or the chain did not answer',
  async run(args, terminal) {
    return await onNetwork(args, async (network) => {
      const { model, namespace, name, owner, versions } = await modelNamed(network, args.positionals[0] ?? '');
      const listed = await Promise.all(
        versions.map(async (one) => ({
          ...one,
          about: await describeVersion(network, one.version),
          offers: one.retired ? [] : await offersFor(network, one.version),
        })),
      );
      const newest = listed.findLast(({ retired }) => !retired)?.about;
      const tensors = (side: 'inputs' | 'outputs') =>
        (newest?.schema[side] ?? []).map(({ name: tensor, dtype, shape }) => [
          side.slice(0, -1),
          `${tensor} ${dtype} [${shape.map((dim) => (dim === -1 ? 'N' : dim)).join(', ')}]`,
        ]);
      const lines = [
        ...columns([
          ['model', `${namespace}/${name}, number ${model}`],
          ['owner', owner],
          ...(newest === undefined ? [] : cardRows(newest.metadata)),
          ...tensors('inputs'),
          ...tensors('outputs'),
        ]),
        '',
        ...columns([
          ['version', 'id', 'bytes', 'royalty', 'state', 'verified by', 'cheapest offer'],
          ...listed.map(({ number, version, files, royalty, retired, policy, about, offers: [first] }) => [
            `@${number}`,
            version,
            (files[0]?.size ?? 0n).toLocaleString('en-US'),
            shown(royalty),
            retired ? 'retired' : policy === undefined ? 'open' : `access by ${policy}`,
            verificationOf(about),
            first === undefined ? 'none' : `${shown(first.fee)} OPG by ${first.node} until ${when(first.until)}`,
          ]),
        ]),
      ];
      return answer(
        args,
        terminal,
        {
          name: `${namespace}/${name}`,
          model,
          owner,
          versions: listed.map(({ number, version, retired, royalty, policy, files, offers, about }) => ({
            number,
            version,
            retired,
            royalty: String(royalty),
            policy: policy ?? null,
            sha256: about.content.sha256Hash,
            bytes: String(files[0]?.size ?? 0n),
            programRoot: about.content.programRoot,
            exact: about.content.exact,
            verifiedBy: verificationOf(about),
            uris: [...about.uris],
            inputs: about.schema.inputs.map(({ name: tensor, dtype, shape }) => ({
              name: tensor,
              dtype,
              shape: [...shape],
            })),
            outputs: about.schema.outputs.map(({ name: tensor, dtype, shape }) => ({
              name: tensor,
              dtype,
              shape: [...shape],
            })),
            offers: offers.map(({ node, endpoint, fee, until }) => ({ node, endpoint, fee: String(fee), until })),
          })),
        },
        lines.join('\n'),
      );
    });
  },
};

/** What the owner says of it; unchecked text, so control characters are left out. */
function cardRows(metadata: string): string[][] {
  let card: unknown;
  try {
    card = JSON.parse(metadata);
  } catch {
    return [];
  }
  const { task, description } = (card ?? {}) as { readonly task?: unknown; readonly description?: unknown };
  return [
    ...(typeof task === 'string' ? [['task', printable(task)]] : []),
    ...(typeof description === 'string' ? [['about', printable(description)]] : []),
  ];
}

export const printable = (text: string): string => text.replace(/\p{C}/gu, ' ').slice(0, 500);
