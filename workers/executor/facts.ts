/** Reads what the admitting role left in the journal. Strict: a row from another program version must not be half understood. */
import { isDtype } from '#core/commitment/dtype.ts';
import { ProtocolError } from '#core/errors.ts';
import type { Row } from '#ports/journal.ts';
import type { ExecutionFacts, ServedVersion } from '#ports/work.ts';

type Json = Readonly<Record<string, unknown>>;

export function executionFacts(row: Row): ExecutionFacts {
  const require = (holds: boolean, reason: string) => {
    if (!holds) throw new ProtocolError('executor.facts_invalid', { id: row.id, reason });
  };
  const { terms, version, input, inputBlob } = row.facts as Json;
  require(isObject(terms) && isObject(version), 'terms or version is missing');
  const { deadline, items, flags, input: root, version: versionId } = terms as Json;
  require(isHex(root, 64), 'terms.input is no 32-byte hash');
  require(versionId === undefined || isHex(versionId, 64), 'terms.version is no version id');
  require(isWhole(deadline) && isWhole(items) && isWhole(flags), 'terms.deadline, items or flags is no whole number');
  require(isHex(input) || isHex(`0x${inputBlob}`, 64), 'there is neither input nor inputBlob');
  const { sha256, size, uris, schema, rows, exact, program } = version as Json;
  require(isHex(`0x${sha256}`, 64) && isWhole(size), 'version.sha256 or size is missing');
  require(Array.isArray(uris) && uris.every((uri) => typeof uri === 'string'), 'version.uris is no list of strings');
  require(typeof rows === 'boolean' && typeof exact === 'boolean', 'version.rows or exact is no boolean');
  require(program === undefined || isProgram(program), 'version.program lacks a root, a tolerance or its cost');
  const { inputs, outputs } = (isObject(schema) ? schema : {}) as Json;
  for (const [name, side] of [
    ['inputs', inputs],
    ['outputs', outputs],
  ] as const)
    require(Array.isArray(side) &&
      side.length > 0 &&
      side.every(isSpec), `version.schema.${name} is no list of tensors`);
  return {
    terms: {
      input: root as string,
      ...(versionId === undefined ? {} : { version: versionId as string }),
      deadline: Number(deadline),
      items: Number(items),
      flags: Number(flags),
    },
    ...(typeof input === 'string' ? { input } : { inputBlob: inputBlob as string }),
    version: version as unknown as ServedVersion,
  };
}

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null;
const isWhole = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0;
const isHex = (value: unknown, digits?: number) =>
  typeof value === 'string' &&
  /^0x([0-9a-f]{2})*$/.test(value) &&
  (digits === undefined || value.length === 2 + digits);
const isProgram = (value: unknown) => {
  const { root, atol, rtol, multiplyAdds } = isObject(value) ? value : {};
  return isHex(root, 64) && isWhole(atol) && isWhole(rtol) && typeof multiplyAdds === 'number' && multiplyAdds > 0;
};
const isSpec = (value: unknown) =>
  isObject(value) &&
  typeof value['name'] === 'string' &&
  isDtype(value['dtype']) &&
  Array.isArray(value['shape']) &&
  value['shape'].every((dim) => Number.isInteger(dim));
