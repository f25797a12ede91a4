/** Publishing the models of load, and a node's offers for them. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Signer } from 'ethers';
import type { VersionId } from '#core/protocol/ids.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { programRoot } from '#core/semantics/record.ts';
import { type Account, actAs, createModel, publish, setOffer } from '../../sdk/index.ts';
import { loadModel } from './models.ts';

const PRICE = 10n ** 18n;
const FOR_EVER = 2 ** 40 - 1;

let published = 0;

/** `folder`: where the node finds the files of `file:` URIs. `multiplyAdds`: what the versions say that an item takes; what it does, if absent. */
export async function offerLoadModels(
  signer: Signer,
  node: Account,
  folder: string,
  count: number,
  multiplyAdds?: bigint,
): Promise<readonly VersionId[]> {
  const owner = await actAs(node, signer);
  const versions: VersionId[] = [];
  for (let i = 0; i < count; i++) {
    const { name, onnx, card } = loadModel(published++);
    const sha256 = createHash('sha256').update(onnx).digest('hex');
    writeFileSync(path.join(folder, sha256), onnx);
    const { model } = await createModel(owner, 'load', name);
    const cost = multiplyAdds === undefined ? {} : { multiplyAdds };
    const { version } = await publish(owner, {
      model,
      onnx,
      card,
      uris: [`file:${sha256}`],
      programRoot: programRoot(compile(onnx)),
      ...cost,
    });
    await setOffer(node, version, { price: PRICE, minReserved: 0, until: FOR_EVER });
    versions.push(version);
  }
  return versions;
}
