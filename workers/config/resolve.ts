import { existsSync } from 'node:fs';
import path from 'node:path';
import { redactUrl } from './printable.ts';
import type { Role, Sections } from './schema.ts';
import { checkKeyFile, secretIn, secretsIn } from './secretFile.ts';

/** What a section becomes once defaults that depend on others are filled in and secrets are read. */
export interface Resolved extends Omit<Sections, 'network' | 'process' | 'journal' | 'queue' | 'storage' | 'signer'> {
  readonly network: Omit<Sections['network'], 'rpcUrl' | 'rpcUrlFile' | 'rpcAgreement'> & {
    readonly rpcUrls: readonly string[];
    readonly agreement: number;
  };
  readonly process: Sections['process'] & { readonly dataDir: string };
  /** URLs hold the password. */
  readonly journal: Omit<Sections['journal'], 'passwordFile'> & { readonly url: string };
  readonly queue: { readonly url: string; readonly namespace: string };
  readonly signer: Omit<Sections['signer'], 'remoteTokenFile'> & { readonly remoteToken: string | undefined };
  readonly storage: Omit<Sections['storage'], 'writeTokenFile' | 'jwtSecretFile'> & {
    readonly directory: string;
    readonly writeToken: string | undefined;
    readonly jwtSecret: string | undefined;
  };
}

/** Sections that could be parsed; the mistakes of the others are known already. */
type Parsed = Partial<Sections>;
/** Where jobs wait in a process that shares its journal with nobody, unless something else is asked for. */
export const IN_PROCESS = 'memory:';
type Complain = (setting: string, what: string) => void;

export function resolve(role: Role, parsed: Parsed, complain: Complain): Partial<Resolved> {
  const dataDir = parsed.process?.dataDir ?? path.resolve('.data', role);
  const journal = parsed.journal && resolveJournal(parsed.journal, dataDir, complain);
  if (parsed.executor?.concurrency === 0 && (role === 'executor' || journal?.url.startsWith('pglite:')))
    complain(
      'executor.concurrency',
      role === 'executor'
        ? 'is 0: then an executor has nothing to do'
        : 'is 0, but nobody else can execute: executors beside this node need its journal on a postgres:// server',
    );
  return {
    ...parsed,
    ...(parsed.process && { process: { ...parsed.process, dataDir } }),
    ...(parsed.network && { network: resolveNetwork(parsed.network, complain) }),
    ...(journal && { journal }),
    ...(parsed.signer && { signer: resolveSigner(parsed.signer, complain) }),
    ...(parsed.queue && { queue: resolveQueue(parsed.queue, journal?.url, role, complain) }),
    ...(parsed.storage && { storage: resolveStorage(parsed.storage, dataDir, complain) }),
  } as Partial<Resolved>;
}

function resolveNetwork(network: Sections['network'], complain: Complain): Resolved['network'] {
  const { rpcUrl, rpcUrlFile, rpcAgreement, ...rest } = network;
  if (rpcUrl !== undefined && rpcUrlFile !== undefined)
    complain('network.rpcUrl', 'is given twice, also by network.rpcUrlFile: keep one of them');
  if (rpcUrl === undefined && rpcUrlFile === undefined)
    complain('network.rpcUrl', 'is missing: the JSON-RPC node of the chain, for instance http://127.0.0.1:8545');
  if (!existsSync(rest.deployment))
    complain(
      'network.deployment',
      `is ${rest.deployment}: there is no such file; deploy, or copy the addresses file of the network`,
    );
  const secrets = rpcUrlFile === undefined ? [] : secretsIn(rpcUrlFile, (what) => complain('network.rpcUrlFile', what));
  const wrong = secrets.findIndex((line) => !/^https?:\/\/./.test(line)) + 1;
  if (wrong > 0) complain('network.rpcUrlFile', `is ${rpcUrlFile}, whose line ${wrong} is no http or https URL`);
  const rpcUrls = rpcUrl ?? secrets;
  const setting = rpcUrl === undefined ? 'network.rpcUrlFile' : 'network.rpcUrl';
  // A provider that is named twice would agree with itself.
  if (new Set(rpcUrls).size < rpcUrls.length) complain(setting, 'names the same URL twice');
  if (rpcUrl?.length === 0) complain('network.rpcUrl', 'is an empty list');
  const agreement = rpcAgreement ?? Math.floor(rpcUrls.length / 2) + 1;
  if (rpcAgreement !== undefined && rpcUrls.length > 0 && rpcAgreement > rpcUrls.length)
    complain('network.rpcAgreement', `is ${rpcAgreement}, but ${setting} names ${rpcUrls.length}`);
  return { ...rest, rpcUrls, agreement };
}

