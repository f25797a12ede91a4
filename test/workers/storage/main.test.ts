import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { scratch, sha256 } from '../../support/graphs.ts';
import { startRole } from '../../support/role.ts';

describe('the storage process', () => {
  const directory = scratch();
  after(() => directory.remove());

  it('should serve, keep over a restart, tell its health and metrics, and end with 0', async () => {
    const token = path.join(directory.path, 'token');
    writeFileSync(token, 'write-secret\n', { mode: 0o600 });
    const environment = { OPG_DATA_DIR: path.join(directory.path, 'data'), OPG_STORAGE_WRITE_TOKEN_FILE: token };
    const bytes = new TextEncoder().encode('some other string');
    const id = 'M4hsZGQ1oCktdzegB6HnI6Mi28S2nqOPHxK-W7_4BUk'; // as Walrus documents it
    const first = await startRole('storage', environment);
    const put = (headers: Record<string, string>) =>
      fetch(`${first.url}/v1/blobs`, { method: 'PUT', body: bytes, headers });
    expect((await put({})).status).to.equal(401);
    expect((await put({ authorization: 'Bearer write-secret' })).status).to.equal(200);
    expect(await first.stop()).to.equal(0);

    const second = await startRole('storage', environment);
    for (const name of [id, sha256(bytes)])
      expect(await (await fetch(`${second.url}/v1/blobs/${name}`)).text()).to.equal('some other string');
    const health = await fetch(`${second.url}/healthz`);
    expect(health.status).to.equal(200);
    expect(await health.json()).to.have.nested.property('components.store.blobs', 1);
    expect(await (await fetch(`${second.url}/metrics`)).text()).to.match(/worker_storage_served_bytes_total 34/);
    expect(JSON.stringify(second.lines)).not.to.include('write-secret');
    expect(await second.stop('SIGINT')).to.equal(0);
  });

  it('should refuse to start with settings that make no sense, naming each', async () => {
    const environment = { OPG_STORAGE_QUOTA_MB: 'much', OPG_HTTP_PORT: '70000', OPG_DATA_DIR: directory.path };
    const error = await startRole('storage', environment).then(
      () => new Error('it started'),
      (reason: Error) => reason,
    );
    expect(error.message)
      .to.include('ended with code 1')
      .and.to.include('OPG_STORAGE_QUOTA_MB')
      .and.to.include('OPG_HTTP_PORT');
  });
});
