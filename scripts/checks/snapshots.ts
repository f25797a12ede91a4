// What outsiders depend on, as JSON in git: the ABI, storage layout and code size of every deployed contract. Drift fails; a
// meant change is accepted with `node scripts/checks/snapshots.ts --update`, and the diff shows what it does to others.
import { mkdirSync, writeFileSync } from 'node:fs';
import { Interface } from 'ethers';
import { conclude, files, read } from './tree.ts';

const UPDATE = process.argv.includes('--update');
const FOLDER = 'test/snapshots';
/** EIP-170. */
const MAX_CODE_BYTES = 24_576;

interface Artifact {
  readonly contractName: string;
  readonly sourceName: string;
  readonly abi: readonly object[];
  readonly deployedBytecode: string;
  readonly buildInfoId: string;
  readonly inputSourceName: string;
}
interface StorageItem {
  readonly label: string;
  readonly slot: string;
  readonly offset: number;
  readonly type: string;
}
interface Layout {
  readonly storage: readonly StorageItem[];
  readonly types: Readonly<Record<string, { readonly label: string; readonly numberOfBytes: string }>> | null;
}

const deployed = files(['.json'], 'artifacts/contracts')
  .filter((file) => !/\/(mocks|examples)\//.test(file))
  .map((file) => JSON.parse(read(file)) as Artifact)
  .filter((artifact) => artifact.deployedBytecode !== '0x' && artifact.deployedBytecode !== undefined)
  // A library that is only inlined compiles to an empty shell with no functions: nothing of it is deployed.
  .filter((artifact) => artifact.abi.some((item) => 'type' in item && item.type === 'function'))
  .sort((a, b) => (a.contractName < b.contractName ? -1 : 1));

function layoutOf(artifact: Artifact): string[] {
  const output = JSON.parse(read(`artifacts/build-info/${artifact.buildInfoId}.output.json`)) as {
    output: { contracts: Record<string, Record<string, { storageLayout?: Layout }>> };
  };
  const layout = output.output.contracts[artifact.inputSourceName]?.[artifact.contractName]?.storageLayout;
  if (layout === undefined)
    throw new Error(`No storage layout of ${artifact.contractName}: run \`npm run build\` again.`);
  return layout.storage.map((item) => {
    const type = layout.types?.[item.type];
    return `slot ${item.slot} byte ${item.offset}: ${item.label}, ${type?.label ?? item.type}, ${type?.numberOfBytes ?? '?'} bytes`;
  });
}

const sizeOf = (artifact: Artifact) => (artifact.deployedBytecode.length - 2) / 2;
const snapshots: Record<string, object> = {
  abi: Object.fromEntries(deployed.map((a) => [a.contractName, new Interface(a.abi).format().toSorted()])),
  storage: Object.fromEntries(deployed.map((a) => [a.contractName, layoutOf(a)])),
  size: Object.fromEntries(deployed.map((a) => [a.contractName, sizeOf(a)])),
};

const findings: string[] = deployed
  .filter((artifact) => sizeOf(artifact) > MAX_CODE_BYTES)
  .map((artifact) => `${artifact.contractName} has ${sizeOf(artifact)} bytes of code, more than ${MAX_CODE_BYTES}`);
if (deployed.length === 0) findings.push('No contract artifacts found: run `npm run build` first.');

for (const [name, snapshot] of Object.entries(snapshots)) {
  const file = `${FOLDER}/${name}.json`;
  const fresh = `${JSON.stringify(snapshot, null, 2)}\n`;
  if (UPDATE) {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(file, fresh);
    continue;
  }
  let stored = '';
  try {
    stored = read(file);
  } catch {
    findings.push(`${file} is missing`);
    continue;
  }
  if (stored === fresh) continue;
  const before = new Set(stored.split('\n'));
  const after = new Set(fresh.split('\n'));
  for (const line of before) if (!after.has(line)) findings.push(`${name} - ${line.trim()}`);
  for (const line of after) if (!before.has(line)) findings.push(`${name} + ${line.trim()}`);
  if ([...before].every((line) => after.has(line)) && [...after].every((line) => before.has(line)))
    findings.push(`${name}: same lines in another order`);
}

conclude(
  findings,
  'If the change is meant: node scripts/checks/snapshots.ts --update, and commit the diff with the contract and its page in docs.',
  `${deployed.length} contracts as in ${FOLDER}`,
);
