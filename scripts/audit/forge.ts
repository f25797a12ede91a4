// The invariants of test/invariants/*.t.sol by forge: a second engine, with its own way of finding inputs, on the same contracts.
//   node scripts/audit/forge.ts              256 runs of 128 calls each, minutes
//   FORGE_RUNS=16 FORGE_DEPTH=32 node scripts/audit/forge.ts
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.join(import.meta.dirname, '../..');
const folder = path.join(ROOT, 'cache/forge');
const at = (name: string) => JSON.stringify(path.join(ROOT, name));
const whole = (name: string, otherwise: number) => Number(process.env[name] ?? otherwise);

// Absolute paths and a folder of its own, so that forge writes nothing beside our files and downloads no compiler.
mkdirSync(folder, { recursive: true });
writeFileSync(
  path.join(folder, 'foundry.toml'),
  `[profile.default]
src = ${at('contracts/escrow')}
test = ${at('test/invariants')}
out = "out"
cache_path = "cache"
libs = [${at('node_modules')}]
allow_paths = [${JSON.stringify(ROOT)}]
remappings = [${JSON.stringify(`@openzeppelin/contracts/=${ROOT}/node_modules/@openzeppelin/contracts/`)}]
solc = ${at('scripts/audit/solc.mjs')}
evm_version = "cancun"
optimizer = true
optimizer_runs = 200
offline = true

[profile.default.invariant]
runs = ${whole('FORGE_RUNS', 256)}
depth = ${whole('FORGE_DEPTH', 128)}
`,
);
const { status } = spawnSync(path.join(ROOT, 'node_modules/.bin/forge'), ['test', ...process.argv.slice(2)], {
  cwd: folder,
  stdio: 'inherit',
});
process.exit(status ?? 1);
