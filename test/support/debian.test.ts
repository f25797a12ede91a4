import { expect } from 'chai';
import { findOrInstall, findOrUnpack, type Machine, skipLoudly } from './debian.ts';

/** A machine on which `installs` are the packages apt-get can install; each has a program of its own name. */
function machine(change: Partial<Machine> = {}, installs: readonly string[] = [], online = true) {
  const calls: string[] = [];
  const programs = new Set(['apt-get']);
  const unpacked = new Set<string>();
  const made: Machine = {
    isRoot: true,
    isDebian: true,
    onPath: (name) => (programs.has(name) ? `/usr/bin/${name}` : undefined),
    aptGet(args) {
      calls.push(args.join(' '));
      const name = args.at(-1) ?? '';
      if (args[0] === 'update' && !online) throw new Error('Temporary failure resolving');
      if (args[0] !== 'install') return;
      if (!installs.includes(name)) throw new Error(`Unable to locate package ${name}`);
      programs.add(name);
    },
    unpack(name) {
      calls.push(`unpack ${name}`);
      if (!installs.includes(name)) throw new Error(`Unable to locate package ${name}`);
      unpacked.add(name);
    },
    unpacked: (name, program) => (unpacked.has(name) ? `/unpacked/${name}/${program}` : undefined),
    ...change,
  };
  const said: string[] = [];
  const look = (name: string) =>
    findOrInstall(
      name,
      () => made.onPath(name),
      made,
      (line) => said.push(line),
    );
  const unpack = (name: string, program: string) => findOrUnpack(name, program, made, (line) => said.push(line));
  return { calls, programs, said, look, unpack };
}

describe('a server the tests would like to have', () => {
  it('is taken as it is if it is there, and nothing is installed', () => {
    const { look, programs, calls } = machine();
    programs.add('server-a');
    expect(look('server-a')).to.equal('/usr/bin/server-a');
    expect(calls).to.deep.equal([]);
  });

  it('is installed on Debian, as root', () => {
    const { look, calls } = machine({}, ['server-b']);
    expect(look('server-b')).to.equal('/usr/bin/server-b');
    expect(calls).to.deep.equal(['update -q', 'install -q -y --no-install-recommends server-b']);
  });

  it('is installed although the lists of packages could not be updated', () => {
    const { look, calls } = machine({}, ['server-e'], false);
    expect(look('server-e')).to.equal('/usr/bin/server-e');
    expect(calls).to.have.length(2);
  });

  for (const [what, change] of [
    ['without root', { isRoot: false }],
    ['elsewhere than on Debian', { isDebian: false }],
    ['without apt-get', { onPath: () => undefined }],
  ] as const)
    it(`is not installed ${what}: nothing of the machine is touched`, () => {
      const { look, calls } = machine(change, ['server-c']);
      expect(look('server-c')).to.equal(undefined);
      expect(calls).to.deep.equal([]);
    });

  it('is missing if apt-get fails, which is told, and not tried for every suite again', () => {
    const { look, said, calls } = machine();
    expect(look('server-d')).to.equal(undefined);
    expect(said).to.deep.equal(['apt-get could not install server-d: Unable to locate package server-d']);
    expect(look('server-d')).to.equal(undefined);
    expect(calls).to.have.length(2);
  });

  it('is only unpacked if it is no server, which takes no root, once', () => {
    const { unpack, calls } = machine({ isRoot: false }, ['tools']);
    expect(unpack('tools', 'tool')).to.equal('/unpacked/tools/tool');
    expect(unpack('tools', 'tool')).to.equal('/unpacked/tools/tool');
    expect(calls).to.deep.equal(['update -q', 'unpack tools']);
  });

  it('is not unpacked where it is there, or its package cannot be had, which is told', () => {
    const { unpack, programs, calls, said } = machine();
    expect(unpack('missing', 'tool')).to.equal(undefined);
    expect(said).to.deep.equal(['apt-get could not fetch missing: Unable to locate package missing']);
    programs.add('tool');
    expect(unpack('missing', 'tool')).to.equal('/usr/bin/tool');
    expect(calls).to.deep.equal(['update -q', 'unpack missing']);
  });

  it('that is missing skips its suite, and nobody overlooks it', () => {
    const said: string[] = [];
    let skipped = 0;
    const skip = () => {
      skipped++;
      throw new Error('pending');
    };
    expect(() => skipLoudly({ skip: skip as () => never }, 'Server: the queue', (line) => said.push(line))).to.throw(
      'pending',
    );
    expect(said.join()).to.include('!!! NOT TESTED on Server: the queue: it is not installed');
    expect(skipped).to.equal(1);
  });
});
