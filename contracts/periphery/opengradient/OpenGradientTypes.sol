// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title OpenGradient's types, field by field: the order of fields is part of selectors and event topics.
library TensorLib {
    /// @notice value / 10**decimals.
    struct Number {
        int128 value;
        int128 decimals;
    }

    /// @notice Row-major.
    struct MultiDimensionalNumberTensor {
        string name;
        Number[] values;
        uint32[] shape;
    }

    struct StringTensor {
        string name;
        string[] values;
    }

    struct JsonScalar {
        string name;
        string value;
    }
}

struct ModelInput {
    TensorLib.MultiDimensionalNumberTensor[] numbers;
    TensorLib.StringTensor[] strings;
}

struct ModelOutput {
    TensorLib.MultiDimensionalNumberTensor[] numbers;
    TensorLib.StringTensor[] strings;
    TensorLib.JsonScalar[] jsons;
    bool is_simulation_result;
}

struct ModelInferenceRequest {
    uint8 mode; // VANILLA 0, ZKML 1, TEE 2
    string modelCID;
    ModelInput input;
}
