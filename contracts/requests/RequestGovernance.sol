// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {HeadWordLib} from "../types/HeadWord.sol";
import {IRequestsCore} from "./IRequestsCore.sol";
import {ParameterSets} from "./ParameterSets.sol";
import {RequestBase} from "./RequestBase.sol";
import {ParameterSet} from "./RequestTypes.sol";

/// @notice What governance can do: append a parameter set, pause new requests for a while. Nothing else.
abstract contract RequestGovernance is RequestBase, IRequestsCore {
    /// A pause ends by itself, and the next one needs as long a break.
    uint40 private constant PAUSE_SECONDS = 14 days;

    uint32 public immutable minTcBase;

    constructor(uint32 minTcBase_) {
        minTcBase = minTcBase_;
    }

    /// @inheritdoc IRequestsCore
    function appendSet(ParameterSet calldata parameters) external restricted returns (uint16 set) {
        ParameterSets.validate(parameters, minTcBase);
        set = _head.set() + 1; // checked: reverts after 65,535 sets
        _sets[set] = parameters;
        _head = ParameterSets.head(parameters, set, _head.has(HeadWordLib.PAUSED));
        emit SetAppended(set, parameters);
    }

    /// @inheritdoc IRequestsCore
    function pause() external restricted {
        if (block.timestamp < _pauseNotBefore) revert Requests_TooEarly(_pauseNotBefore);
        uint40 until = uint40(block.timestamp) + PAUSE_SECONDS;
        _pausedUntil = until;
        _pauseNotBefore = until + PAUSE_SECONDS;
        _head = _head.withFlag(HeadWordLib.PAUSED, true);
        emit Paused(until);
    }

    /// @inheritdoc IRequestsCore
    function unpause() external restricted {
        // a pause that lapsed by itself has been followed by its break already
        if (block.timestamp <= _pausedUntil) _pauseNotBefore = uint40(block.timestamp) + PAUSE_SECONDS;
        _pausedUntil = 0;
        _head = _head.withFlag(HeadWordLib.PAUSED, false);
        emit Unpaused();
    }
}
