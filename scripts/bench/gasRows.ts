import { spawnSync } from 'node:child_process';
import type { Path } from './gas/paths.ts';

export interface GasRow extends Path {
  readonly total: number;
  readonly perItem: number;
}

const HARDHAT = ['--config', 'hardhat.production.config.ts', '--build-profile', 'production'];

/** Runs scripts/bench/gas.ts under Hardhat with the production build. `mode`: json, check, update or print. */
export function runGas(mode: 'json' | 'check' | 'update' | 'print'): { readonly status: number; readonly out: string } {
  const { status, stdout, stderr } = spawnSync('hardhat', [...HARDHAT, 'run', 'scripts/bench/gas.ts'], {
    encoding: 'utf8',
    env: { ...process.env, OPG_GAS: mode },
    maxBuffer: 64 * 1024 * 1024,
  });
  return { status: status ?? 1, out: `${stdout}${status === 0 ? '' : stderr}` };
}

export function gasRows(): GasRow[] {
  const { status, out } = runGas('json');
  const line = out.split('\n').findLast((text) => text.startsWith('['));
  if (status !== 0 || line === undefined) throw new Error(`The gas measurement failed:\n${out}`);
  return JSON.parse(line) as GasRow[];
}
