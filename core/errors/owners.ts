import type { ErrorEntry } from './entry.ts';

/** Custom errors of what owners of models use: policies, splitters, sales. By the contracts' own names. */
export const ownersErrors = {
  Policies_NotOwner: {
    args: ['caller', 'owner'],
    what: '{caller} does not own the model of this version, {owner} does.',
    remedy: "Call from the owner's account; if the owner is a splitter, from its manager's, through the splitter.",
    retryable: false,
  },
  Policies_UnknownVersion: {
    args: ['version'],
    what: '{version} is no version of this registry.',
    remedy: 'Check the id, the chain and the address of the policy.',
    retryable: false,
  },
  Policies_BadField: {
    args: ['name'],
    what: 'The field {name} of the rule is out of its range.',
    remedy: 'Correct it; the ranges are in docs/contracts/Policies.md.',
    retryable: false,
  },
  Passes_NotForSale: {
    args: ['version'],
    what: 'No passes are sold for version {version}: it has no offer, is retired, or another policy decides who may ask.',
    remedy: "Ask the model's owner, or use another version.",
    retryable: false,
  },
  Passes_OfferChanged: {
    args: ['version', 'price', 'period', 'uses'],
    what: 'The offer for version {version} is now {price} wei for {period} seconds and {uses} uses (0: unlimited), which is worse than was accepted.',
    remedy: 'Nothing was paid. Read the offer again, then decide.',
    retryable: false,
  },
  Passes_OtherKind: {
    args: ['version', 'holder'],
    what: 'The pass of {holder} for version {version} is of another kind than is sold now: one counts uses, the other does not.',
    remedy: 'Wait until the pass is over, or buy for another account.',
    retryable: true,
  },
  Passes_RoyaltyAbove: {
    args: ['royalty', 'maxRoyalty'],
    what: 'An item costs {royalty} wei of royalty now, above the {maxRoyalty} that were accepted.',
    remedy: 'Nothing was paid. Accept the royalty of now, or do not buy.',
    retryable: false,
  },
  Passes_StillServed: {
    args: ['version'],
    what: 'Version {version} is served as it was when the pass was bought: there is nothing to give back.',
    remedy: 'A refund is for versions that are retired, have another policy, or have become dearer.',
    retryable: false,
  },
  Passes_NoPass: {
    args: ['version', 'holder'],
    what: '{holder} has no pass for version {version} that still runs.',
    remedy: 'Nothing is held for it; what it earned can be collected.',
    retryable: false,
  },
  Splitter_BadField: {
    args: ['name'],
    what: 'The field {name} is out of its range.',
    remedy: 'Name 1 to 16 different payees with shares above 0 that sum to 10,000.',
    retryable: false,
  },
  Splitter_NotPayee: {
    args: ['account'],
    what: '{account} is no payee of this splitter.',
    remedy: 'Name one of its payees (split).',
    retryable: false,
  },
  Splitter_NothingDue: {
    args: ['payee'],
    what: 'Nothing is due to {payee} now.',
    remedy: 'Claim the royalty of the models first (claimRoyalty), or come back when there is more.',
    retryable: true,
  },
  Splitter_NotManaged: {
    args: ['target', 'selector'],
    what: 'A manager may not call {selector} of {target} for the splitter.',
    remedy:
      'Only publish, setRoyalty, setPolicy, retire and rules of policies can be called; models leave by agreement of all payees.',
    retryable: false,
  },
  Splitter_NotAgreed: {
    args: ['payee', 'agreed'],
    what: '{payee} has agreed to {agreed}, not to this receiver.',
    remedy: 'Every payee calls agree(model, to) first.',
    retryable: true,
  },
  Splitter_NotAModel: {
    args: ['token'],
    what: 'The splitter takes no tokens of {token}.',
    remedy: 'Send it models of its own deployment only.',
    retryable: false,
  },
  Sale_NotOwner: {
    args: ['caller', 'owner'],
    what: '{caller} does not own the model, {owner} does.',
    remedy: "Offer from the owner's account.",
    retryable: false,
  },
  Sale_NotOffered: {
    args: ['model'],
    what: 'Model {model} is not offered: there is no offer, it is over, its owner has changed, or the approval is missing.',
    remedy: 'Let the owner offer it again (offer, then approve).',
    retryable: false,
  },
  Sale_UntilInvalid: {
    args: ['until'],
    what: 'The offer would end at {until}, which is past.',
    remedy: 'Name a later second.',
    retryable: false,
  },
  Sale_NotForYou: {
    args: ['caller', 'buyer'],
    what: 'The model is offered to {buyer}, not to {caller}.',
    remedy: "Accept from the buyer's account.",
    retryable: false,
  },
  Sale_PriceAbove: {
    args: ['price', 'max'],
    what: 'The model now costs {price} wei, more than the {max} that were accepted.',
    remedy: 'Nothing was paid. Read the offer again, then decide.',
    retryable: false,
  },
} as const satisfies Record<string, ErrorEntry>;
