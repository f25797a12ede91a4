/** What a block's events say about models, versions, nodes, offers and parameter sets: the last word about each counts. */
import type { GameEvent } from '#core/challenges/events.ts';
import { ZERO_ADDRESS } from '#core/hex.ts';
import type { EventNamed, ProtocolEvent, RequestEvent } from '#core/protocol/events.ts';
import type { ModelId, VersionId } from '#core/protocol/ids.ts';
import type { ParameterSet } from '#core/protocol/parameters.ts';
import { type Posting, postingsOfEscrow } from '#core/protocol/postings.ts';
import type { Hex } from '#ports/chain.ts';
import type { Changes, OfferChange, PublishedVersion, VersionChange } from '#ports/indexing.ts';
import { cardEntry } from './cardEntry.ts';

type RegisteredChanges = Pick<
  Changes,
  'namespaces' | 'models' | 'owners' | 'versions' | 'versionChanges' | 'nodes' | 'actingNodes' | 'offers' | 'sets'
>;

export class Registered {
  readonly #namespaces = new Map<string, Hex>();
  readonly #models: Changes['models'][number][] = [];
  readonly #owners = new Map<ModelId, Hex>();
  readonly #versions: PublishedVersion[] = [];
  readonly #versionChanges = new Map<VersionId, VersionChange>();
  readonly #nodes = new Map<Hex, { readonly roles: number; readonly endpoint: string }>();
  readonly #actingNodes = new Set<Hex>();
  readonly #offers = new Map<string, OfferChange>();
  readonly #sets = new Map<number, ParameterSet>();

  get changes(): RegisteredChanges {
    return {
      namespaces: this.#namespaces,
      models: this.#models,
      owners: this.#owners,
      versions: this.#versions,
      versionChanges: this.#versionChanges,
      nodes: this.#nodes,
      actingNodes: this.#actingNodes,
      offers: [...this.#offers.values()],
      sets: this.#sets,
    };
  }

  /** An account that takes a request or makes an offer is a node. */
  acts(node: Hex): void {
    this.#actingNodes.add(node);
  }

  /** Any event that is about no request; gives what it moves. */
  take(event: Exclude<ProtocolEvent, RequestEvent | GameEvent>, ordinal: number): readonly Posting[] {
    switch (event.type) {
      case 'NamespaceClaimed':
        this.#namespaces.set(event.namespace, event.owner);
        return [];
      case 'NamespaceTransferred':
        this.#namespaces.set(event.namespace, event.to);
        return [];
      case 'ModelCreated':
        this.#models.push({ model: event.model, name: `${event.namespace}/${event.name}`, owner: event.owner });
        return [];
      case 'Transfer':
        // A mint is in ModelCreated.
        if (event.from !== ZERO_ADDRESS) this.#owners.set(event.tokenId, event.to);
        return [];
      case 'VersionPublished':
        this.#publish(event, ordinal);
        return [];
      case 'RoyaltySet':
        return this.#change(event.version, { royalty: event.royalty });
      case 'PolicySet':
        return this.#change(event.version, { policy: event.policy === ZERO_ADDRESS ? null : event.policy });
      case 'VersionRetired':
        return this.#change(event.version, { retired: true });
      case 'NodeSet':
        this.#nodes.set(event.node, { roles: event.roles, endpoint: event.endpoint });
        return [];
      case 'OfferSet': {
        const { type: _, ...offer } = event;
        this.#offers.set(`${event.node} ${event.version}`, { ...offer, ordinal });
        this.acts(event.node);
        return [];
      }
      case 'SetAppended':
        this.#sets.set(event.set, event.parameters);
        return [];
      case 'KeySet':
      case 'Paused':
      case 'Unpaused':
        return [];
      default:
        return postingsOfEscrow(event);
    }
  }

  #publish(event: EventNamed<'VersionPublished'>, ordinal: number): void {
    const { type: _, ...published } = event;
    this.#versions.push({ ...published, ordinal, card: cardEntry(event.metadata) });
  }

  #change(version: VersionId, change: VersionChange): [] {
    this.#versionChanges.set(version, { ...this.#versionChanges.get(version), ...change });
    return [];
  }
}
