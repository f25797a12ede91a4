import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe } from './leaf.ts';
import { suggestion } from './nearest.ts';
import { type SectionName, sections } from './schema.ts';

export type Environment = Readonly<Record<string, string | undefined>>;
/** Settings as written, by section and key; nothing checked but that they exist. */
export type Written = Record<SectionName, Record<string, unknown>>;

/** Names the JSON file; the only variable that is no setting. */
export const CONFIG_FILE = 'OPG_CONFIG';
const PREFIX = 'OPG_';
/** Of the command `opg` (sdk/cli), which a person may have set in the same shell. */
const OF_THE_COMMAND: readonly string[] = ['OPG_HOME', 'OPG_PASSWORD_FILE', 'OPG_NETWORK', 'OPG_ACCOUNT'];

/** Where each variable belongs. */
export const variables: ReadonlyMap<string, readonly [SectionName, string]> = new Map(
  sectionNames().flatMap((name) =>
    Object.entries(sections[name].shape).map(([key, leaf]) => [describe(leaf).env, [name, key]] as const),
  ),
);

export function sectionNames(): SectionName[] {
  return Object.keys(sections) as SectionName[];
}

/**
 * The JSON file named by OPG_CONFIG, if any, overlaid by the environment. Relative paths of the file are relative to the file. An empty
 * variable counts as absent.
 */
export function gather(environment: Environment, mistakes: string[]): Written {
  const written = Object.fromEntries(sectionNames().map((name) => [name, {}])) as Written;
  const file = environment[CONFIG_FILE];
  if (file) addFile(written, file, mistakes);
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith(PREFIX) || name === CONFIG_FILE || OF_THE_COMMAND.includes(name)) continue;
    if (value === undefined || value === '') continue;
    const place = variables.get(name);
    if (place) written[place[0]][place[1]] = absolute(place[0], place[1], value, process.cwd());
    else mistakes.push(`${name} is not a setting: ${suggestion(name, [CONFIG_FILE, ...variables.keys()])}`);
  }
  return written;
}

function addFile(written: Written, file: string, mistakes: string[]): void {
  const content = readJson(file, mistakes);
  if (content === undefined) return;
  for (const [name, given] of Object.entries(content)) {
    const known = sectionNames().find((section) => section === name);
    if (!known) mistakes.push(`"${name}" in ${file} is not a section: ${suggestion(name, sectionNames())}`);
    else if (!isRecord(given))
      mistakes.push(`"${name}" in ${file} is ${JSON.stringify(given)}: expected an object with its settings`);
    else
      for (const [key, value] of Object.entries(given))
        written[known][key] = absolute(known, key, value, path.dirname(path.resolve(file)));
  }
}

function readJson(file: string, mistakes: string[]): Record<string, unknown> | undefined {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (isRecord(content)) return content;
    mistakes.push(`${file} (${CONFIG_FILE}) holds no JSON object: expected { "section": { "setting": … } }`);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    mistakes.push(`${file} (${CONFIG_FILE}) cannot be read: ${code === 'ENOENT' ? 'there is no such file' : message}`);
  }
  return undefined;
}

function absolute(section: SectionName, key: string, value: unknown, base: string): unknown {
  const leaf = (sections[section].shape as Record<string, Parameters<typeof describe>[0]>)[key];
  const kind = leaf === undefined ? '' : describe(leaf).kind;
  const resolved = (one: unknown) => (typeof one === 'string' && one !== '' ? path.resolve(base, one) : one);
  if (kind === 'a path') return resolved(value);
  if (kind !== 'a list of paths') return value;
  const paths = typeof value === 'string' ? value.split(',').map((one) => one.trim()) : value;
  return Array.isArray(paths) ? paths.map(resolved) : value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
