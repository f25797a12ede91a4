/** JSON-RPC as the readers and senders here use it: of one provider, or of several that are held against each other. */
export interface JsonRpc {
  /** What errors show: without path, query and credentials, where providers put their keys. */
  readonly url: string;
  /** Providers that must say the same before it counts where money follows from it. */
  readonly agreement: number;
  /** One provider's word: for what costs nothing when it is wrong. */
  send<T>(method: string, parameters: readonly unknown[]): Promise<T>;
  /** What enough providers say alike. `essence`: what of an answer has to be the same; absent, all of it. */
  agreed<T>(method: string, parameters: readonly unknown[], essence?: (answer: T) => unknown): Promise<T>;
  /** Of a number that only grows: what enough providers have reached. */
  reached(method: string, parameters: readonly unknown[]): Promise<bigint>;
  /** The newest block of this name that enough providers have reached; null: they have none. */
  newest<T extends NamedBlock>(name: 'latest' | 'finalized', essence: (block: T | null) => unknown): Promise<T | null>;
  /** To every provider there is. What each says, without those that are slow. */
  each<T>(method: string, parameters: readonly unknown[]): Promise<readonly PromiseSettledResult<T>[]>;
  close(): void;
}

export interface NamedBlock {
  readonly number: string;
}
