// What the checks of this folder share: the files of the project, and how a check ends.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const GENERATED = ['node_modules', 'artifacts', 'cache', 'types', 'coverage', '.data', '.git', 'deploy/deployments'];

/** Paths relative to the root with forward slashes, sorted; nothing generated and nothing installed. */
export function files(extensions: readonly string[], folder = ''): string[] {
  if (!existsSync(path.join(root, folder))) return [];
  const found: string[] = [];
  for (const entry of readdirSync(path.join(root, folder), { withFileTypes: true })) {
    const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (GENERATED.includes(name)) continue;
    if (entry.isDirectory()) found.push(...files(extensions, name));
    else if (extensions.includes(path.extname(name)) || extensions.includes('*')) found.push(name);
  }
  return found.sort();
}

export function read(file: string): string {
  return readFileSync(path.join(root, file), 'utf8');
}

/** Prints each finding and what to do about it; a check with findings fails. */
export function conclude(findings: readonly string[], advice: string, summary: string): void {
  for (const finding of findings) console.error(finding);
  if (findings.length > 0) console.error(`\n${findings.length} found. ${advice}`);
  else console.log(summary);
  process.exitCode = findings.length > 0 ? 1 : 0;
}
