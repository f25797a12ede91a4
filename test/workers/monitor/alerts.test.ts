import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { declared } from '../../../workers/adapters/prometheus/table.ts';
import { ALARMS } from '../../../workers/monitor/alarms.ts';
import { findOrUnpack } from '../../support/debian.ts';

const FILE = new URL('../../../docs/workers/alerts.yml', import.meta.url);
const rules = readFileSync(FILE, 'utf8');
/** promtool compares every annotation, which are for people. */
const withoutTexts = (text: string) => text.replace(/ +annotations:\n(?: +(?:summary|action): .*\n)+/g, '');

/** Prometheus' own checker: PROMTOOL names its file, or Debian has it. */
const promtool = () => process.env['PROMTOOL'] ?? findOrUnpack('prometheus', 'promtool');

/** What makes each rule fire: series, each with its values a minute. */
const FIRING: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ...Object.fromEntries(
    [...rules.matchAll(/- alert: (\w+)\s+expr: (worker_monitor_\w+(?:{alarm="\w+"})?) > 0/g)].map(
      ([, name, series]) => [name, { [series as string]: '0 1x80' }],
    ),
  ),
  MonitorBlind: {
    'worker_watch_block{job="monitor"}': '7x80',
    'worker_watch_interrupted_total{job="monitor"}': '0x80',
  },
  AnotherGame: { worker_watch_other_sets: '1x80' },
  ChainNodesDisagree: { 'worker_rpc_disagreements_total{kind="other"}': '0x60 0+2x20' },
  NoSpareChainNode: { worker_rpc_spare_providers: '-1x80' },
  NonceMissing: { worker_submit_gaps_filled_total: '0x60 3x20' },
  PurseTooLow: { 'worker_purse_wei{kind="opg"}': '9x80', 'worker_purse_needed_wei{kind="opg"}': '10x80' },
  WrongResultUnaffordable: { 'worker_verify_checks_total{outcome="unaffordable"}': '0x60 1x20' },
  ProcessDown: { 'up{job="keeper"}': '1x10 0x70' },
  ChainNotFollowed: { 'worker_watch_block{job="node"}': '7x80' },
  EndpointFails: { 'worker_watch_interrupted_total{job="node",code="rpc.unavailable"}': '0+1x80' },
  EndpointInconsistent: { worker_watch_inconsistent_total: '0x60 1x20' },
  ManyReorganisations: { worker_watch_reorged_blocks_total: '0+2x80' },
  FewFileHandles: { 'process_open_fds{job="node"}': '900x80', 'process_max_fds{job="node"}': '1000x80' },
  ProcessStalls: { 'nodejs_eventloop_lag_p99_seconds{job="node"}': '2x80' },
  ResultsHeldBack: { worker_serve_held: '1x80' },
  RequestsGivenUp: { 'worker_serve_rows{stage="refused"}': '3x60 4x20' },
  ResultsLate: { 'worker_execute_requests_total{outcome="executor.late"}': '0x60 1x20' },
  ResultsOutsideTolerance: { 'worker_execute_checks_total{outcome="outside"}': '0x60 1x20' },
  JobsDropped: { 'worker_queue_jobs_total{stage="execute",outcome="dropped"}': '0x60 1x20' },
  ModelSourceLies: { 'worker_blobs_attempts_total{scheme="https",outcome="lied"}': '0x60 1x20' },
  ModelSourcesDown: { worker_blobs_origins_resting: '1x80' },
  StorageFull: { 'worker_storage_requests_total{method="PUT",status="507"}': '0x60 1x20' },
  IndexerBusy: { 'worker_index_requests_total{route="models",status="503"}': '0x60 1x20' },
  OutOfGasMoney: { 'worker_submit_deferred_total{code="chain.insufficient_funds"}': '0x60 1x20' },
  SignerFails: { 'worker_submit_deferred_total{code="signer.unavailable"}': '0x60 1x20' },
  TransactionsStuck: {
    'worker_submit_open_intents{job="node"}': '1x80',
    'worker_submit_mined_total{job="node"}': '5x80',
  },
  TransactionsRefused: { 'worker_submit_ended_total{status="reverted"}': '0x60 1x20' },
  FormerKeyOpen: { worker_submit_former_intents: '1x80' },
  ClosingLate: { worker_keep_due: '1x80' },
  ChecksLate: { worker_verify_due: '1x80' },
};
/** And what none of them minds. */
const QUIET: Readonly<Record<string, string>> = {
  worker_monitor_lapses_missed: '0x80',
  'worker_rpc_disagreements_total{kind="other"}': '2x80',
  'worker_rpc_disagreements_total{kind="absent"}': '0+5x80',
  worker_rpc_spare_providers: '0x80',
  worker_submit_gaps_filled_total: '3x80',
  'worker_monitor_alarms{alarm="true_silent"}': '0x80',
  'worker_watch_block{job="monitor"}': '0+5x80',
  'worker_watch_interrupted_total{job="monitor"}': '0x80',
  'worker_purse_wei{kind="opg"}': '10x80',
  'worker_purse_needed_wei{kind="opg"}': '10x80',
  'worker_verify_checks_total{outcome="unaffordable"}': '4x80',
  'up{job="node"}': '1x80',
  'worker_watch_block{job="node"}': '0+5x80',
  'worker_watch_interrupted_total{job="node",code="rpc.unavailable"}': '3x80',
  worker_watch_inconsistent_total: '1x80',
  worker_watch_reorged_blocks_total: '0x60 1x20',
  'process_open_fds{job="node"}': '100x80',
  'process_max_fds{job="node"}': '1000x80',
  'nodejs_eventloop_lag_p99_seconds{job="node"}': '0.01x80',
  worker_serve_held: '0x80',
  'worker_serve_rows{stage="refused"}': '4x80',
  'worker_serve_rows{stage="submitted"}': '0+1x80',
  'worker_execute_requests_total{outcome="executed"}': '0+1x80',
  'worker_execute_checks_total{outcome="within"}': '0+1x80',
  'worker_queue_jobs_total{stage="execute",outcome="retried"}': '0+1x80',
  'worker_blobs_attempts_total{scheme="https",outcome="delivered"}': '0+1x80',
  worker_blobs_origins_resting: '0x80',
  'worker_storage_requests_total{method="PUT",status="200"}': '0+1x80',
  'worker_index_requests_total{route="models",status="200"}': '0+1x80',
  'worker_submit_deferred_total{code="rpc.unavailable"}': '0x60 1x20',
  'worker_submit_open_intents{job="node"}': '1x80',
  'worker_submit_mined_total{job="node"}': '0+1x80',
  'worker_submit_ended_total{status="abandoned"}': '0x60 1x20',
  worker_submit_former_intents: '0x80',
  worker_keep_due: '0x60 1x20',
  worker_verify_due: '0x60 1x20',
};

