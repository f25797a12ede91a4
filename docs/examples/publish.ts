// Publishes a model: node docs/examples/publish.ts RPC_URL DEPLOYMENT_FILE KEY_FILE STORE_URL FOLDER namespace/name
import { readFileSync } from 'node:fs';
import { Wallet } from 'ethers';
import { actAs, connect, createModel, createVersion, listFiles } from '../../sdk/index.ts';

const [rpc = '', deploymentFile = '', keyFile = '', store = '', folder = '', name = ''] = process.argv.slice(2);
const deployment = JSON.parse(readFileSync(deploymentFile, 'utf8'));
const network = await connect({ provider: rpc, deployment });
const owner = await actAs(network, new Wallet(readFileSync(keyFile, 'utf8').trim()));

const { model } = await createModel(owner, ...(name.split('/') as [string, string]));
const { version, assessment } = await createVersion(owner, {
  model,
  onnx: readFileSync(`${folder}/model.onnx`),
  card: JSON.parse(readFileSync(`${folder}/card.json`, 'utf8')),
  stores: [{ url: store }],
  royalty: 10n ** 17n, // 0.1 OPG an item
  generate: 16, // inputs that the tolerance is measured with
});
console.log(`${name} is version ${version}, ${assessment.multiplyAdds} multiply-adds an item`);
for (const { number, files } of await listFiles(network, name)) console.log(`@${number}`, files[0]?.uris);
network.provider.destroy();
