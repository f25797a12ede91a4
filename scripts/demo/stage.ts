/** What the chapters of the demo share. */
import type { ModelId, VersionId } from '#core/protocol/ids.ts';
import type { Transacted } from '../../sdk/index.ts';
import type { Deployed, LocalNetwork } from './localNetwork.ts';
import type { ExampleModel } from './models.ts';
import type { Process } from './processes.ts';
import type { Cost, Screen } from './screen.ts';

export const OPG = 10n ** 18n;

export interface Stage extends Deployed {
  readonly screen: Screen;
  readonly local: LocalNetwork;
  readonly node: Process;
  readonly keeper: Process;
  /** Resolves when both are ready. */
  readonly started: Promise<unknown>;
}

/** A model of the project, published. */
export interface Shown {
  readonly example: ExampleModel;
  readonly model: ModelId;
  readonly version: VersionId;
}

export function gasOf(...done: readonly Transacted[]): Cost {
  return { gas: done.reduce((sum, { receipt }) => sum + receipt.gasUsed, 0n) };
}
