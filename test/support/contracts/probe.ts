import { artifacts } from 'hardhat';
import { EscrowProbe__factory } from '#types';
import { ethers } from './chain.ts';

const ADDRESS = '0x00000000000000000000000000000000e5c9a7e0';

// Put there and not deployed, before any fixture is made: no nonce and no block of a test depends on it.
const { deployedBytecode } = await artifacts.readArtifact('EscrowProbe');
await ethers.provider.send('hardhat_setCode', [ADDRESS, deployedBytecode]);

/** Reads what Escrow says of many accounts and lanes in one call: thousands of calls of their own took most of a test's time. */
export const probe = EscrowProbe__factory.connect(ADDRESS, ethers.provider);
