// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A node's advertisement for one version. It binds nobody: submitting is consent to a request's terms.
///
///     255    160 159        136 135    96 95      0
///     | 0 96     | minReserved 24 | until 40 | price 96 |
///
/// price: wei of OPG per item, net of royalty, protocol share and tip. minReserved: seconds the node wants from request to
/// openAt. until: Unix seconds; the offer is active while now <= until. Word 0 = no offer.
type OfferWord is uint256;

using OfferWordLib for OfferWord global;

library OfferWordLib {
    function pack(uint96 price_, uint40 until_, uint24 minReserved_) internal pure returns (OfferWord) {
        return OfferWord.wrap((uint256(minReserved_) << 136) | (uint256(until_) << 96) | price_);
    }

    function price(OfferWord w) internal pure returns (uint96) {
        return uint96(OfferWord.unwrap(w));
    }

    function until(OfferWord w) internal pure returns (uint40) {
        return uint40(OfferWord.unwrap(w) >> 96);
    }

    function minReserved(OfferWord w) internal pure returns (uint24) {
        return uint24(OfferWord.unwrap(w) >> 136);
    }
}
