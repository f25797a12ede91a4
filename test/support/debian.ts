/** Programs the tests use if they are there, and install where that is anybody's right: on Debian, as root. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

/** What is asked of a machine, and done to it. */
export interface Machine {
  readonly isRoot: boolean;
  readonly isDebian: boolean;
  /** The file of a program, by its name. */
  onPath(name: string): string | undefined;
  /** Throws if apt-get fails or takes longer. */
  aptGet(args: readonly string[], timeoutMs: number): void;
}

export const thisMachine: Machine = {
  isRoot: process.getuid?.() === 0,
  isDebian: existsSync('/etc/debian_version'),
  onPath(name) {
    const folders = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`.split(':');
    return folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file));
  },
  aptGet(args, timeout) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
    execFileSync('apt-get', args, { env, stdio: 'pipe', timeout });
  },
};

/** What `find` finds, if need be after the package was installed. An installation that fails is told, and tried once per process. */
export function findOrInstall(
  debianPackage: string,
  find: () => string | undefined,
  machine: Machine = thisMachine,
  say: (line: string) => void = console.error,
): string | undefined {
  const found = find();
  if (found || !machine.isRoot || !machine.isDebian || !machine.onPath('apt-get')) return found;
  if (failed.has(debianPackage)) return undefined;
  try {
    updateLists(machine);
    // A server of its own must not start with the installation, and none does in a container without init.
    machine.aptGet(['install', '-q', '-y', '--no-install-recommends', debianPackage], 240_000);
  } catch (error) {
    failed.add(debianPackage);
    say(`apt-get could not install ${debianPackage}: ${error instanceof Error ? error.message : error}`);
  }
  return find();
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
