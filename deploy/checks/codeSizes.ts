// Public chains refuse contracts that are too large, with a message that names neither. Asked before anything is sent.
import type { ArtifactManager } from 'hardhat/types/artifacts';

/** EIP-170: bytes of a contract. */
const MAX_CODE = 24_576;
/** EIP-3860: bytes of creation code. */
const MAX_CREATION_CODE = 49_152;

const bytes = (hex: string) => (hex.length - 2) / 2;

/** One sentence for each limit that a contract exceeds. */
export async function oversized(artifacts: ArtifactManager, names: readonly string[]): Promise<string[]> {
  const sentences = await Promise.all(
    names.map(async (name) => {
      const { bytecode, deployedBytecode } = await artifacts.readArtifact(name);
      const code = bytes(deployedBytecode);
      const creation = bytes(bytecode);
      return [
        ...(code > MAX_CODE ? [`${name} has ${code} bytes of code, chains accept ${MAX_CODE}`] : []),
        ...(creation > MAX_CREATION_CODE
          ? [`${name} has ${creation} bytes of creation code, chains accept ${MAX_CREATION_CODE}`]
          : []),
      ];
    }),
  );
  return sentences.flat();
}
