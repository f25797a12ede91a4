/** The files that run everything, as far as no engine is needed: what they name is there, and the processes take what they set. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { parse, parseAllDocuments } from 'yaml';
import { dashboard } from '../../scripts/generate/dashboard.ts';
import { declared } from '../../workers/adapters/prometheus/table.ts';
import { variables } from '../../workers/config/gather.ts';
import { loadConfig } from '../../workers/config/load.ts';
import { type Role, roleSections } from '../../workers/config/schema.ts';
import { thisMachine } from '../support/debian.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const at = (...parts: string[]) => path.join(ROOT, ...parts);
const text = (...parts: string[]) => readFileSync(at(...parts), 'utf8');
type Environment = Readonly<Record<string, string>>;

interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Environment;
  readonly secrets?: readonly string[];
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly networks: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>> | readonly string[];
  readonly user: string;
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets: Readonly<Record<string, unknown>>;
  readonly networks: Readonly<Record<string, unknown>>;
}

const roleOf = (words: readonly string[] | undefined) =>
  /^workers\/(\w+)\/main\.ts$/.exec(words?.[0] ?? '')?.[1] as Role;

describe('the files that run everything', () => {
  const home = mkdtempSync(path.join(tmpdir(), 'opg-operations-'));
  after(() => rmSync(home, { recursive: true }));
  before(() => {
    const file = (name: string, content: string) => writeFileSync(path.join(home, name), content, { mode: 0o600 });
    file('keystore', '{"version":3,"crypto":{}}');
    file('password', 'a password\n');
    file('deployment', '{}');
    file('url', 'https://rpc.example/key\n');
  });

  /** The configuration of a role from what a file sets, with files of ours in place of those that it mounts. */
  function takes(role: Role, environment: Environment): void {
    const mine: readonly string[] = roleSections[role];
    const set = Object.entries(environment).map(([name, value]) => {
      expect(variables.has(name), `${role}: ${name} is a setting`).to.equal(true);
      expect(mine, `${role} reads ${name}`).to.include(variables.get(name)?.[0]);
      const given = value.replace(/\$\{(\w+)[^}]*\}/g, (_, variable: string) => SAMPLES[variable] ?? '');
      const [, kind] = /(KEY_FILE|PASSWORD_FILE|DEPLOYMENT|URL_FILE)$/.exec(name) ?? [];
      return [name, kind === undefined ? given : path.join(home, STAND_INS[kind] ?? '')];
    });
    loadConfig(role, Object.fromEntries(set));
  }
  const SAMPLES: Environment = { OPG_RPC_URL: 'http://127.0.0.1:8545', OPG_NODE_ACCOUNT: `0x${'ab'.repeat(20)}` };
  const STAND_INS: Environment = {
    KEY_FILE: 'keystore',
    PASSWORD_FILE: 'password',
    DEPLOYMENT: 'deployment',
    URL_FILE: 'url',
  };
  /** What the Dockerfile sets for all. */
  const IMAGE = { OPG_DATA_DIR: '/data', OPG_HTTP_HOST: '0.0.0.0', OPG_HTTP_PORT: '8650' };

  describe('deploy/docker', () => {
    const compose: Compose = parse(text('deploy/docker/compose.yml'), { merge: true });
    const services = Object.entries(compose.services);
    const workers = services.filter(([, { command }]) => roleOf(command) !== undefined);

    it('runs every role under its name, with settings that it takes', () => {
      const roles = Object.keys(roleSections).filter((role) => role !== 'cheat' && role !== 'liar');
      expect(workers.map(([name]) => name).sort()).to.deep.equal(roles.sort());
      for (const [name, { command, environment }] of workers) {
        expect(roleOf(command)).to.equal(name);
        expect(existsSync(at(command?.[0] ?? ''))).to.equal(true);
        takes(name as Role, { ...IMAGE, ...environment });
      }
    });

    it('names secrets, networks, services and files that there are', () => {
      for (const [name, { secrets = [], networks, depends_on = [], volumes = [], user }] of services) {
        for (const secret of secrets) expect(compose.secrets, name).to.have.property(secret);
        for (const network of networks) expect(compose.networks, name).to.have.property(network);
        for (const other of Array.isArray(depends_on) ? depends_on : Object.keys(depends_on))
          expect(compose.services, name).to.have.property(other);
        // What prepare.sh makes is not in the repository.
        const ours = volumes
          .map((volume) => volume.split(':')[0] ?? '')
          .filter((one) => /^\.\.?\/(?!data|config)/.test(one));
        for (const file of ours) expect(existsSync(at('deploy/docker', file)), `${name}: ${file}`).to.equal(true);
        expect(user, name).to.match(/OPG_UID/);
      }
      const used = services.flatMap(([, { secrets = [] }]) => secrets);
      expect(Object.keys(compose.secrets).filter((secret) => !used.includes(secret))).to.deep.equal([]);
    });

    it('listens to this machine alone, and pins what it pulls', () => {
      for (const [name, { ports = [], image }] of services) {
        for (const port of ports) expect(port, name).to.match(/^127\.0\.0\.1:/);
        expect(image, name).to.match(/^opg-network:|:v?\d+\.\d+/);
      }
      for (const [, base] of text('deploy/docker/Dockerfile').matchAll(/^FROM (\S+)/gm))
        expect(base).to.match(/:\d+\.\d+\.\d+/);
    });

    it('is scraped by role, each by the name that the alerts know', () => {
      const { scrape_configs: jobs } = parse(text('deploy/prometheus/prometheus.yml'));
      expect(jobs.map(({ job_name }: { job_name: string }) => job_name).sort()).to.deep.equal(
        workers.map(([name]) => name).sort(),
      );
      const down = /up\{job=~"([^"]+)"\}/.exec(text('docs/workers/alerts.yml'))?.[1]?.split('|');
      expect(down?.sort()).to.deep.equal(workers.map(([name]) => name).sort());
    });

    it('makes what it mounts, once, for its owner alone', () => {
      const folder = path.join(home, 'docker');
      execFileSync('cp', ['-R', at('deploy/docker'), folder]);
      const prepare = () =>
        execFileSync(path.join(folder, 'prepare.sh'), [path.join(home, 'deployment')], { encoding: 'utf8' });
      expect(prepare()).to.contain('still missing: secrets/node.json secrets/verifier.json secrets/keeper.json');
      const secrets = () =>
        readdirSync(path.join(folder, 'secrets')).map((name) =>
          readFileSync(path.join(folder, 'secrets', name), 'utf8'),
        );
      const made = secrets();
      expect(new Set(made).size).to.equal(4);
      for (const secret of made) expect(secret).to.match(/^[0-9a-f]{48}$/);
      prepare();
      expect(secrets()).to.deep.equal(made);
      const modes = execFileSync(
        'find',
        [folder, '-newer', path.join(home, 'url'), '-perm', '/077', '-name', '*password'],
        { encoding: 'utf8' },
      );
      expect(modes).to.equal('');
      for (const [, { volumes = [] }] of services)
        for (const volume of volumes.filter((one) => /^\.\/(data|config)\b/.test(one)))
          expect(existsSync(path.join(folder, volume.split(':')[0] ?? '')), volume).to.equal(true);
    });
  });

  describe('deploy/systemd', () => {
    it('starts what is there, with settings that there are', () => {
      const unit = text('deploy/systemd/opg@.service');
      for (const role of ['node', 'verifier', 'keeper', 'storage', 'monitor', 'indexer'])
        expect(existsSync(at('workers', role, 'main.ts'))).to.equal(true);
      expect(unit).to.contain('ExecStart=/opt/opg-network/node_modules/.bin/node workers/%i/main.ts');
      const known = new Set([...variables.keys(), 'OPG_CONFIG', 'OPG_PASSWORD_FILE']);
      for (const file of readdirSync(at('deploy/systemd')))
        for (const [name] of text('deploy/systemd', file).matchAll(/\bOPG_\w+(?==)/g))
          expect(known, file).to.include(name);
      expect(unit).to.match(/RestartForceExitStatus=75\nRestartPreventExitStatus=1\n/);
    });

    it('leaves it to the folder of a role where its data is, so that a command sees what the process has', () => {
      const folder = /OPG_CONFIG=(\S+)\/config\.json$/m.exec(text('deploy/systemd/opg@.service'))?.[1];
      expect(folder).to.equal('%S/opg/%i');
      expect(text('deploy/systemd/opg@.service')).to.contain('\nStateDirectory=opg/%i/data\n');
      expect(text('deploy/systemd/opg-backup@.service')).to.contain(` node backup ${folder} --to `);
      for (const file of readdirSync(at('deploy/systemd')))
        expect(text('deploy/systemd', file), file).to.not.match(/OPG_DATA_DIR|OPG_JOURNAL_URL/);
    });
  });

  describe('deploy/helm', () => {
    const chart = at('deploy/helm/opg');
    /** Helm itself, if it is there: HELM names its file. */
    const helm = process.env['HELM'] ?? thisMachine.onPath('helm');

    it('holds the alerts and the dashboard of this release', () => {
      expect(text('deploy/helm/opg/files/alerts.yml')).to.equal(text('docs/workers/alerts.yml'));
      expect(text('deploy/helm/opg/files/opg.json')).to.equal(text('deploy/grafana/opg.json'));
    });

    it('sets what there is', () => {
      const schema = JSON.parse(text('deploy/helm/opg/values.schema.json'));
      const values = parse(text('deploy/helm/opg/values.yaml'));
      expect(Object.keys(values).sort()).to.deep.equal(
        Object.keys(schema.properties)
          .filter((name) => name !== 'global')
          .sort(),
      );
      for (const file of readdirSync(path.join(chart, 'templates')))
        for (const [, name] of text('deploy/helm/opg/templates', file).matchAll(/name: (OPG_\w+),/g))
          expect(variables.has(name ?? ''), `${file}: ${name}`).to.equal(true);
    });

    it('renders into what each role takes, by helm itself', function () {
      if (!helm) {
        console.error('    not tried: there is no helm on PATH, and HELM names none');
        return this.skip();
      }
      execFileSync(helm, ['lint', '--strict', chart, ...SETTINGS], { stdio: 'pipe' });
      const rendered = execFileSync(helm, ['template', 'opg', chart, '--kube-version', '1.33.0', ...SETTINGS], {
        encoding: 'utf8',
      });
      const seen = [];
      for (const document of parseAllDocuments(rendered)) {
        const object = document.toJS();
        const containers = object?.spec?.template?.spec?.containers ?? [];
        for (const { name, args, env } of containers) {
          expect(roleOf(args)).to.equal(name);
          takes(name, Object.fromEntries(env.map((one: { name: string; value: string }) => [one.name, one.value])));
          seen.push(name);
        }
      }
      expect(seen.sort()).to.deep.equal(['executor', 'indexer', 'keeper', 'monitor', 'node', 'storage', 'verifier']);
      const refused =
        (...more: string[]) =>
        () =>
          execFileSync(helm, ['template', 'opg', chart, '--kube-version', '1.33.0', ...SETTINGS, ...more], {
            stdio: 'pipe',
          });
      expect(refused('--set', 'node.account=me')).to.throw(/account/);
      expect(refused('--set', 'node.journal.url=')).to.throw(/executors/);
      expect(refused('--set', 'nodes.enabled=true')).to.throw(/nodes/);
    });
    const on = ['keeper', 'indexer', 'storage', 'node.ingress'].flatMap((one) => ['--set', `${one}.enabled=true`]);
    const SETTINGS = [
      ...on,
      '--set-string',
      'chain.deployment=\\{\\}',
      '--set',
      `node.account=${`0x${'ab'.repeat(20)}`}`,
      '--set',
      'node.ingress.host=node.example.org,node.executors=2',
      '--set',
      'node.journal.url=postgres://opg@db/opg?schema=node,node.journal.passwordSecret=db',
      '--set',
      'node.queue.url=redis://redis:6379,node.queue.passwordSecret=redis',
      '--set',
      'monitoring.rules=true,monitoring.dashboard=true,monitoring.podMonitor=true',
      '--set',
      'node.settings.OPG_MIN_NET_PER_ITEM=0\\.5,stores={http://store:8650}',
    ];
  });

  describe('deploy/grafana', () => {
    it('is the generated dashboard: node scripts/generate/dashboard.ts', () => {
      expect(text('deploy/grafana/opg.json') === dashboard()).to.equal(true);
    });

    it('shows every metric', () => {
      const shown = [...text('deploy/grafana/opg.json').matchAll(/\bworker_\w+/g)].map(([name]) =>
        name.replace(/_bucket$/, ''),
      );
      const missing = [...declared.keys()].filter((name) => !shown.includes(name));
      expect(missing).to.deep.equal([]);
    });

    it('is provisioned from where it is mounted', () => {
      const { providers } = parse(text('deploy/grafana/provisioning/dashboards/opg.yml'));
      const { grafana } = (parse(text('deploy/docker/compose.yml'), { merge: true }) as Compose).services;
      expect(grafana?.volumes).to.include(`../grafana/opg.json:${providers[0].options.path}/opg.json:ro`);
    });
  });
});
