// Asks a model by name: node docs/examples/ask.ts RPC_URL DEPLOYMENT_FILE KEY_FILE namespace/name
import { readFileSync } from 'node:fs';
import { Wallet } from 'ethers';
import { actAs, connect, depositWithPermit, infer } from '../../sdk/index.ts';

const [rpc = '', deploymentFile = '', keyFile = '', model = ''] = process.argv.slice(2);
const deployment = JSON.parse(readFileSync(deploymentFile, 'utf8'));
const network = await connect({ provider: rpc, deployment });
const me = await actAs(network, new Wallet(readFileSync(keyFile, 'utf8').trim()));

await depositWithPermit(me, 5n * 10n ** 18n); // 5 OPG; they stay mine until they are spent
const image = Array.from({ length: 8 }, (_, y) => Array.from({ length: 8 }, (_, x) => (x === 3 && y > 0 ? 1 : 0)));
const { id, fee, row, items } = await infer(me, { model, maxFee: 3n * 10n ** 18n }, { image });

const probabilities = Array.from(items[0]?.['probs']?.data as Float32Array);
console.log(`request ${id} for ${fee} wei: it is a ${probabilities.indexOf(Math.max(...probabilities))}`);
console.log(`state ${row.state}, challengeable until ${new Date((row.end ?? 0) * 1_000).toISOString()}`);
network.provider.destroy();
