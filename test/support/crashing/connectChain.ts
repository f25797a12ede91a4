import { connectChain as plain } from '../../../workers/adapters/ethers/connectChain.ts';
import { crashingSender } from './crashes.ts';

export const connectChain: typeof plain = async (...settings) => {
  const chain = await plain(...settings);
  return { ...chain, sender: crashingSender(chain.sender) };
};
