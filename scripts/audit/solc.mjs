#!/usr/bin/env node
// The compiler of package.json as forge wants to call one: an executable with --version and --standard-json. Nothing is downloaded.
import { readFileSync } from 'node:fs';
import solc from 'solc';

const options = process.argv.slice(2);
if (options.includes('--version')) {
  console.log('solc, the solidity compiler commandline interface');
  console.log(`Version: ${solc.version()}`);
} else if (options.includes('--standard-json')) {
  process.stdout.write(solc.compile(readFileSync(0, 'utf8'), { import: fromDisk }));
} else {
  console.error('Only --version and --standard-json are answered.');
  process.exitCode = 1;
}

function fromDisk(name) {
  for (const place of [name, `node_modules/${name}`]) {
    try {
      return { contents: readFileSync(place, 'utf8') };
    } catch {}
  }
  return { error: `${name} is not here` };
}
