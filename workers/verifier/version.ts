import type { Meaning, ProgramHeader, VersionWords } from '#core/challenges/claim.ts';
import type { Standard } from '#core/challenges/evidence.ts';
import type { ServedVersion } from '#ports/work.ts';

/** A version whose results can be disputed. */
export interface DisputedVersion extends ServedVersion {
  readonly standard: Standard;
  readonly words: VersionWords;
}

/** From what the watcher keeps of a version; undefined if it names no program, or is not known. */
export function disputedVersion(facts: Readonly<Record<string, unknown>> | undefined): DisputedVersion | undefined {
  if (facts === undefined) return undefined;
  const version = facts as unknown as ServedVersion;
  const { program, exact } = version;
  if (program?.words === undefined) return undefined;
  const { tolerance, shape, ...hashes } = program.words;
  return {
    ...version,
    standard: exact ? 'exact' : { atol: program.atol, rtol: program.rtol },
    words: { ...hashes, tolerance: BigInt(tolerance), shape: BigInt(shape) },
  };
}

export const meaningFor = ({ words }: DisputedVersion, program: ProgramHeader): Meaning => ({
  version: words,
  program,
});
