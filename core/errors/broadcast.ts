/**
 * What chain nodes (geth, erigon, nethermind, besu, reth, anvil, hardhat) say about a transaction that they do not simply take. In older
 * releases of Nethermind an answer is one word, the name in AcceptTxResult.
 */
export const ANSWERS = {
  known: /already ?known|known transaction|already imported|already exists|already in (the )?(mem)?pool/i,
  nonceTooLow: /nonce (is )?too low|nonce has already been used|old ?nonce/i,
  underpriced:
    /underpriced|fee ?too ?low|replacement ?not ?allowed|max fee per gas less than|gas price too low|below base fee|too low for the next block/i,
  noFunds: /insufficient ?(funds|balance)|doesn't have enough funds/i,
  nonceGap: /nonce (is )?too high|nonce ?gap|future transaction/i,
  /** Of a pool, not of the transaction: there is room again when others are mined. */
  poolFull: /pool is full|pool overflow|POOL_FULL/i,
  /** What no pool of the kind takes, ever. */
  unfit: /intrinsic gas|exceeds (the )?(block gas limit|configured cap)|oversized data|only replay-protected/i,
} as const;
