/** How one argument of a Solidity event becomes plain data. Chain libraries give bigint or number, and any case of hex. */
import { ProtocolError } from '../errors.ts';
import type { Hex } from '../hex.ts';
import { toAddress, toBytes32 } from '../hex.ts';
import { toModelId, toRequestId, toVersionId } from './ids.ts';
import type { PackedTerms, Terms } from './terms.ts';
import { unpackTerms } from './terms.ts';
import type { VersionContent } from './version.ts';

/** Arguments by name, as a decoded log or struct carries them. */
export type Arguments = Readonly<Record<string, unknown>>;

export const requestIdField = (value: unknown) => toRequestId(String(value));
export const versionIdField = (value: unknown) => toVersionId(String(value));
export const modelIdField = (value: unknown) => toModelId(BigInt(value as bigint));
export const addressField = (value: unknown) => toAddress(String(value));
export const hashField = (value: unknown) => toBytes32(String(value));
export const bytesField = (value: unknown) => String(value).toLowerCase() as Hex;
export const textField = (value: unknown) => String(value);
export const textsField = (value: unknown): readonly string[] => [...(value as Iterable<unknown>)].map(String);
export const flagField = (value: unknown) => Boolean(value);
/** Amounts and nonces. */
export const wideField = (value: unknown) => BigInt(value as bigint);

/** Times, counts and basis points: at most 53 bits. */
export function smallField(value: unknown): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 0)
    throw new ProtocolError('number.range', { name: 'event argument', value: String(value), bits: 53 });
  return number;
}

export function termsField(value: unknown): Terms {
  const packed = value as { [K in keyof PackedTerms]: unknown };
  return unpackTerms({
    version: versionIdField(packed.version),
    input: hashField(packed.input),
    requesterFee: wideField(packed.requesterFee),
    nodeSlice: wideField(packed.nodeSlice),
    shares: wideField(packed.shares),
    shape: wideField(packed.shape),
    outputSchema: hashField(packed.outputSchema),
  });
}

export function contentField(value: unknown): VersionContent {
  const content = value as { [K in keyof VersionContent]: unknown };
  return {
    sha256Hash: hashField(content.sha256Hash),
    size: wideField(content.size),
    inputSchema: hashField(content.inputSchema),
    outputSchema: hashField(content.outputSchema),
    programRoot: hashField(content.programRoot),
    atol: smallField(content.atol),
    rtol: smallField(content.rtol),
    outputBytes: smallField(content.outputBytes),
    cost: smallField(content.cost),
    sliceFloorGwei: wideField(content.sliceFloorGwei),
    exact: flagField(content.exact),
    rows: flagField(content.rows),
    licenceHash: hashField(content.licenceHash),
  };
}
