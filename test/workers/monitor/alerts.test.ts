import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { declared } from '../../../workers/adapters/prometheus/table.ts';
import { ALARMS } from '../../../workers/monitor/alarms.ts';

const rules = readFileSync(new URL('../../../docs/workers/alerts.yml', import.meta.url), 'utf8');

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

  it('says in every rule what happened and what to do', () => {
    const names = [...rules.matchAll(/- alert: /g)].length;
    for (const key of ['expr', 'severity', 'summary', 'action'])
      expect([...rules.matchAll(new RegExp(`\\b${key}: `, 'g'))].length, key).to.equal(names);
  });
});
