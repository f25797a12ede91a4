import type { z } from 'zod';
import { ProtocolError } from '#core/errors.ts';
import { type Environment, gather, sectionNames } from './gather.ts';
import { describe, MISSING } from './leaf.ts';
import { suggestion } from './nearest.ts';
import { type Resolved, resolve } from './resolve.ts';
import { type Role, roleSections, type SectionName, sections } from './schema.ts';

export type Config<R extends Role> = Readonly<Pick<Resolved, (typeof roleSections)[R][number]>>;

/**
 * The configuration of a role from the environment and the file it names. Throws `config.invalid` with every mistake at once. Settings of
 * other roles are checked too, but need not be there.
 */
export function loadConfig<R extends Role>(role: R, environment: Environment): Config<R> {
  const mistakes: string[] = [];
  const written = gather(environment, mistakes);
  const mine: readonly SectionName[] = roleSections[role];
  const parsed: Record<string, unknown> = {};
  for (const name of sectionNames()) {
    const result = sections[name].schema.safeParse(written[name]);
    if (!result.success) mistakes.push(...complaints(name, result.error.issues, mine.includes(name)));
    else if (mine.includes(name)) parsed[name] = result.data;
  }
  const config = resolve(role, parsed, (setting, what) => mistakes.push(`${labelled(setting)} ${what}`));
  if (mistakes.length === 0) return config as Config<R>;
  throw new ProtocolError('config.invalid', {
    role,
    count: mistakes.length,
    mistakes: mistakes.map((mistake) => `\n  - ${mistake}`).join(''),
  });
}

function complaints(name: SectionName, issues: readonly z.core.$ZodIssue[], needed: boolean): string[] {
  return issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map(
        (key) => `${name}.${key} is not a setting: ${suggestion(key, Object.keys(sections[name].shape))}`,
      );
    const missing = issue.code === 'custom' && issue.params?.[MISSING] === true;
    return missing && !needed ? [] : [`${labelled(`${name}.${issue.path.join('.')}`)} ${issue.message}`];
  });
}

/** `fees.cap (OPG_FEE_CAP)`: as it is called in the file, and in the environment. */
function labelled(setting: string): string {
  const [name = '', key = ''] = setting.split('.');
  const shape: Readonly<Record<string, z.ZodType>> = sections[name as SectionName].shape;
  const leaf = shape[key];
  return leaf ? `${setting} (${describe(leaf).env})` : setting;
}
