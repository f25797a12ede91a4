// Who may call what, read from the chain: events tell every membership there ever was, views what holds now.
import type { HardhatEthers } from '@nomicfoundation/hardhat-ethers/types';
import { Interface } from 'ethers';
import type { Authority } from '#types';
import type { Deployment } from '../addresses.ts';
import type { Profile } from '../parameters/schema.ts';
import type { Check } from './check.ts';
import { check } from './check.ts';

const ADMIN = 0n;

/** The restricted functions of the system: all of them, and whose they are. */
const RESTRICTED = [
  [
    'requests',
    'appendSet((uint32,uint8,uint8,uint96,uint16,uint16,uint16,uint24,uint16,address,uint32,uint32,uint16,uint16,uint32,uint32,uint24))',
    'GOVERNOR',
  ],
  ['requests', 'unpause()', 'GOVERNOR'],
  ['requests', 'pause()', 'GUARDIAN'],
  ['escrow', 'setTreasury(address)', 'GOVERNOR'],
  ['escrow', 'appendCapability(address)', 'GOVERNOR'],
] as const;

export interface Members {
  readonly governor: string;
  readonly guardian: string;
}

export async function checkRoles(
  ethers: HardhatEthers,
  deployment: Deployment,
  parameters: Profile,
  members: Members,
): Promise<Check[]> {
  const { addresses } = deployment;
  const authority = await ethers.getContractAt('Authority', addresses.authority);
  const roles = { GOVERNOR: await authority.GOVERNOR(), GUARDIAN: await authority.GUARDIAN() };
  const name = (role: bigint) => Object.entries(roles).find(([, id]) => id === role)?.[0] ?? `role ${role}`;
  const checks: Check[] = [];

  for (const [contract, signature, role] of RESTRICTED) {
    const selector = new Interface([`function ${signature}`]).fragments.map((f) =>
      'selector' in f ? String(f.selector) : '',
    )[0];
    const found = await authority.getTargetFunctionRole(addresses[contract], selector ?? '');
    checks.push(check(`roles: ${contract}.${signature.split('(')[0]}`, name(found), role));
  }
  for (const contract of ['requests', 'escrow'] as const)
    checks.push(check(`roles: ${contract} is closed`, await authority.isTargetClosed(addresses[contract]), false));
  for (const [role, id] of Object.entries(roles))
    checks.push(check(`roles: who appoints the ${role}`, name(await authority.getRoleAdmin(id)), 'GOVERNOR'));

  const delay = parameters.governorDelaySeconds;
  checks.push(
    check('roles: seconds of notice a governor gives', await authority.governorDelay(), delay),
    check('roles: admins', (await membersOf(authority, ADMIN, deployment.block)).join(', '), ''),
    check(
      'roles: governors',
      (await membersOf(authority, roles.GOVERNOR, deployment.block)).join(', '),
      `${members.governor} after ${delay} s`,
    ),
    check(
      'roles: guardians',
      (await membersOf(authority, roles.GUARDIAN, deployment.block)).join(', '),
      `${members.guardian} after 0 s`,
    ),
  );
  return checks;
}

/** Everybody who was ever granted the role and still has it, with the delay. */
async function membersOf(authority: Authority, role: bigint, fromBlock: number): Promise<string[]> {
  const granted = await authority.queryFilter(authority.filters.RoleGranted(role), fromBlock);
  const everybody = [...new Set(granted.map(({ args }) => args.account))];
  const now = await Promise.all(
    everybody.map(async (account) => ({ account, ...(await hasRole(authority, role, account)) })),
  );
  return now.filter(({ member }) => member).map(({ account, delay }) => `${account} after ${delay} s`);
}

async function hasRole(authority: Authority, role: bigint, account: string) {
  const [member, delay] = await authority.hasRole(role, account);
  return { member, delay };
}
