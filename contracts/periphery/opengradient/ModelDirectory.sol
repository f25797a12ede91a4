// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TensorCommitment} from "../../lib/TensorCommitment.sol";
import {IModelRegistry, VersionContent} from "../../models/IModelRegistry.sol";
import {ModelId, VersionId} from "../../types/Ids.sol";
import {VersionWord} from "../../types/VersionWord.sol";
import {IModelDirectory, Named, OutputSize} from "./IModelDirectory.sol";
import {TensorCodec} from "./TensorCodec.sol";

/// @notice See IModelDirectory, which is the specification.
contract ModelDirectory is IModelDirectory {
    struct Description {
        bytes32 outputSchema;
        OutputSize size;
        Named[] inputs;
        Named[] outputs;
    }

    uint256 private constant MAX_NAME = 64; // bytes of a tensor's name
    uint256 private constant MAX_LABEL = 32;
    /// One bit per ASCII code: '-' (45), '.' (46), '0'..'9' (48..57), 'a'..'z' (97..122).
    uint256 private constant LABEL_CODES = (3 << 45) | (((1 << 10) - 1) << 48) | (((1 << 26) - 1) << 97);
    uint256 private constant ID_CHARACTERS = 66;

    IModelRegistry public immutable models;

    Description[] private _descriptions;
    /// Number + 1 of a version's description.
    mapping(VersionId version => uint48) private _numbers;
    mapping(ModelId model => VersionId) public currentOf;
    mapping(ModelId model => mapping(bytes32 labelHash => VersionId)) private _labels;

    constructor(IModelRegistry models_) {
        models = models_;
    }

    /// @inheritdoc IModelDirectory
    function describe(
        VersionId version,
        bytes32[] calldata inputHeaders,
        string[] calldata inputNames,
        bytes32[] calldata outputHeaders,
        string[] calldata outputNames
    ) external {
        // Check
        _requireOwner(version);
        if (_numbers[version] != 0) revert Directory_AlreadyDescribed(version);
        VersionContent memory content = models.contentOf(version);
        _checkSide("inputs", content.inputSchema, inputHeaders, inputNames);
        _checkSide("outputs", content.outputSchema, outputHeaders, outputNames);

        // Effect
        Description storage description = _descriptions.push();
        uint48 number = uint48(_descriptions.length); // one per version that was published
        _numbers[version] = number;
        description.outputSchema = content.outputSchema;
        for (uint256 i = 0; i < inputNames.length; ++i) description.inputs.push(Named(inputHeaders[i], inputNames[i]));
        uint256 elements;
        for (uint256 i = 0; i < outputNames.length; ++i) {
            description.outputs.push(Named(outputHeaders[i], outputNames[i]));
            elements += TensorCodec.elementsOf(outputHeaders[i]);
        }
        // A schema's tensors have at most 2^40 elements each, and calldata bounds their number.
        description.size = OutputSize(uint128(outputNames.length), uint128(elements));

        // Log
        emit Described(version, number - 1);
    }

    /// @inheritdoc IModelDirectory
    function setLabel(VersionId version, string calldata label) external {
        ModelId model = _requireOwner(version);
        _checkLabel(label);
        bytes32 hash = keccak256(bytes(label));
        VersionId labelled = _labels[model][hash];
        if (VersionId.unwrap(labelled) != 0) revert Directory_LabelTaken(label, labelled);
        _labels[model][hash] = version;
        emit LabelSet(version, label);
    }

    /// @inheritdoc IModelDirectory
    function setCurrent(VersionId version) external {
        currentOf[_requireOwner(version)] = version;
        emit CurrentSet(version);
    }

    /// @inheritdoc IModelDirectory
    function resolve(string calldata name) external view returns (VersionId version) {
        bytes calldata text = bytes(name);
        if (text.length == ID_CHARACTERS && text[0] == "0" && text[1] == "x") {
            (bool isId, bytes32 id) = _fromHex(text);
            if (isId) return VersionId.wrap(id);
        }
        uint256 slash = _find(text, "/");
        uint256 end = _find(text, "@");
        if (slash > end || slash == text.length) revert Directory_NoSuchName(name);
        ModelId model = models.modelOf(string(text[:slash]), string(text[slash + 1:end]));
        version = end == text.length ? currentOf[model] : _labels[model][keccak256(text[end + 1:])];
        if (VersionId.unwrap(version) == 0) revert Directory_NoSuchName(name);
    }

    /// @inheritdoc IModelDirectory
    function inputsOf(
        VersionId version
    ) external view returns (Named[] memory inputs, uint48 index, bytes32 outputSchema, OutputSize memory size) {
        uint48 number = _numbers[version];
        if (number == 0) revert Directory_NotDescribed(version);
        index = number - 1;
        Description storage description = _descriptions[index];
        return (description.inputs, index, description.outputSchema, description.size);
    }

    /// @inheritdoc IModelDirectory
    function outputsAt(uint48 index) external view returns (Named[] memory) {
        return _descriptions[index].outputs;
    }

    function _requireOwner(VersionId version) private view returns (ModelId model) {
        (VersionWord word, ) = models.terms(version);
        if (VersionWord.unwrap(word) == 0) revert Directory_UnknownVersion(version);
        model = word.model();
        address owner = models.ownerOfModel(model);
        if (msg.sender != owner) revert Directory_NotOwner(msg.sender, owner);
    }

    /// @dev Headers that hash to a published schema are those of the schema: how many there are is in the hash.
    function _checkSide(
        string memory side,
        bytes32 schema,
        bytes32[] calldata headers,
        string[] calldata names
    ) private pure {
        if (TensorCommitment.headersHash(headers) != schema || TensorCommitment.itemBytes(headers) == 0)
            revert Directory_SchemaMismatch(side);
        if (names.length != headers.length) revert Directory_SchemaMismatch(side);
        for (uint256 i = 0; i < names.length; ++i) {
            uint256 length = bytes(names[i]).length;
            if (length == 0 || length > MAX_NAME) revert Directory_SchemaMismatch(side);
            for (uint256 j = 0; j < i; ++j)
                if (keccak256(bytes(names[i])) == keccak256(bytes(names[j]))) revert Directory_SchemaMismatch(side);
        }
    }

    function _checkLabel(string calldata label) private pure {
        bytes calldata text = bytes(label);
        if (text.length == 0 || text.length > MAX_LABEL) revert Directory_BadLabel(label);
        for (uint256 i = 0; i < text.length; ++i)
            if ((LABEL_CODES >> uint8(text[i])) & 1 == 0) revert Directory_BadLabel(label);
    }

    /// @dev Where `character` is first; the length of the text if nowhere.
    function _find(bytes calldata text, bytes1 character) private pure returns (uint256 i) {
        while (i < text.length && text[i] != character) ++i;
    }

    /// @dev Of the digits behind 0x; false where one is none, as in a name of that length.
    function _fromHex(bytes calldata text) private pure returns (bool isHex, bytes32 id) {
        uint256 word;
        for (uint256 i = 2; i < ID_CHARACTERS; ++i) {
            uint256 code = uint8(text[i]);
            uint256 digit;
            if (code >= 48 && code <= 57) digit = code - 48;
            else if (code >= 97 && code <= 102) digit = code - 87;
            else if (code >= 65 && code <= 70) digit = code - 55;
            else return (false, 0);
            word = (word << 4) | digit;
        }
        return (true, bytes32(word));
    }
}
