/** Every command, in the order of the help text. */
import type { Command } from './command.ts';
import { balanceCommand } from './commands/account/balance.ts';
import { consentCommand } from './commands/account/consent.ts';
import { createAccountCommand } from './commands/account/create.ts';
import { importAccountCommand } from './commands/account/import.ts';
import { listAccountsCommand, useAccountCommand } from './commands/account/list.ts';
import { depositCommand, withdrawCommand } from './commands/account/move.ts';
import { sendCommand } from './commands/account/send.ts';
import { assessCommand } from './commands/assess.ts';
import { compareCommand } from './commands/compare.ts';
import { compileCommand } from './commands/compile.ts';
import { completionCommand } from './commands/completion.ts';
import { conformanceCommand } from './commands/conformance.ts';
import { deployCommand } from './commands/deploy.ts';
import { checkCommand } from './commands/dispute/check.ts';
import { replayCommand } from './commands/dispute/replay.ts';
import { inferCommand } from './commands/infer.ts';
import { createModelCommand } from './commands/model/create.ts';
import { downloadCommand } from './commands/model/download.ts';
import { listModelsCommand } from './commands/model/list.ts';
import { policyCommand, retireCommand, royaltyCommand } from './commands/model/own.ts';
import { publishCommand } from './commands/model/publish.ts';
import { searchCommand } from './commands/model/search.ts';
import { showModelCommand } from './commands/model/show.ts';
import { showNetworkCommand } from './commands/network/show.ts';
import { useNetworkCommand } from './commands/network/use.ts';
import { backupCommand } from './commands/node/backup.ts';
import { doctorCommand } from './commands/node/doctor.ts';
import { initNodeCommand } from './commands/node/init.ts';
import { keyCommand } from './commands/node/key.ts';
import { offerCommand } from './commands/node/offer.ts';
import { restoreCommand } from './commands/node/restore.ts';
import { revokeCommand } from './commands/node/revoke.ts';
import { rotateCommand } from './commands/node/rotate.ts';
import { runNodeCommand } from './commands/node/run.ts';
import { releaseCommand, restakeCommand, stakeCommand, unstakeCommand } from './commands/node/stake.ts';
import { nodeStatusCommand } from './commands/node/status.ts';
import { referenceCommand } from './commands/reference.ts';
import { listRequestsCommand } from './commands/request/list.ts';
import { cancelCommand, expireCommand, finaliseCommand, rescueCommand } from './commands/request/settle.ts';
import { showRequestCommand, watchRequestCommand } from './commands/request/show.ts';

export const COMMANDS: readonly Command[] = [
  useNetworkCommand,
  showNetworkCommand,
  createAccountCommand,
  importAccountCommand,
  listAccountsCommand,
  useAccountCommand,
  balanceCommand,
  depositCommand,
  withdrawCommand,
  sendCommand,
  consentCommand,
  searchCommand,
  listModelsCommand,
  showModelCommand,
  createModelCommand,
  publishCommand,
  royaltyCommand,
  policyCommand,
  retireCommand,
  downloadCommand,
  inferCommand,
  listRequestsCommand,
  showRequestCommand,
  watchRequestCommand,
  cancelCommand,
  expireCommand,
  finaliseCommand,
  rescueCommand,
  initNodeCommand,
  keyCommand,
  runNodeCommand,
  nodeStatusCommand,
  offerCommand,
  stakeCommand,
  unstakeCommand,
  restakeCommand,
  releaseCommand,
  rotateCommand,
  revokeCommand,
  backupCommand,
  restoreCommand,
  doctorCommand,
  compileCommand,
  referenceCommand,
  compareCommand,
  assessCommand,
  conformanceCommand,
  replayCommand,
  checkCommand,
  deployCommand,
  completionCommand(() => COMMANDS),
];
