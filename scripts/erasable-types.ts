// A Hardhat plugin: makes TypeChain's output importable by plain Node, which strips types and resolves nothing.
// TypeChain writes `./x.js` for a file x.ts, and namespaces that hold types only but do not say so (nor would a stray `;` let them).
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { definePlugin } from 'hardhat/plugins';
import type { HookContext } from 'hardhat/types/hooks';

function makeErasable(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
    const file = path.join(entry.parentPath, entry.name);
    const before = readFileSync(file, 'utf8');
    const after = before
      .replace(/(from\s+["']\.[^"']*)\.js(["'])/g, '$1.ts$2')
      .replace(/^(\s*export )(?=namespace )/gm, '$1declare ')
      .replace(/^(\s*export interface OutputObject \{.*\});$/gm, '$1');
    if (after !== before) writeFileSync(file, after);
  }
}

export default definePlugin({
  id: 'erasable-types',
  dependencies: () => [import('@nomicfoundation/hardhat-toolbox-mocha-ethers')],
  hookHandlers: {
    solidity: async () => ({
      default: async () => ({
        async processArtifactsAfterSuccessfulBuild({ config, globalOptions }: HookContext): Promise<void> {
          const folder = config.typechain.outDir;
          if (folder !== undefined && !globalOptions.noTypechain) makeErasable(path.join(config.paths.root, folder));
        },
      }),
    }),
  },
});