function resolveSigner(signer: Sections['signer'], complain: Complain): Resolved['signer'] {
  const { remoteTokenFile, ...rest } = signer;
  const { keyFile, passwordFile, remoteUrl, remoteAddress, retiredKeyFiles } = rest;
  if (keyFile === undefined && remoteUrl === undefined)
    complain(
      'signer.keyFile',
      'is missing: the key: an encrypted JSON keystore, or 0x and 64 hex digits in a file that nobody else may read; or name a signer with signer.remoteUrl',
    );
  if (keyFile !== undefined && remoteUrl !== undefined)
    complain('signer.keyFile', 'is given, and signer.remoteUrl as well: a process has one key, so keep one of them');
  if (remoteUrl !== undefined && remoteAddress === undefined)
    complain('signer.remoteAddress', 'is missing: which key of the signer is to be used');
  if (remoteUrl === undefined && (remoteAddress !== undefined || remoteTokenFile !== undefined))
    complain('signer.remoteUrl', 'is missing, but other settings of a signer are given');
  if (remoteUrl !== undefined && URL.canParse(remoteUrl) && new URL(remoteUrl).password !== '')
    complain('signer.remoteUrl', `holds a password (${redactUrl(remoteUrl)}): use signer.remoteTokenFile`);
  if (keyFile !== undefined) checkKeyFile(keyFile, passwordFile, (what) => complain('signer.keyFile', what));
  for (const file of retiredKeyFiles)
    checkKeyFile(file, passwordFile, (what) => complain('signer.retiredKeyFiles', what));
  if (passwordFile !== undefined) secretIn(passwordFile, (what) => complain('signer.passwordFile', what));
  const remoteToken =
    remoteTokenFile === undefined
      ? undefined
      : secretIn(remoteTokenFile, (what) => complain('signer.remoteTokenFile', what));
  return { ...rest, remoteToken };
}

function resolveJournal(journal: Sections['journal'], dataDir: string, complain: Complain): Resolved['journal'] {
  const { url = `pglite:${path.join(dataDir, 'journal')}`, passwordFile, ...rest } = journal;
  return { ...rest, url: withPassword('journal', url, passwordFile, complain) };
}

function resolveQueue(
  queue: Sections['queue'],
  journalUrl: string | undefined,
  role: Role,
  complain: Complain,
): Resolved['queue'] {
  const own = queue.url === undefined ? undefined : withPassword('queue', queue.url, queue.passwordFile, complain);
  if (own?.startsWith('pglite:') && own !== journalUrl)
    complain(
      'queue.url',
      `is ${own}: a pglite: queue lives in the database of the journal (${redactUrl(journalUrl ?? '')}); leave it out, or use redis:// or postgres://`,
    );
  const url = own ?? (journalUrl?.startsWith('pglite:') ? IN_PROCESS : journalUrl);
  return { url: url ?? '', namespace: queue.namespace ?? role };
}

function resolveStorage(storage: Sections['storage'], dataDir: string, complain: Complain): Resolved['storage'] {
  const { writeTokenFile, jwtSecretFile, directory = path.join(dataDir, 'blobs'), ...rest } = storage;
  const secret = (setting: string, file: string | undefined) =>
    file === undefined ? undefined : secretIn(file, (what) => complain(setting, what));
  const writeToken = secret('storage.writeTokenFile', writeTokenFile);
  const jwtSecret = secret('storage.jwtSecretFile', jwtSecretFile);
  // RFC 7518, 3.2: a key as long as the hash. Shorter ones are guessed from one token.
  if (jwtSecret !== undefined && jwtSecret.length < 32)
    complain('storage.jwtSecretFile', `is ${jwtSecretFile}, and that secret is shorter than 32 characters`);
  if (rest.maxBlobBytes > rest.quotaBytes)
    complain('storage.maxBlobMb', 'is larger than storage.quotaMb: no such blob could ever be kept');
  return { ...rest, directory, writeToken, jwtSecret };
}

/** Secrets come by file only: a URL is logged, copied into scripts and seen in the list of processes. */
function withPassword(
  section: 'journal' | 'queue',
  url: string,
  passwordFile: string | undefined,
  complain: Complain,
): string {
  if (url.startsWith('pglite:')) {
    if (passwordFile !== undefined) complain(`${section}.passwordFile`, `is given, but ${url} has no password`);
    return url;
  }
  if (!URL.canParse(url)) {
    complain(`${section}.url`, `is not a URL`);
    return url;
  }
  const parsed = new URL(url);
  if (parsed.password !== '') {
    complain(
      `${section}.url`,
      `holds a password (${redactUrl(url)}): put it in a file and name that with ${section}.passwordFile`,
    );
    return url;
  }
  const password =
    passwordFile === undefined
      ? undefined
      : secretIn(passwordFile, (what) => complain(`${section}.passwordFile`, what));
  if (password !== undefined) parsed.password = encodeURIComponent(password);
  return parsed.toString();
}
