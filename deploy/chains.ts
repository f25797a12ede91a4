// The chains this project is deployed to, and the least times each allows.

export interface Chain {
  readonly id: number;
  /** As people call it. */
  readonly name: string;
  /** As hardhat.config.ts calls it. */
  readonly network: string;
  /** File of its parameters, in deploy/parameters. */
  readonly profile: string;
  /** Whether the chain may be thrown away and started again under the same id, so that old records of it are worthless. */
  readonly ephemeral: boolean;
  /** Confirmations before a transaction counts. */
  readonly confirmations: number;
  /** Milliseconds between two looks for a new block. */
  readonly pollMs: number;
  /**
   * Windows below these cannot be used honestly on this chain: they must outlast the delay with which a censored
   * transaction is forced in, or, on a testnet, the time an honest party needs to notice and act.
   */
  readonly least: {
    readonly challengeBaseSeconds: number;
    readonly challengeWindowSeconds: number;
    readonly responseSeconds: number;
    readonly governorDelaySeconds: number;
    readonly unbondingDelaySeconds: number;
  };
}

/** The testnet column of the challenge game's clocks: Tc 10 min, W 5 min, R 2 min. */
const TESTNET = {
  challengeBaseSeconds: 600,
  challengeWindowSeconds: 300,
  responseSeconds: 120,
  governorDelaySeconds: 86_400,
  unbondingDelaySeconds: 86_400,
};

/** By the name `--network` takes. */
export const CHAINS = {
  local: {
    id: 31_337,
    name: 'the local chain',
    network: 'localhost',
    profile: 'local',
    ephemeral: true,
    confirmations: 1,
    pollMs: 25,
    least: {
      challengeBaseSeconds: 1,
      challengeWindowSeconds: 1,
      responseSeconds: 1,
      governorDelaySeconds: 0,
      unbondingDelaySeconds: 1,
    },
  },
  baseSepolia: {
    id: 84_532,
    name: 'Base Sepolia',
    network: 'baseSepolia',
    profile: 'base-sepolia',
    ephemeral: false,
    confirmations: 3,
    pollMs: 1000,
    least: TESTNET,
  },
  ogDevnet: {
    id: 10_740,
    name: 'the OpenGradient devnet',
    network: 'ogDevnet',
    profile: 'og-devnet',
    ephemeral: false,
    confirmations: 1,
    pollMs: 1000,
    least: TESTNET,
  },
} as const satisfies Record<string, Chain>;

export type ChainName = keyof typeof CHAINS;

export const chainById = (id: number): Chain | undefined =>
  Object.values<Chain>(CHAINS).find((chain) => chain.id === id);
