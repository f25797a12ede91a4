// A Hardhat plugin: builds with the probes of instrument.ts, and keeps which of them the tests passed (see ../coverage.ts).
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { definePlugin } from 'hardhat/plugins';
import { instrument, LIBRARY, LIBRARY_SOURCE } from './instrument.ts';

/** Which sources are measured: doubles and examples are not. */
export const isMeasured = (file: string) => /^contracts\/(?!mocks\/|examples\/)/.test(file);
/** A file for each process that ran tests: the tags it passed. */
export const HITS = '.data/coverage/hits';

const passed = new Set<string>();

function save(): void {
  mkdirSync(HITS, { recursive: true });
  writeFileSync(path.join(HITS, `${process.pid}.json`), JSON.stringify([...passed]));
}

export default definePlugin({
  id: 'audit-coverage',
  hookHandlers: {
    network: async () => ({
      default: async () => ({
        async onCoverageData(_context: unknown, tags: string[]): Promise<void> {
          if (passed.size === 0) {
            // Also now and then: a run that is stopped has passed what it has passed.
            setInterval(save, 10_000).unref();
            process.once('exit', save);
          }
          for (const tag of tags) passed.add(tag);
        },
      }),
    }),
    solidity: async () => ({
      default: async () => ({
        preprocessProjectFileBeforeBuilding: async (context, name, fsPath, content, version, next) => {
          const file = path.relative(context.config.paths.root, fsPath).split(path.sep).join('/');
          return next(context, name, fsPath, instrument(file, content, isMeasured(file)).source, version);
        },
        preprocessSolcInputBeforeBuilding: async (context, input, next) => {
          input.sources[LIBRARY] = { content: LIBRARY_SOURCE };
          return next(context, input);
        },
      }),
    }),
  },
});
