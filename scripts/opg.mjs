#!/usr/bin/env node
// The command `opg` after `npm link`: runs scripts/opg.ts with the Node that this project pins, in the folder it is called in.
// Plain Node >= 20, no dependencies. What it starts ends with it, however it goes: the channel between them breaks.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const scripts = path.dirname(fileURLToPath(import.meta.url));
const modules = path.join(scripts, '../node_modules');
const node = path.join(modules, '.bin/node');
if (!existsSync(node) || !existsSync(path.join(scripts, '../types/ethers-contracts'))) {
  console.error(`opg is not set up: run \`npm run build\` in ${path.dirname(scripts)} once.`);
  process.exit(2);
}
const child = spawn(node, [path.join(scripts, 'opg.ts'), ...process.argv.slice(2)], {
  env: { NODE_COMPILE_CACHE: path.join(modules, '.cache/node'), ...process.env },
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