/** One of promtool's unit tests, as JSON, which is YAML: which alerts fire after 65 minutes. */
function promtest(series: Readonly<Record<string, string>>, firing: (name: string) => boolean) {
  const fires = [...rules.matchAll(/- alert: (\w+)[\s\S]*?severity: (\w+)/g)].map(([, name = '', severity]) => {
    const labels = firing(name) ? labelsOf(series) : [];
    return {
      eval_time: '65m',
      alertname: name,
      exp_alerts: labels.map((own) => ({ exp_labels: { severity, ...own } })),
    };
  });
  const input = Object.entries(series).map(([one, values]) => ({ series: one, values }));
  return { interval: '1m', input_series: input, alert_rule_test: fires };
}

/** Of the first series: a comparison of two gives those of the left one. */
function labelsOf(series: Readonly<Record<string, string>>): Record<string, string>[] {
  const [first = ''] = Object.keys(series);
  return [Object.fromEntries([...first.matchAll(/(\w+)="([^"]+)"/g)].map(([, key, value]) => [key, value]))];
}

describe('docs/workers/alerts.yml', () => {
  it('reads metrics that there are', () => {
    const used = [...rules.matchAll(/\bworker_\w+/g)].map(([name]) => name);
    expect(used.filter((name) => !declared.has(name))).to.deep.equal([]);
  });

  it('has a rule for every alarm', () => {
    const ruled = [...rules.matchAll(/alarm="(\w+)"/g)].map(([, alarm = '']) => alarm);
    // A missed lapse has a metric of its own.
    expect(ruled.concat('lapse_missed').sort()).to.deep.equal([...ALARMS].sort());
    expect(rules).to.include('worker_monitor_lapses_missed > 0');
  });

  it('has a line of the runbook for every alert, and for every exit code', () => {
    const runbook = readFileSync(new URL('../../../docs/runbook.md', import.meta.url), 'utf8');
    const names = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name = '']) => name);
    expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(runbook))).to.deep.equal([]);
    for (const code of [0, 1, 75, 130, 137, 143]) expect(runbook).to.match(new RegExp(`^\\| ${code} \\|`, 'm'));
  });

  it('says in every rule what happened and what to do', () => {
    const names = [...rules.matchAll(/- alert: /g)].length;
    for (const key of ['expr', 'severity', 'summary', 'action'])
      expect([...rules.matchAll(new RegExp(`\\b${key}: `, 'g'))].length, key).to.equal(names);
  });

  it('fires what it should, and nothing without a reason, by Prometheus itself', function () {
    const checker = promtool();
    if (!checker) {
      console.error('    not tried: there is no promtool on PATH, PROMTOOL names none, and Debian has none for us');
      return this.skip();
    }
    const names = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
    expect(Object.keys(FIRING).sort()).to.deep.equal(names.toSorted());
    const folder = mkdtempSync(path.join(tmpdir(), 'opg-alerts-'));
    try {
      const file = path.join(folder, 'alerts.yml');
      writeFileSync(file, withoutTexts(rules));
      const tests = [
        ...Object.entries(FIRING).map(([name, series]) => promtest(series, (one) => one === name)),
        promtest(QUIET, () => false),
      ];
      const written = path.join(folder, 'test.yml');
      writeFileSync(written, JSON.stringify({ rule_files: [file], evaluation_interval: '1m', tests }));
      execFileSync(checker, ['check', 'rules', fileURLToPath(FILE)]);
      execFileSync(checker, ['test', 'rules', written], { stdio: 'pipe' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
