/** The shared vectors, typed. */
import { readFileSync } from 'node:fs';
import type { Bytes32, Hex } from '#core/hex.ts';
import type { Dtype } from '#core/tensor.ts';

interface CommitmentVectors {
  readonly tensors: readonly {
    readonly name: string;
    readonly dtype: Dtype;
    readonly shape: readonly number[];
    /** Short ones only; float32 as bits. */
    readonly values?: readonly string[];
    readonly header: Bytes32;
    readonly bytes: Hex;
    readonly commitment: Bytes32;
  }[];
  readonly items: readonly {
    readonly name: string;
    readonly headers: readonly Bytes32[];
    readonly items: number;
    readonly bytes: Hex;
    readonly headersHash: Bytes32;
    readonly commitment: Bytes32;
  }[];
  readonly schemas: readonly { readonly inputs: Bytes32; readonly outputs: Bytes32; readonly hash: Bytes32 }[];
  readonly notCanonical: readonly {
    readonly name: string;
    readonly header: Bytes32;
    readonly bytes: Hex;
    readonly index: number;
  }[];
  readonly badHeaders: readonly { readonly name: string; readonly header: Bytes32 }[];
}

type Plain = Readonly<Record<string, string | number>>;

interface ProtocolVectors {
  readonly terms: readonly {
    readonly name: string;
    readonly terms: Plain;
    readonly packed: Readonly<Record<'requesterFee' | 'nodeSlice' | 'shares' | 'shape', Hex>> &
      Readonly<Record<'version' | 'input' | 'outputSchema', Hex>>;
    readonly hash: Hex;
    readonly chainId: number;
    readonly requests: Hex;
    readonly nonce: string;
    readonly id: Hex;
    readonly submission: {
      readonly node: Hex;
      readonly outputHash: Hex;
      readonly challengeEnd: number;
      readonly end: number;
      readonly id: Hex;
    };
    readonly tags: Readonly<Record<'Requested' | 'Declined' | 'Accepted' | 'Submitted' | 'Frozen', Hex>>;
  }[];
  readonly versions: readonly {
    readonly name: string;
    readonly chainId: number;
    readonly registry: Hex;
    readonly model: number;
    readonly content: Plain & { readonly exact: boolean; readonly rows: boolean };
    readonly id: Hex;
  }[];
  readonly purses: readonly { readonly model: number; readonly purse: Hex }[];
}

const read = (name: string) => JSON.parse(readFileSync(new URL(`../vectors/${name}`, import.meta.url), 'utf8'));

export const commitmentVectors: CommitmentVectors = read('commitments.json');
export const protocolVectors: ProtocolVectors = read('protocol.json');
