// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Circular} from "../lib/functions/Circular.sol";
import {ErrorFunction} from "../lib/functions/ErrorFunction.sol";
import {Exponential} from "../lib/functions/Exponential.sol";
import {HyperbolicTangent} from "../lib/functions/HyperbolicTangent.sol";
import {Logarithm} from "../lib/functions/Logarithm.sol";
import {Power} from "../lib/functions/Power.sol";
import {IStep, StepInput} from "./IStep.sol";
import {Kinds} from "../lib/Kinds.sol";
import {Record} from "../lib/Record.sol";
import {StepBase} from "./StepBase.sol";

/// @title Exp, Log, Tanh, Erf, Sin, Cos and Pow by a constant (docs/spec/functions.md): the exact value, rounded once.
/// @notice `hint` is not used. A Pow by an exponent that the page does not list reverts with Step_UnknownKind: no compiler writes it.
contract FunctionStep is StepBase {
    using Record for bytes32[];

    /// @inheritdoc IStep
    function isWrong(StepInput calldata step) external pure override returns (bool) {
        uint256[] memory o = _coordinates(step);
        // An elementwise operand has no guards, so that it is always present.
        (, uint256 x) = _operand(step, 0, step.record.accesses()[0], o, new uint256[](0));
        return _apply(step.record.kind(), step.record.attribute(), x) != _claimed(step, step.element);
    }

    /// @dev Bits of the function at the float32 with the bits x. attribute: the bits of Pow's exponent, which other kinds have not.
    function _apply(uint256 kind, uint256 attribute, uint256 x) internal pure returns (uint256) {
        if (kind == Kinds.EXP) return Exponential.exp(x);
        if (kind == Kinds.LOG) return Logarithm.log(x);
        if (kind == Kinds.TANH) return HyperbolicTangent.tanh(x);
        if (kind == Kinds.ERF) return ErrorFunction.erf(x);
        if (kind == Kinds.SIN) return Circular.sin(x);
        if (kind == Kinds.COS) return Circular.cos(x);
        if (kind == Kinds.POW && Power.isKnown(attribute)) return Power.pow(x, attribute);
        revert Step_UnknownKind(kind);
    }
}
