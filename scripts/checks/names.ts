// Names that say nothing, and names of the machine a file was written on.
import path from 'node:path';
import { conclude, files, read } from './tree.ts';

const BINARY = ['.onnx', '.bin', '.pb', '.png', '.ico', '.woff2', '.gz', '.wasm'];
const EMPTY = /^(utils?|helpers?|common|misc|manager)(\.|$)/i;

// Written in pieces, so that this file does not hold what it looks for.
const dir = (name: string[]) => `(?<![\\w.])/${name.join('')}/`;
const up = (name: string[]) => `\\.\\./${name.join('')}`;
const hosts = ['regi', 'stry'].join('');
const MACHINE = new RegExp(
  [
    dir(['wo', 'rk']),
    dir(['fa', 'rm']),
    up(['sha', 'red']),
    up(['\\.lib', 'rary']),
    `https?://(${hosts}|deb|proxy|static)\\.`,
  ].join('|'),
  'g',
);

const findings: string[] = [];
const all = files(['*']);
for (const file of all) {
  const folders = file.startsWith('models/') ? [] : file.split('/');
  for (const part of folders) {
    if (EMPTY.test(part)) findings.push(`${file}: "${part}" says nothing; name it after what it does`);
  }
  if (BINARY.includes(path.extname(file))) continue;
  for (const [row, line] of read(file).split('\n').entries()) {
    for (const [word] of line.matchAll(MACHINE))
      findings.push(`${file}:${row + 1}: "${word}" belongs to a machine, not to the project`);
  }
}
conclude(
  findings,
  'Rename the file, or remove the path or host.',
  `${all.length} files with names that mean something`,
);
