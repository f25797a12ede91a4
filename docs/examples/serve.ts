// Makes an account a node that offers a model: node docs/examples/serve.ts RPC_URL DEPLOYMENT_FILE KEY_FILE ENDPOINT namespace/name
import { readFileSync } from 'node:fs';
import { Wallet } from 'ethers';
import { actAs, connect, newNode, offersFor, versionNamed } from '../../sdk/index.ts';

const [rpc = '', deploymentFile = '', keyFile = '', endpoint = '', model = ''] = process.argv.slice(2);
const deployment = JSON.parse(readFileSync(deploymentFile, 'utf8'));
const network = await connect({ provider: rpc, deployment });
const node = await actAs(network, new Wallet(readFileSync(keyFile, 'utf8').trim()));

const version = await versionNamed(network, model);
await newNode(node, {
  endpoint,
  stake: 50n * 10n ** 18n, // at least; what is missing is deposited and staked
  offers: [{ version, price: 5n * 10n ** 17n, minReserved: 0, until: Math.floor(Date.now() / 1_000) + 86_400 }],
});
for (const offer of await offersFor(network, version)) console.log(`${offer.node} asks ${offer.fee} wei an item`);
network.provider.destroy();
