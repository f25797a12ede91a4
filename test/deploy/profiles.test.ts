// Each file in profiles/ is a deployable profile with one mistake, named after it, and says what the schema must answer.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { hashOf } from '../../deploy/addresses.ts';
import { CHAINS } from '../../deploy/chains.ts';
import { ProfileError, parseProfile, readProfile } from '../../deploy/parameters/schema.ts';

interface Mistake {
  from: string;
  change: Record<string, unknown>;
  says: string;
}

const json = (file: string) => JSON.parse(readFileSync(path.join(import.meta.dirname, file), 'utf8'));
const profile = (name: string) => json(`../../deploy/parameters/${name}.json`);
const refusal = (profile: unknown): ProfileError => {
  try {
    parseProfile(profile, 'the profile');
  } catch (error) {
    if (error instanceof ProfileError) return error;
    throw error;
  }
  throw new Error('the profile was accepted');
};

function broken({ from, change }: Mistake): unknown {
  const whole = profile(from);
  for (const [where, value] of Object.entries(change)) {
    const [first = '', second] = where.split('.');
    const [parent, key] = second === undefined ? [whole, first] : [whole[first], second];
    if (value === '@delete') delete parent[key];
    else parent[key] = value;
  }
  return whole;
}

describe('deployment profiles', () => {
  for (const chain of Object.values(CHAINS))
    it(`${chain.profile}.json can be deployed on ${chain.name}`, () => {
      expect(parseProfile(profile(chain.profile), chain.profile).chainId).to.equal(chain.id);
    });

  for (const file of readdirSync(path.join(import.meta.dirname, 'profiles')))
    it(`refuses: ${file.replace('.json', '').replaceAll('-', ' ')}`, () => {
      const mistake: Mistake = json(`profiles/${file}`);
      const { findings } = refusal(broken(mistake));
      expect(findings.every((finding) => finding.startsWith(mistake.says.split(' ')[0] ?? ''))).to.equal(true);
      expect(findings[0]).to.contain(mistake.says);
    });

  it('names all mistakes of a file at once, and the file', () => {
    const many = broken({ from: 'local', change: { holder: 5, extra: 1, 'firstSet.tipBps': 900 }, says: '' });
    const error = refusal(many);
    expect(error.findings).to.have.length(3);
    expect(error.message).to.match(/^the profile cannot be deployed:\n/);
  });

  it('refuses what is no profile at all', () => {
    for (const nothing of [null, [], 'local', 5]) expect(() => parseProfile(nothing, 'x')).to.throw(ProfileError);
  });

  it('takes addresses in lower case and writes them with their checksum', () => {
    const treasury = '0x8ba1f109551bd432803012645ac136ddd64dba72';
    const parsed = parseProfile(broken({ from: 'local', change: { treasury }, says: '' }), 'x');
    expect(parsed.treasury).to.equal('0x8ba1f109551bD432803012645Ac136ddd64DBA72');
  });

  it('has a hash that depends on every value and on no order', () => {
    const parsed = parseProfile(profile('local'), 'local');
    const { chainId, ...rest } = parsed;
    expect(hashOf({ ...rest, chainId })).to.equal(hashOf(parsed));
    expect(hashOf({ ...parsed, firstSet: { ...parsed.firstSet, tipBps: 51 } })).not.to.equal(hashOf(parsed));
  });
});

describe('a profile file', () => {
  it('that is not there, or is no JSON, is refused by name', () => {
    expect(() => readProfile('nowhere.json')).to.throw(ProfileError, /^nowhere.json cannot be deployed/);
    expect(() => readProfile(import.meta.filename)).to.throw(ProfileError, /cannot be read/);
  });
});
