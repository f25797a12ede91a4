import { amount, flag, text, whole } from '../leaf.ts';
import { section } from '../section.ts';

/** What a keeper closes, and what a store keeps. */
const MIB = 2 ** 20;
const path = { kind: 'a path' } as const;

export const keeper = section({
  others: flag({
    env: 'OPG_KEEP_OTHERS',
    fallback: 'true',
    about: 'of a keeper: finalise what other nodes submitted, for the tip; a node closes its own results alone',
    example: 'true',
  }),
  expire: flag({
    env: 'OPG_KEEP_EXPIRE',
    fallback: 'true',
    about: 'of a keeper: return fees after deadlines, which pays nothing',
    example: 'false',
  }),
  minTip: amount({
    unit: 'OPG',
    decimals: 18,
    env: 'OPG_MIN_TIP',
    fallback: '0',
    about: 'of a keeper: the least tip worth a transaction',
    example: '0.001',
  }),
  batchLimit: whole({
    min: 1,
    max: 32,
    env: 'OPG_KEEP_BATCH_LIMIT',
    fallback: '10',
    about: 'requests closed by one transaction',
    example: '10',
  }),
  maxWaitSeconds: whole({
    min: 0,
    max: 86_400,
    unit: 'seconds',
    env: 'OPG_KEEP_MAX_WAIT_SECONDS',
    fallback: '0',
    about: 'how long a request that is due may wait for its transaction to fill',
    example: '60',
  }),
});

export const storage = section(
  {
    directory: text({
      ...path,
      env: 'OPG_STORAGE_DIRECTORY',
      fallback: null,
      about: 'where blobs are kept; <dataDir>/blobs if absent',
      example: '/srv/blobs',
    }),
    quotaMb: whole({
      min: 1,
      max: 1_073_741_824,
      unit: 'MiB',
      env: 'OPG_STORAGE_QUOTA_MB',
      fallback: '10240',
      about: 'what all blobs together may take',
      example: '10240',
    }),
    maxBlobMb: whole({
      min: 1,
      max: 1_048_576,
      unit: 'MiB',
      env: 'OPG_STORAGE_MAX_BLOB_MB',
      fallback: '2048',
      about: 'the largest blob',
      example: '2048',
    }),
    writeTokenFile: text({
      ...path,
      env: 'OPG_STORAGE_WRITE_TOKEN_FILE',
      fallback: null,
      about: 'a file with the token that writers must show; without it anybody may write',
      example: '/run/secrets/store',
    }),
    jwtSecretFile: text({
      ...path,
      env: 'OPG_STORAGE_JWT_SECRET_FILE',
      fallback: null,
      about:
        'a file with the secret (HS256) of JSON Web Tokens that let their bearers write one blob, as for a Walrus publisher',
      example: '/run/secrets/store-jwt',
    }),
    walrusMaxMb: whole({
      min: 0,
      max: 1024,
      unit: 'MiB',
      env: 'OPG_STORAGE_WALRUS_MAX_MB',
      fallback: '256',
      about: 'the largest blob to get a Walrus id, which takes 2.5 times as much memory; 0 = give none',
      example: '256',
    }),
  },
  ({ quotaMb, maxBlobMb, walrusMaxMb, ...rest }) => ({
    ...rest,
    quotaBytes: quotaMb * MIB,
    maxBlobBytes: maxBlobMb * MIB,
    walrusMaxBytes: walrusMaxMb * MIB,
  }),
);
