import type { ChainReader, Hex } from '#ports/chain.ts';
import { INodeRegistry__factory } from '#types';
import { ask } from './ask.ts';

const nodes = INodeRegistry__factory.createInterface();
/** Permission bit of the registry (contracts/types/KeyWord.sol): submit results. */
const SUBMIT = 4;

/** Whether the chain takes results of `node` from a hot key, at the newest block. Of its own account it does always. */
export function submitters(reader: Pick<ChainReader, 'call'>, registry: Hex) {
  return async (node: Hex, key: Hex): Promise<boolean> => {
    if (key === node) return true;
    return Boolean((await ask(reader, registry, nodes, 'mayAct', node, key, SUBMIT))[0]);
  };
}
