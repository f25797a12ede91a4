/** The typed client: `connect`, `actAs`, then one function per verb. */
export type { AskOptions } from './ask.ts';
export { balanceOf } from './balance.ts';
export { named, toProtocolError } from './chainErrors.ts';
export { consentOf, setConsent } from './consent.ts';
export { createModel, modelOf } from './createModel.ts';
export { type CreatedVersion, createVersion, type NewVersion } from './createVersion.ts';
export { type Deployment, parseDeployment } from './deployment.ts';
export {
  allow,
  authorizeDeposit,
  type DepositAuthorization,
  deposit,
  depositWithPermit,
  relayDeposit,
} from './deposit.ts';
export { type FetchOptions, fetchModel } from './fetchModel.ts';
export { type Found, findRequest } from './findRequest.ts';
export { delivered, type Handle, type Inference, type InferOptions, infer, startInference } from './infer.ts';
export { itemsFrom, type Plain, type PlainInput } from './input.ts';
export { acceptModel, type ModelOffer, modelOfferOf, offerModel, takeOffer } from './modelSale.ts';
export {
  type ListedFile,
  type ListedVersion,
  listFiles,
  modelNamed,
  type NamedModel,
  versionNamed,
} from './named.ts';
export { type Account, actAs, connect, type Network } from './network.ts';
export { type NewNode, newNode } from './newNode.ts';
export { type HotKey, offerOf, Permissions, Roles, setKey, setNode, setOffer } from './node.ts';
export { cheapestOffer, type OpenOffer, type OwnOffer, offersFor, offersOf } from './offers.ts';
export { claimRoyalty, retire, setPolicy, setRoyalty } from './owner.ts';
export {
  buyPass,
  collectPasses,
  type Pass,
  type PassOffer,
  passOf,
  passOfferOf,
  refundPass,
  revokePass,
  setPassOffer,
} from './passes.ts';
export { contentFrom, type ModelCard, type Publication, type Published, publish } from './publish.ts';
export type { Assessment } from './publishing/assessment.ts';
export { quote } from './quote.ts';
export { type Asked, type AskedOne, request, requestBundle, requestByCommitment, requestMany } from './request.ts';
export { createSplitter, dueOf, managedBySplitter, payShare, type Share, splitOf } from './royalties.ts';
export {
  type Activity,
  activityOf,
  type Balances,
  balances,
  days,
  type Listing,
  type ModelPage,
  modelByName,
  type NodeEntry,
  type NodesQuery,
  nodeByAddress,
  nodes,
  type Paging,
  type RequestEntry,
  type RequestsQuery,
  type RequestWorkflow,
  requestById,
  requests,
  type SearchQuery,
  search,
  type Totals,
  totals,
} from './search.ts';
export { cancel, expire, finalise, rescue } from './settle.ts';
export { release, restake, stake, unstake } from './stake.ts';
export type { Transacted } from './transact.ts';
export { type Store, upload } from './upload.ts';
export { type Verification, verificationOf } from './verification.ts';
export { describeVersion, type Version } from './version.ts';
export { decodeResult, type Result, waitForResult } from './waitForResult.ts';
export { withdraw } from './withdraw.ts';
export { type Step, statusOf, type Workflow, workflowOf } from './workflow.ts';
