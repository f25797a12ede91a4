import type { Hex } from '#ports/chain.ts';
import type { Signer } from '#ports/signer.ts';
import { signerFromFile } from './keyFile.ts';
import { RemoteSigner, type SignerApi } from './remote.ts';

/** The section `signer` of a configuration. */
export interface SignerSettings {
  readonly keyFile: string | undefined;
  readonly passwordFile: string | undefined;
  readonly remoteUrl: string | undefined;
  readonly remoteAddress: string | undefined;
  readonly remoteApi: SignerApi;
  readonly remoteToken: string | undefined;
  readonly timeoutMs: number;
  readonly retiredKeyFiles: readonly string[];
  readonly retiredAddresses: readonly string[];
}

/** The key that everything is signed with from now on, and those whose transactions are only followed to their ends. */
export interface ConfiguredSigners {
  readonly signer: Signer;
  readonly retired: readonly Signer[];
  /** Former keys that neither a file nor the signer has. */
  readonly lost: readonly Hex[];
}

/** Opens what the configuration names: one key, in a file or kept by a signer, and former keys. */
export async function configuredSigners(settings: SignerSettings): Promise<ConfiguredSigners> {
  const { keyFile, passwordFile, remoteUrl, remoteAddress, remoteApi, remoteToken, timeoutMs } = settings;
  const remote =
    remoteUrl === undefined
      ? undefined
      : await RemoteSigner.connect({
          url: remoteUrl,
          address: remoteAddress as Hex,
          api: remoteApi,
          token: remoteToken,
          timeoutMs,
        });
  const signer = remote ?? (await signerFromFile(keyFile ?? '', passwordFile));
  const files = await Promise.all(settings.retiredKeyFiles.map((file) => signerFromFile(file, passwordFile)));
  const addresses = settings.retiredAddresses.map((address) => address.toLowerCase() as Hex);
  const there = remote === undefined ? [] : await remote.others(addresses);
  const retired = [...there, ...files];
  return { signer, retired, lost: addresses.filter((address) => !retired.some((one) => one.address === address)) };
}
