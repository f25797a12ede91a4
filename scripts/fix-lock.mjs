// Makes package-lock.json installable on every host; run after each change of dependencies (`npm run lock`). Idempotent.
//  1. Hardhat's native packages (edr) declare node >= 22. npm reads that of the node that installs, not of the pinned node that
//     will run them, and silently skips them on Node 20: so their `engines` are dropped.
//  2. Binaries for other platforms that the registry did not offer are left out of the lock by npm, and `npm ci` then refuses it:
//     they get an entry that says which platform they are for.
import { readFileSync, writeFileSync } from 'node:fs';

const FILE = new URL('../package-lock.json', import.meta.url);
const SYSTEMS = ['darwin', 'linux', 'win32', 'freebsd', 'android', 'openbsd', 'netbsd', 'sunos', 'aix', 'openharmony'];
const PROCESSORS = ['arm64', 'x64', 'ia32', 'arm', 'ppc64', 'riscv64', 's390x', 'loong64'];

const lock = JSON.parse(readFileSync(FILE, 'utf8'));
const packages = lock.packages;
let engines = 0;
let platforms = 0;

for (const [path, entry] of Object.entries(packages)) {
  if (path.includes('@nomicfoundation/edr') && entry.engines) {
    delete entry.engines;
    engines += 1;
  }
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (packages[`${path}/node_modules/${name}`] || packages[`node_modules/${name}`]) continue;
    const words = name.split(/[-/]/);
    const os = SYSTEMS.find((system) => words.includes(system));
    const cpu = PROCESSORS.find((processor) => words.includes(processor));
    if (!os || !/^\d/.test(version)) continue;
    // In npm's own order of keys, so that npm and this script do not rewrite each other.
    packages[`node_modules/${name}`] = {
      version,
      ...(cpu ? { cpu: [cpu] } : {}),
      ...(entry.dev ? { dev: true } : {}),
      optional: true,
      os: [os],
    };
    platforms += 1;
  }
  if (entry.resolved)
    throw new Error(`${path}: the lock records a download address; set omit-lockfile-registry-resolved and run again`);
}

lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`package-lock.json: ${engines} engine limits dropped, ${platforms} foreign platforms added`);
