import { amount, choice, list, text, url, whole } from '../leaf.ts';
import { section } from '../section.ts';

/** How a process meets the chain: which node it asks, which key it signs with, what it pays. */
const path = { kind: 'a path' } as const;
const ADDRESS = /^0x[0-9a-f]{40}$/i;

export const network = section(
  {
    rpcUrl: list({
      of: 'URLs that begin with http:// or https://',
      pattern: /^https?:\/\/./,
      env: 'OPG_RPC_URL',
      fallback: null,
      about:
        'the JSON-RPC nodes of the chain, the preferred one first; one is enough, of three any one may fail or lie',
      example: 'http://127.0.0.1:8545',
    }),
    rpcUrlFile: text({
      ...path,
      env: 'OPG_RPC_URL_FILE',
      fallback: null,
      about: 'a file with these URLs, one a line, when they hold access keys',
      example: '/run/secrets/rpc-url',
    }),
    rpcAgreement: whole({
      min: 1,
      max: 16,
      env: 'OPG_RPC_AGREEMENT',
      fallback: null,
      about:
        'how many of them must say the same of events, receipts, finality and the state of contracts before anything is done; the majority if absent',
      example: '2',
    }),
    deployment: text({
      ...path,
      env: 'OPG_DEPLOYMENT',
      about: 'the addresses file of the deployment',
      example: 'deploy/addresses/31337.json',
    }),
    finality: text({
      pattern: /^(finalized|[1-9]\d{0,5})$/,
      kind: '"finalized" or a number of blocks',
      env: 'OPG_FINALITY',
      fallback: 'finalized',
      about: 'when a block counts as final: what the node says, or so many blocks below the newest',
      example: '64',
    }),
    pollMs: whole({
      min: 50,
      max: 60_000,
      unit: 'ms',
      env: 'OPG_POLL_MS',
      fallback: '1000',
      about: 'how often the node is asked for a new block',
      example: '1000',
    }),
  },
  ({ finality, ...rest }) => ({
    ...rest,
    finality:
      finality === 'finalized' ? ({ kind: 'tag' } as const) : ({ kind: 'depth', blocks: Number(finality) } as const),
  }),
);

export const signer = section({
  keyFile: text({
    ...path,
    env: 'OPG_KEY_FILE',
    fallback: null,
    about: 'the key: an encrypted JSON keystore, or 0x and 64 hex digits in a file that nobody else may read',
    example: '/run/secrets/node.json',
  }),
  passwordFile: text({
    ...path,
    env: 'OPG_KEY_PASSWORD_FILE',
    fallback: null,
    about: 'a file with the password of the keystore',
    example: '/run/secrets/node.password',
  }),
  remoteUrl: url({
    schemes: ['http://', 'https://'],
    env: 'OPG_SIGNER_URL',
    fallback: null,
    about: 'instead of a key file: a signer that has the key, over JSON-RPC; web3signer, Clef',
    example: 'http://127.0.0.1:9000',
  }),
  remoteAddress: text({
    pattern: ADDRESS,
    kind: 'an address',
    env: 'OPG_SIGNER_ADDRESS',
    fallback: null,
    about: 'which of its keys',
    example: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
  }),
  remoteApi: choice(['eth', 'clef'], {
    env: 'OPG_SIGNER_API',
    fallback: 'eth',
    about: 'its calls: eth_accounts and eth_signTransaction, or account_list and account_signTransaction',
    example: 'eth',
  }),
  remoteTokenFile: text({
    ...path,
    env: 'OPG_SIGNER_TOKEN_FILE',
    fallback: null,
    about: 'a file with the bearer token to show it',
    example: '/run/secrets/signer-token',
  }),
  timeoutMs: whole({
    min: 100,
    max: 600_000,
    unit: 'ms',
    env: 'OPG_SIGNER_TIMEOUT_MS',
    fallback: '5000',
    about: 'how long it may take to sign; where a person has to agree, as long as that takes',
    example: '5000',
  }),
  retiredKeyFiles: list({
    pattern: /./,
    of: 'paths',
    env: 'OPG_RETIRED_KEY_FILES',
    fallback: '',
    about:
      'files of former keys, opened like keyFile: their transactions are followed to their ends, nothing new is sent from them',
    example: '/run/secrets/node-1.json',
  }),
  retiredAddresses: list({
    pattern: ADDRESS,
    of: 'addresses',
    env: 'OPG_RETIRED_ADDRESSES',
    fallback: '',
    about: 'former keys that the signer has, or nobody any more: then only what they had signed is sent again',
    example: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
  }),
  account: text({
    pattern: ADDRESS,
    kind: 'an address',
    env: 'OPG_NODE_ACCOUNT',
    fallback: null,
    about: "the node's account, when the key is a hot key of it; the key's own address if absent",
    example: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
  }),
});

export const submission = section(
  {
    feeCapGwei: amount({
      unit: 'gwei',
      decimals: 9,
      env: 'OPG_FEE_CAP_GWEI',
      fallback: '100',
      about: 'no transaction offers more per gas',
      example: '50',
    }),
    replaceAfterBlocks: whole({
      min: 1,
      max: 1000,
      unit: 'blocks',
      env: 'OPG_REPLACE_AFTER_BLOCKS',
      fallback: '3',
      about: 'a transaction not mined by then is sent again with a higher fee',
      example: '3',
    }),
    urgentSeconds: whole({
      min: 0,
      max: 86_400,
      unit: 'seconds',
      env: 'OPG_URGENT_SECONDS',
      fallback: '30',
      about: 'so near its deadline it is replaced at every block',
      example: '30',
    }),
    opgPerCoin: amount({
      unit: 'OPG',
      decimals: 18,
      env: 'OPG_PER_COIN',
      fallback: null,
      about:
        'what a native coin is worth; with it, what costs more gas than it brings waits until gas is cheaper, or its deadline passes',
      example: '12000',
    }),
    batchAbove: whole({
      min: 1,
      max: 1000,
      env: 'OPG_SUBMIT_BATCH_ABOVE',
      fallback: '4',
      about: 'more results than this waiting at once go in one transaction',
      example: '4',
    }),
    batchLimit: whole({
      min: 1,
      max: 32,
      env: 'OPG_SUBMIT_BATCH_LIMIT',
      fallback: '10',
      about: 'results of one transaction',
      example: '10',
    }),
  },
  ({ feeCapGwei, ...rest }) => ({ ...rest, maxFeePerGas: feeCapGwei }),
);
