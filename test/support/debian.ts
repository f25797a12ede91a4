/** Programs the tests use if they are there, and install where that is anybody's right: on Debian, as root. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';

const UNPACKED = path.join(import.meta.dirname, '../../.data/debian');

/** What is asked of a machine, and done to it. */
export interface Machine {
  readonly isRoot: boolean;
  readonly isDebian: boolean;
  /** The file of a program, by its name. */
  onPath(name: string): string | undefined;
  /** Throws if apt-get fails or takes longer. */
  aptGet(args: readonly string[], timeoutMs: number): void;
  /** Fetches a package and puts its files beside this repository's other data, in a folder of its own. Throws if that fails. */
  unpack(debianPackage: string, timeoutMs: number): void;
  /** The file of a program in an unpacked package. */
  unpacked(debianPackage: string, program: string): string | undefined;
}

export const thisMachine: Machine = {
  isRoot: process.getuid?.() === 0,
  isDebian: existsSync('/etc/debian_version'),
  onPath(name) {
    const folders = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`.split(':');
    return folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file));
  },
  aptGet(args, timeout) {
    execFileSync('apt-get', args, { env: plain(), stdio: 'pipe', timeout });
  },
  unpack(debianPackage, timeout) {
    mkdirSync(UNPACKED, { recursive: true });
    const folder = mkdtempSync(path.join(UNPACKED, 'new-'));
    try {
      execFileSync('apt-get', ['download', '-q', debianPackage], { cwd: folder, env: plain(), stdio: 'pipe', timeout });
      const [file = ''] = readdirSync(folder);
      const files = path.join(folder, 'files');
      execFileSync('dpkg-deb', ['-x', path.join(folder, file), files], { stdio: 'pipe' });
      renameSync(files, path.join(UNPACKED, debianPackage));
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  unpacked(debianPackage, program) {
    const file = path.join(UNPACKED, debianPackage, 'usr/bin', program);
    return existsSync(file) ? file : undefined;
  },
};

const plain = () => ({ ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' });

/** What `find` finds, if need be after the package was installed. An installation that fails is told, and tried once per process. */
export function findOrInstall(
  debianPackage: string,
  find: () => string | undefined,
  machine: Machine = thisMachine,
  say: (line: string) => void = console.error,
): string | undefined {
  const found = find();
  if (found || !machine.isRoot || !hasPackages(machine)) return found;
  // A server of its own must not start with the installation, and none does in a container without init.
  const args = ['install', '-q', '-y', '--no-install-recommends', debianPackage];
  attempt(debianPackage, 'install', () => machine.aptGet(args, 240_000), machine, say);
  return find();
}

/** The file of a program that is no server: where it is not installed, its package is only unpacked, and nothing of it starts. */
export function findOrUnpack(
  debianPackage: string,
  program: string,
  machine: Machine = thisMachine,
  say: (line: string) => void = console.error,
): string | undefined {
  const find = () => machine.onPath(program) ?? machine.unpacked(debianPackage, program);
  const found = find();
  if (found || !hasPackages(machine)) return found;
  attempt(debianPackage, 'fetch', () => machine.unpack(debianPackage, 120_000), machine, say);
  return find();
}

const hasPackages = (machine: Machine) => machine.isDebian && machine.onPath('apt-get') !== undefined;

function attempt(
  debianPackage: string,
  what: string,
  act: () => void,
  machine: Machine,
  say: (line: string) => void,
): void {
  if (failed.has(debianPackage)) return;
  try {
    updateLists(machine);
    act();
  } catch (error) {
    failed.add(debianPackage);
    say(`apt-get could not ${what} ${debianPackage}: ${error instanceof Error ? error.message : error}`);
  }
}

const failed = new Set<string>();

/** Some list that cannot be fetched, or none at all, does not mean that the package cannot. */
function updateLists(machine: Machine): void {
  try {
    machine.aptGet(['update', '-q'], 90_000);
  } catch {
    // The installation says what is wrong.
  }
}

/** Skips the running suite, and says so where nobody overlooks it. */
export function skipLoudly(
  context: Pick<Mocha.Context, 'skip'>,
  what: string,
  say: (line: string) => void = console.error,
): never {
  say(
    `\n    !!! NOT TESTED on ${what}: it is not installed, and cannot be: that takes Debian, root and apt-get. !!!\n`,
  );
  return context.skip();
}
