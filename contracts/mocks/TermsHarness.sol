// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ModelId, RequestId, VersionId} from "../types/Ids.sol";
import {Terms} from "../types/Terms.sol";

/// @notice What Solidity reads in the shared vectors of terms (test/vectors/protocol.json), and how it compares ids.
contract TermsHarness {
    function hash(Terms calldata terms) external pure returns (bytes32) {
        return terms.hash();
    }

    /// @notice Whether each kind of id equals itself alone, by the operators that come with the types.
    function equal(
        RequestId[2] calldata requests,
        VersionId[2] calldata versions,
        ModelId[2] calldata models
    ) external pure returns (bool, bool, bool) {
        return (requests[0] == requests[1], versions[0] == versions[1], models[0] == models[1]);
    }

    function money(
        Terms calldata t
    ) external pure returns (address requester, uint96 fee, address node, uint96 slice, uint96 royalty) {
        return (t.requester(), t.fee(), t.node(), t.slice(), t.royalty());
    }

    function times(Terms calldata t) external pure returns (uint40 deadline, uint32 tc, uint40 openAt) {
        return (t.deadline(), t.tc(), t.openAt());
    }

    function rates(Terms calldata t) external pure returns (uint16 protocolBps, uint16 tipBps, uint16 penaltyBps) {
        return (t.protocolBps(), t.tipBps(), t.penaltyBps());
    }

    function rest(
        Terms calldata t
    )
        external
        pure
        returns (
            uint48 model,
            uint24 callbackGas,
            uint16 set,
            uint8 mode,
            uint24 outputBytes,
            uint8 flags,
            uint8 items,
            uint16 lane
        )
    {
        model = ModelId.unwrap(t.model());
        (callbackGas, set, mode) = (t.callbackGas(), t.set(), t.mode());
        (outputBytes, flags, items, lane) = (t.outputBytes(), t.flags(), t.items(), t.lane());
    }
}
