import { skipLoudly } from '../../support/debian.ts';
import { Index } from '../../support/indexed.ts';
import { type RunningServer, startPostgres } from '../../support/servers.ts';
import { shouldFindModels } from './searchSuite.ts';

describe('searching models', () => {
  describe('on PGlite', () => shouldFindModels(() => Index.open()));

  describe('on PostgreSQL', () => {
    let server: RunningServer | undefined;
    before(async function () {
      this.timeout(400_000);
      server = await startPostgres();
      if (!server) skipLoudly(this, 'PostgreSQL: searching models');
    });
    after(() => server?.stop());
    shouldFindModels(() => Index.open(server?.url));
  });
});
