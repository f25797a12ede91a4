// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {INodeRegistry} from "../nodes/INodeRegistry.sol";
import {HeadWord} from "../types/HeadWord.sol";
import {VersionId} from "../types/Ids.sol";
import {OfferWord} from "../types/OfferWord.sol";
import {VersionWord} from "../types/VersionWord.sol";
import {RequestBase} from "./RequestBase.sol";
import {RequestTermsLib} from "./RequestTermsLib.sol";

/// @notice What a node's offer asks for, all shares included.
abstract contract RequestQuote is RequestBase {
    function _activeOffer(VersionId version, address node) internal view returns (OfferWord offer) {
        offer = _nodes.offerOf(node, version);
        if (OfferWord.unwrap(offer) == 0 || offer.until() < block.timestamp) {
            revert INodeRegistry.Nodes_NoOffer(node, version);
        }
    }

    function _quote(HeadWord head, VersionWord word, OfferWord offer, uint256 items) internal pure returns (uint256) {
        uint256 price = offer.price();
        uint256 net;
        unchecked {
            // A fee is above what others have of it, so a node that works for nothing keeps a wei of each item.
            net = ((price == 0 ? 1 : price) + word.royalty()) * items; // < 2^106
        }
        return RequestTermsLib.quote(net, head.protocolBps(), head.tipBps());
    }
}
