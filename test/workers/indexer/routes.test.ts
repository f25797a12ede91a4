import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { expect } from 'chai';
import { type RouteName, routes } from '#core/search/routes.ts';
import { openApi } from '../../../scripts/generate/openApi.ts';
import { balances, modelByName, search, totals } from '../../../sdk/index.ts';
import type { HttpServer } from '../../../workers/lifecycle/http.ts';
import { eventually } from '../../support/eventually.ts';
import { serveHttp } from '../../support/httpServer.ts';
import { Index } from '../../support/indexed.ts';
import { rejectsLater } from '../../support/rejects.ts';
import {
  accountOf,
  askedFor,
  modelCreated,
  offered,
  published,
  requestOf,
  ScriptedChain,
  serveIndex,
  setAppended,
  versionOf,
} from '../../support/scripted.ts';

const [OWNER, NODE, ASKER] = [1, 2, 3].map(accountOf) as [
  ReturnType<typeof accountOf>,
  ReturnType<typeof accountOf>,
  ReturnType<typeof accountOf>,
];

describe("an indexer's HTTP", function () {
  this.timeout(300_000);
  let index: Index;
  let server: HttpServer;
  before(async () => {
    index = await Index.open();
    server = await serveIndex(index);
  });
  after(async () => {
    await server.close(1_000);
    await index.close();
  });

  const ask = async (path: string, method = 'GET') => {
    const response = await fetch(`${server.url}${path}`, { method });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text), headers: response.headers };
  };

  it('says that it has read nothing yet, as something that passes', async () => {
    const told = await ask('/v1/totals');
    expect([told.status, told.body.error]).to.deep.equal([503, 'unavailable']);
    expect(await rejectsLater('search.unavailable', totals(server.url))).to.include({ retryable: true });
  });

  describe('over a small chain', () => {
    before(async () => {
      const chain = new ScriptedChain(index);
      await chain.block(
        100,
        setAppended(1),
        ...[NODE, ASKER].map((account) => ({ type: 'Deposited', account, amount: 10n ** 27n }) as const),
        { type: 'Staked', account: NODE, amount: 10n ** 26n },
        modelCreated(1, 'acme', 'digits', OWNER),
        published(1, 1, { task: 'classification', tags: ['a'] }, { royalty: 3n }),
        published(2, 1, 'https://cards.example.org/none'),
        { type: 'PolicySet', version: versionOf(1), policy: accountOf(77) },
        offered(NODE, 2, 10n ** 20n, 2 ** 40 - 1),
      );
      await chain.block(110, askedFor(1, 1, 1, ASKER, NODE));
      const accepted = { type: 'Accepted', id: requestOf(1), node: NODE } as const;
      await chain.block(125, accepted, { type: 'Unstaked', account: NODE, amount: 7n, readyAt: 130 });
      const final = await chain.block(140, { type: 'Released', account: NODE, amount: 7n });
      await index.store.finalise(final);
    });

    /** One answer of each kind. */
    const examples: Readonly<Record<RouteName, string>> = {
      models: '/v1/models?text=digits&sort=price&limit=1',
      model: '/v1/models/acme/digits',
      nodes: '/v1/nodes?model=acme/digits',
      node: `/v1/nodes/${NODE}`,
      requests: `/v1/requests?requester=${ASKER.toUpperCase().replace('X', 'x')}`,
      request: `/v1/requests/${requestOf(1)}`,
      activityOfModel: '/v1/activity/models/acme/digits',
      activityOfNode: `/v1/activity/nodes/${NODE}`,
      balances: `/v1/balances/${NODE}`,
      totals: '/v1/totals',
      days: '/v1/days?days=3',
    };

    for (const [name, path] of Object.entries(examples))
      it(`answers ${name} as its schema says, without anything it does not say`, async () => {
        const { status, body, headers } = await ask(path);
        expect(status, JSON.stringify(body)).to.equal(200);
        const read = routes[name as RouteName].reply.parse(body);
        // Reading drops keys that the schema does not name.
        expect(
          JSON.parse(JSON.stringify(read, (_, value) => (typeof value === 'bigint' ? `${value}` : value))),
        ).to.deep.equal(body);
        expect(headers.get('content-type')).to.equal('application/json');
        expect(body.asOf).to.include({ block: 4, time: 140, final: 4 });
      });

    it('gives amounts beyond 2^53 exactly', async () => {
      const { available, stake, locked } = await balances(server.url, NODE);
      expect([available, stake]).to.deep.equal([9n * 10n ** 26n + 7n, 10n ** 26n - 10_000n - 7n]);
      expect(locked).to.deep.equal({ fees: 0n, slices: 10_000n, disputes: 0n });
      expect((await balances(server.url, ASKER)).locked.fees).to.equal(1_000n);
      expect((await balances(server.url, accountOf(99))).available).to.equal(0n);
      const { model, versions } = await modelByName(server.url, 'acme/digits');
      expect(model).to.include({ version: versionOf(2), task: null, policy: null });
      expect(versions.map(({ card }) => card)).to.deep.equal(['unverifiable', 'inline']);
      expect(versions[1]).to.include({ policy: accountOf(77), royalty: 3n, task: 'classification' });
    });

    it('refuses what it does not know, and what is out of bounds, and says why', async () => {
      const cursor = (...place: unknown[]) => Buffer.from(JSON.stringify(place)).toString('base64url');
      const beyond = [`${2n ** 63n}`, `${-(2n ** 63n) - 1n}`, '9'.repeat(30)];
      const refused: readonly (readonly [path: string, status: number, why: RegExp])[] = [
        ['/v1/models?limit=0', 400, /limit/],
        ['/v1/models?limit=101', 400, /limit/],
        ['/v1/models?limit=1e9', 400, /limit/],
        ['/v1/models?limit=x', 400, /limit/],
        [`/v1/models?text=${'a'.repeat(101)}`, 400, /text/],
        ['/v1/models?text=', 400, /text/],
        ['/v1/models?text=%00a', 400, /text/],
        ['/v1/models?tag=%F0%9F', 400, /tag/],
        ['/v1/models?owner=Acme', 400, /owner/],
        ['/v1/models?maxPrice=-1', 400, /maxPrice/],
        ['/v1/models?maxPrice=1.5', 400, /maxPrice/],
        ['/v1/models?sort=worst', 400, /sort/],
        ['/v1/models?colour=red', 400, /colour/],
        ['/v1/models?text=a&text=b', 400, /text \(given twice\)/],
        ['/v1/models?cursor=abc', 400, /cursor|page/],
        [`/v1/models?cursor=${Buffer.from('["1"]').toString('base64url')}`, 400, /page/],
        [`/v1/models?cursor=${Buffer.from('["x","1"]').toString('base64url')}`, 400, /page/],
        [`/v1/requests?cursor=${Buffer.from('[["1"]]').toString('base64url')}`, 400, /page/],
        ...beyond.flatMap((large) =>
          [
            `/v1/requests?cursor=${cursor(large)}`,
            `/v1/nodes?cursor=${cursor(large, NODE)}`,
            `/v1/models?cursor=${cursor('1', large)}`,
            `/v1/models?cursor=${cursor(large, '1')}`,
            `/v1/models?sort=price&cursor=${cursor('9'.repeat(79), '1')}`,
          ].map((path) => [path, 400, /page/] as const),
        ),
        ['/v1/requests?state=Lost', 400, /state/],
        ['/v1/requests?requester=acme', 400, /requester/],
        ['/v1/requests?model=acme', 400, /model/],
        ['/v1/requests?model=acme/none', 404, /nothing/],
        ['/v1/days?days=367', 400, /days/],
        ['/v1/totals?days=1', 400, /days/],
        ['/v1/models/acme/none', 404, /nothing/],
        ['/v1/models/acme', 404, /The paths are/],
        ['/v1/models/acme/di..gits', 404, /The paths are/],
        ['/v1/models/acme/%64igits', 404, /The paths are/],
        ['/v1/nodes/0x12', 404, /The paths are/],
        [`/v1/nodes/${accountOf(98)}`, 404, /nothing/],
        [`/v1/requests/${requestOf(2)}`, 404, /nothing/],
        ['/v1/', 404, /The paths are/],
        [`/v1/models?text=${'a'.repeat(5_000)}`, 404, /The paths are/],
      ];
      for (const large of [`${2n ** 63n - 1n}`, `${-(2n ** 63n)}`])
        for (const path of [
          `/v1/requests?cursor=${cursor(large)}`,
          `/v1/nodes?cursor=${cursor(large, NODE)}`,
          `/v1/models?cursor=${cursor(large, large)}`,
          `/v1/models?sort=newest&cursor=${cursor(large, large)}`,
          `/v1/models?sort=price&cursor=${cursor('9'.repeat(78), large)}`,
          `/v1/models?sort=name&cursor=${cursor('acme/a', large)}`,
        ])
          expect((await ask(path)).status, path).to.equal(200);
      for (const [path, status, why] of refused) {
        const { status: got, body } = await ask(path);
        expect(got, path).to.equal(status);
        expect(body.message, path).to.match(why);
        expect(Object.keys(body), path).to.deep.equal(['error', 'message']);
      }
      for (const method of ['POST', 'DELETE', 'PUT']) expect((await ask('/v1/models', method)).status).to.equal(405);
      expect((await ask('/v1/models', 'HEAD')).status).to.equal(200);
    });

    it('answers so many questions at a time, and asks the others to come again', async () => {
      const gate = Promise.withResolvers<void>();
      const slow = { ...index.answers, totals: () => gate.promise.then(() => index.answers.totals({}, {})) };
      const narrow = await serveIndex({ answers: slow }, 2);
      const held = [totals(narrow.url), totals(narrow.url)];
      const refused = await eventually('the third is refused', async () => {
        const response = await fetch(`${narrow.url}/v1/models`);
        return response.status === 503 ? response : undefined;
      });
      expect(refused.headers.get('retry-after')).to.equal('1');
      gate.resolve();
      expect(await Promise.all(held)).to.have.length(2);
      // Those who left while they were answered are not counted for ever.
      await Promise.all(Array.from({ length: 6 }, () => leaving(`${narrow.url}/v1/models`)));
      expect((await search(narrow.url)).models).to.have.length(1);
      await narrow.close(1_000);
    });
  });

  describe('to its client', () => {
    it('is told apart from what is no indexer, in words', async () => {
      const other = await serveHttp((request, response) => {
        if (request.url?.startsWith('/v1/models/')) response.writeHead(404).end('<html>');
        else if (request.url?.startsWith('/v1/models')) response.end('{"models":[]}');
        else response.end('<html>');
      });
      expect((await rejectsLater('search.malformed', search(other.url))).message).to.match(/asOf/);
      await rejectsLater('search.malformed', totals(other.url));
      await rejectsLater('search.malformed', modelByName(other.url, 'acme/digits'));
      await other.close();
      const gone = await rejectsLater(
        'search.unavailable',
        search(`${other.url.replace('//', '//me:secret@')}/?key=1`),
      );
      expect(gone.message).to.not.match(/secret|key/);
      await rejectsLater('search.refused', modelByName(server.url, 'acme'));
      await rejectsLater('search.refused', search(server.url, { limit: 500 }));
    });

    it('says in OpenAPI what the table of routes says', () => {
      expect(JSON.parse(readFileSync('docs/workers/indexer.openapi.json', 'utf8'))).to.deep.equal(openApi());
    });
  });
});

const leaving = (url: string) =>
  new Promise<void>((resolve) => {
    const sent = get(url, () => sent.destroy());
    sent.on('error', () => resolve());
    sent.on('close', () => resolve());
    setImmediate(() => sent.destroy());
  });
