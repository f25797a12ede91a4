// Cards that metadata names by URI: fetched over real HTTP, and searched by only when they have the hash that the URI names.
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { expect } from 'chai';
import { cardPlace, readCard } from '#core/search/card.ts';
import { configuredPlaces } from '../../../workers/adapters/blobs/configured.ts';
import { placesOf } from '../../../workers/adapters/blobs/places.ts';
import { FakeClock } from '../../../workers/adapters/memory/fakeClock.ts';
import { fetchCards } from '../../../workers/indexer/cards.ts';
import { serveHttp, type TestServer } from '../../support/httpServer.ts';
import { Index } from '../../support/indexed.ts';
import { accountOf, modelCreated, published, ScriptedChain, setAppended } from '../../support/scripted.ts';
import { recordedLog, recordedMetrics } from '../../support/telemetry.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const CARD = JSON.stringify({ task: 'audio tagging', description: 'birds by their song', tags: ['Birds'] });

describe('cards of versions', () => {
  it('are read as far as they are well formed, whatever a stranger wrote', () => {
    expect(readCard('{"task":" a ","tags":["B","b",3,"",null],"description":7}')).to.deep.equal({
      task: 'a',
      description: undefined,
      tags: ['b'],
    });
    expect(readCard('{"task":"a\\u0000b"}')?.task).to.equal('a b');
    expect(readCard('{"task":"\\ud800"}')?.task).to.equal('\ufffd');
    for (const text of ['', 'null', '[]', '"x"', '{', `{"task":"${'x'.repeat(70_000)}"}`])
      expect(readCard(text), text.slice(0, 20)).to.equal(undefined);
    expect(readCard(JSON.stringify({ task: 'x'.repeat(999) }))?.task).to.have.length(200);
  });

  it('are where metadata says: inline, at a URI that names their hash, or nowhere that can be trusted', () => {
    const hash = 'ab'.repeat(32);
    expect(cardPlace(' {"task":"a"} ')).to.deep.equal({ kind: 'inline', text: '{"task":"a"}' });
    for (const uri of [`file:${hash}`, `https://a.example/v1/blobs/${hash}`])
      expect(cardPlace(uri)).to.deep.equal({ kind: 'addressed', uri, sha256: hash });
    expect(cardPlace(`https://a.example/card.json#sha256=${hash}`)).to.deep.equal({
      kind: 'addressed',
      uri: 'https://a.example/card.json',
      sha256: hash,
    });
    expect(cardPlace('https://a.example/card.json').kind).to.equal('unverifiable');
    expect(cardPlace('a nice model').kind).to.equal('none');
  });

  describe('at URIs', function () {
    this.timeout(300_000);
    let index: Index;
    let store: TestServer;
    const bodies = new Map<string, string>();
    before(async () => {
      index = await Index.open();
      store = await serveHttp((request, response) => {
        const body = bodies.get(request.url ?? '');
        response.writeHead(body === undefined ? 404 : 200).end(body);
      });
    });
    after(async () => {
      await store.close();
      await index.close();
    });
    beforeEach(async () => {
      await index.clear();
      bodies.clear();
    });

    const publish = async (chain: ScriptedChain, metadata: string) => {
      await chain.block(100, setAppended(1));
      await chain.block(110, modelCreated(1, 'acme', 'singer', accountOf(1)), published(1, 1, metadata));
    };
    const setUp = (privateOrigins: 'all' | readonly string[] = 'all') => {
      const clock = new FakeClock(1_000_000);
      const common = { clock, log: recordedLog(), metrics: recordedMetrics() };
      const settings = { stores: [], directory: undefined, aggregators: [], gateways: [], privateOrigins };
      const { gateways, ...blobs } = configuredPlaces(settings, tmpdir());
      const parts = { ...common, ...blobs, store: index.store, placesOf: (uri: string) => placesOf(uri, gateways) };
      return { clock, metrics: common.metrics, look: () => fetchCards(parts, new AbortController().signal) };
    };
    const found = async (text: string) => {
      const told = await index.answers.models({}, { text, sort: 'name', limit: 10 });
      return told?.models.map(({ name }) => name);
    };
    const stateOf = async () =>
      (await index.answers.model({ namespace: 'acme', name: 'singer' }, {}))?.versions[0]?.card;

    it('are searched by once they are there, and stay when their block comes back', async () => {
      const path = `/v1/blobs/${sha256(CARD)}`;
      const chain = new ScriptedChain(index);
      await publish(chain, `${store.url}${path}`);
      const { clock, look, metrics } = setUp();
      await look();
      expect([await stateOf(), await found('birds')]).to.deep.equal(['wanted', []]);
      bodies.set(path, CARD);
      await look();
      expect(await stateOf(), 'not before its time').to.equal('wanted');
      await clock.advance(10_000);
      await look();
      expect([await stateOf(), await found('song singer')]).to.deep.equal(['fetched', ['acme/singer']]);
      expect(metrics.values.get('worker_index_cards_total{outcome="missing"}')).to.equal(1);
      expect(metrics.values.get('worker_index_cards_total{outcome="fetched"}')).to.equal(1);
      await chain.takeBack();
      expect(await found('birds')).to.deep.equal([]);
      bodies.clear();
      await chain.block(112, modelCreated(1, 'acme', 'singer', accountOf(1)), published(1, 1, `${store.url}${path}`));
      expect(await found('birds')).to.deep.equal(['acme/singer']);
    });

    it('are not believed when they have another hash, are too long, or come from inside the network', async () => {
      const cases: readonly (readonly [hash: string, body: string, origins: 'all' | readonly string[]])[] = [
        [sha256(CARD), CARD.replace('birds', 'cats'), 'all'],
        [sha256('x'.repeat(70_000)), 'x'.repeat(70_000), 'all'],
        [sha256(CARD), CARD, []],
      ];
      for (const [hash, body, origins] of cases) {
        await index.clear();
        bodies.set(`/${hash}`, body);
        await publish(new ScriptedChain(index), `${store.url}/${hash}`);
        await setUp(origins).look();
        expect([await stateOf(), await found('birds'), await found('cats')]).to.deep.equal(['wanted', [], []]);
      }
    });

    it('are fetched from Walrus, by the name there and the hash', async () => {
      const blob = Buffer.from(sha256('a blob'), 'hex').toString('base64url');
      bodies.set(`/v1/blobs/${blob}`, CARD);
      const uri = `walrus://${blob}?aggregator=${store.url}#sha256=${sha256(CARD)}`;
      await publish(new ScriptedChain(index), uri);
      await setUp().look();
      expect([await stateOf(), await found('birds')]).to.deep.equal(['fetched', ['acme/singer']]);
    });

    it('are given up when what the hash names is no card', async () => {
      bodies.set(`/${sha256('no card')}`, 'no card');
      await publish(new ScriptedChain(index), `${store.url}/${sha256('no card')}`);
      await setUp().look();
      expect(await stateOf()).to.equal('unreadable');
    });
  });
});
