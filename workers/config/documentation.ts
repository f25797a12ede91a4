import { CONFIG_FILE, sectionNames } from './gather.ts';
import { describe } from './leaf.ts';
import { type Role, roleSections, type SectionName, sections } from './schema.ts';

const rolesOf = (name: SectionName) =>
  (Object.keys(roleSections) as Role[]).filter((role) => (roleSections[role] as readonly SectionName[]).includes(name));

function fallbackOf(fallback: string | null | undefined): string {
  if (fallback === undefined) return '**required**';
  return fallback === null ? '' : fallback === '' ? 'none' : `\`${fallback}\``;
}

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');

/** One table per section: what docs/workers/configuration.md says between its marks. */
export function settingsTables(): string {
  return sectionNames()
    .map((name) => {
      const rows = Object.entries(sections[name].shape).map(([key, leaf]) => {
        const { env, about, kind, fallback } = describe(leaf);
        return `| \`${key}\` | \`${env}\` | ${cell(kind)} | ${fallbackOf(fallback)} | ${cell(about)} |`;
      });
      return [
        `### ${name}`,
        `Read by: ${rolesOf(name).join(', ')}.\n`,
        '| setting | variable | what | default | meaning |',
        '|---|---|---|---|---|',
        ...rows,
        '',
      ].join('\n');
    })
    .join('\n')
    .concat(`\nThe JSON file is named by \`${CONFIG_FILE}\`.\n`);
}
