import { expect } from 'chai';
import { ProtocolError } from '#core/errors.ts';
import { createLog } from '../../../workers/adapters/pino/log.ts';

describe('the log', () => {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = createLog({ level: 'info', fields: { role: 'node' }, destination });
  const last = () => JSON.parse(lines.at(-1) ?? '{}');
  beforeEach(() => void lines.splice(0));

  it('writes one JSON object per line, with the fields of the child', () => {
    log
      .child({ component: 'watcher' })
      .info('block was recorded', { block: 7, fee: 2n ** 70n, bytes: new Uint8Array(9) });
    expect(lines).to.have.length(1);
    const { time, ...rest } = last();
    expect(new Date(time).toISOString()).to.equal(time);
    expect(rest).to.deep.equal({
      level: 'info',
      role: 'node',
      component: 'watcher',
      block: 7,
      fee: '1180591620717411303424',
      bytes: '<9 bytes>',
      message: 'block was recorded',
    });
  });

  it('writes nothing below its level', () => {
    log.debug('a detail');
    expect(lines).to.deep.equal([]);
  });

  it('shows no secret, however deep', () => {
    const secrets = {
      password: 's1',
      nested: { privateKey: 's2', list: [{ writeToken: 's3' }] },
      authorization: 's4',
      raw: '0xs5',
      key: 's6',
    };
    log.warn('something happened', {
      ...secrets,
      url: 'postgres://me:s7@db/opg',
      reason: 'tried redis://:s8@cache:6379 twice',
    });
    expect(lines[0]).to.not.match(/s[1-8]/);
    expect(last()).to.include({ url: 'postgres://me:***@db/opg', reason: 'tried redis://:***@cache:6379 twice' });
  });

  it('writes an error with its code, evidence, place and cause', () => {
    const cause = new Error('connect ECONNREFUSED');
    const error = new ProtocolError('sql.unavailable', { url: 'postgres://db', reason: 'refused' }, { cause });
    log.error('journal failed', { error });
    expect(last().error).to.deep.include({
      code: 'sql.unavailable',
      payload: { url: 'postgres://db', reason: 'refused' },
    });
    expect(last().error.stack).to.contain('log.test.ts');
    expect(last().error.cause.message).to.equal('connect ECONNREFUSED');
  });

  it('cuts web addresses to their origin, for keys are in their paths', () => {
    const cause = new Error('503 (info={ "requestUrl": "https://eth.example/v3/KEY" })');
    const payload = { url: 'https://eth.example', method: 'eth_call', reason: 'wss://eth.example/KEY is down' };
    const error = new ProtocolError('rpc.unavailable', payload, { cause });
    const uri = 'https://gateway.example/KEY/bafy';
    const blob = new ProtocolError('blobs.source_failed', { uri, reason: 'status 404' });
    log.error('the chain could not be followed', { error, blob, reason: error.message, url: 'http://127.0.0.1:9464' });
    expect(lines[0]).to.not.contain('KEY');
    expect(last().error.cause.message).to.equal('503 (info={ "requestUrl": "https://eth.example/***" })');
    expect(last().blob.message).to.contain('https://gateway.example/***: status 404');
    expect(last().url).to.equal('http://127.0.0.1:9464');
  });

  it('shows whole where somebody published that a file is', () => {
    const [uri, uris] = [
      'https://models.example/a/card.json',
      ['https://a.example/m.onnx', 'https://me:s1@b.example/m'],
    ];
    log.info('a card could not be fetched', { uri, version: { uris } });
    expect(last()).to.deep.include({ uri, version: { uris: [uris[0], 'https://me:***@b.example/m'] } });
  });

  it('cuts what is too long, and survives what refers to itself', () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    log.info('odd', { input: 'x'.repeat(100_000), circle });
    expect(last().input).to.match(/^x{500}… \(100000 characters\)$/);
    expect(lines[0]?.length).to.be.below(1_000);
  });
});
