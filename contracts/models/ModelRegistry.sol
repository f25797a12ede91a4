// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {ModelId, VersionId} from "../types/Ids.sol";
import {VersionWord, VersionWordLib} from "../types/VersionWord.sol";
import {IModelRegistry, VersionContent} from "./IModelRegistry.sol";
import {ModelNames} from "./ModelNames.sol";
import {PolicyCall} from "./PolicyCall.sol";
import {VersionContentLib} from "./VersionContentLib.sol";

/// @title Models as ERC-721 tokens, with immutable versions.
/// @notice No governance, no token of value, no call to anybody but a version's own policy. Ids start at 1 and are never
/// re-used: a model cannot be burned.
contract ModelRegistry is IModelRegistry, ERC721 {
    using ModelNames for string;
    using VersionContentLib for VersionContent;

    /// More than the whole supply of OPG; far below what would overflow the sum of a fee's shares.
    uint96 public constant MAX_ROYALTY = 2 ** 90;

    /// @dev A request reads slots 0 and 1 and, if there is a policy, slot 8.
    struct Version {
        VersionWord word; // slot 0: the only mutable word, its royalty and flags
        bytes32 schema; // slot 1: H(SCHEMA, inputSchema, outputSchema)
        bytes32 sha256Hash; // slot 2
        bytes32 inputSchema; // slot 3
        bytes32 outputSchema; // slot 4
        bytes32 programRoot; // slot 5
        bytes32 licenceHash; // slot 6
        uint64 size; // slot 7: bytes of a file
        uint32 atol; // slot 7: bits of a float32
        uint32 rtol; // slot 7: a fraction of 2^32
        address policy; // slot 8: does not fit beside 128 bits
    }

    struct Name {
        string namespace;
        string name;
    }

    /// 48 bits: 2.8e14 models; the checked increment reverts beyond.
    uint48 public modelCount;

    mapping(VersionId version => Version) private _versions;
    mapping(ModelId model => Name) private _names;
    /// Keys are hashes of names: mapping keys of type string would be hashed again at each use.
    mapping(bytes32 namespaceHash => address owner) private _namespaceOwners;
    mapping(bytes32 namespaceHash => mapping(bytes32 nameHash => ModelId)) private _models;

    constructor() ERC721("OpenGradient Models", "OGMODEL") {}

    // ---- Owners --------------------------------------------------------------------------------------------------

    /// @inheritdoc IModelRegistry
    function createModel(string calldata namespace, string calldata name) external returns (ModelId model) {
        // Check
        namespace.check("namespace");
        name.check("name");
        bytes32 space = namespace.hash();
        address owner = _namespaceOwners[space];
        if (owner != address(0) && owner != msg.sender) revert Models_NotOwner(msg.sender, owner);
        if (ModelId.unwrap(_models[space][name.hash()]) != 0) revert Models_NameTaken(namespace, name);

        // Effect. _mint, not _safeMint: the new owner is the caller, who needs no call back.
        model = ModelId.wrap(++modelCount);
        _models[space][name.hash()] = model;
        _names[model] = Name(namespace, name);
        if (owner == address(0)) {
            _namespaceOwners[space] = msg.sender;
            emit NamespaceClaimed(namespace, msg.sender);
        }
        _mint(msg.sender, ModelId.unwrap(model));

        // Log
        emit ModelCreated(model, msg.sender, namespace, name);
    }

    /// @inheritdoc IModelRegistry
    function transferNamespace(string calldata namespace, address to) external {
        // Check
        bytes32 space = namespace.hash();
        address owner = _namespaceOwners[space];
        if (owner == address(0)) revert Models_Unknown(space);
        if (owner != msg.sender) revert Models_NotOwner(msg.sender, owner);
        if (to == address(0)) revert Models_BadField("to"); // would open the namespace to the next claimer

        // Effect
        _namespaceOwners[space] = to;

        // Log
        emit NamespaceTransferred(namespace, owner, to);
    }

    /// @inheritdoc IModelRegistry
    function publish(
        ModelId model,
        VersionContent calldata content,
        uint96 royalty,
        string[] calldata uris,
        string calldata schema,
        string calldata metadata
    ) external returns (VersionId version) {
        // Check
        _requireOwner(model);
        content.check();
        _checkRoyalty(royalty);
        version = content.id(model);
        Version storage v = _versions[version];
        if (VersionWord.unwrap(v.word) != 0) revert Models_AlreadyPublished(version);

        // Effect
        v.word = VersionWordLib.pack(
            model,
            royalty,
            content.outputBytes,
            content.cost,
            content.flags(),
            content.sliceFloorGwei
        );
        _store(v, content);

        // Log
        emit VersionPublished(model, version, content, royalty, uris, schema, metadata);
    }

    /// @inheritdoc IModelRegistry
    function setRoyalty(VersionId version, uint96 royalty) external {
        // Check
        Version storage v = _liveVersionOfCaller(version);
        _checkRoyalty(royalty);

        // Effect
        VersionWord w = v.word;
        v.word = VersionWordLib.pack(w.model(), royalty, w.outputBytes(), w.cost(), w.flags(), w.sliceFloorGwei());

        // Log
        emit RoyaltySet(version, royalty);
    }

    /// @inheritdoc IModelRegistry
    function setPolicy(VersionId version, address policy) external {
        // Check
        Version storage v = _liveVersionOfCaller(version);

        // Effect
        v.policy = policy;
        v.word = _withFlag(v.word, VersionWordLib.POLICY, policy != address(0));

        // Log
        emit PolicySet(version, policy);
    }

    /// @inheritdoc IModelRegistry
    function retire(VersionId version) external {
        // Check
        Version storage v = _liveVersionOfCaller(version);

        // Effect
        v.word = _withFlag(v.word, VersionWordLib.RETIRED, true);

        // Log
        emit VersionRetired(version);
    }

    // ---- Views ---------------------------------------------------------------------------------------------------

    /// @inheritdoc IModelRegistry
    function terms(VersionId version) external view returns (VersionWord word, bytes32 schema) {
        Version storage v = _versions[version];
        return (v.word, v.schema);
    }

    /// @inheritdoc IModelRegistry
    function requireAccess(VersionId version, address requester, bytes calldata data) external view {
        address policy = _versions[version].policy;
        if (policy == address(0)) {
            _known(version);
        } else if (!PolicyCall.allows(policy, version, requester, data)) {
            revert Models_AccessDenied(version, requester);
        }
    }

    /// @inheritdoc IModelRegistry
    function contentOf(VersionId version) external view returns (VersionContent memory content) {
        Version storage v = _known(version);
        VersionWord w = v.word;
        content.sha256Hash = v.sha256Hash;
        content.size = v.size;
        content.inputSchema = v.inputSchema;
        content.outputSchema = v.outputSchema;
        content.programRoot = v.programRoot;
        content.atol = v.atol;
        content.rtol = v.rtol;
        content.outputBytes = w.outputBytes();
        content.cost = w.cost();
        content.sliceFloorGwei = w.sliceFloorGwei();
        content.exact = w.has(VersionWordLib.EXACT);
        content.rows = w.has(VersionWordLib.ROWS);
        content.licenceHash = v.licenceHash;
    }

    /// @inheritdoc IModelRegistry
    function policyOf(VersionId version) external view returns (address) {
        return _versions[version].policy;
    }

    /// @inheritdoc IModelRegistry
    function ownerOfModel(ModelId model) public view returns (address owner) {
        owner = _ownerOf(ModelId.unwrap(model));
        if (owner == address(0)) revert Models_Unknown(bytes32(uint256(ModelId.unwrap(model))));
    }

    /// @inheritdoc IModelRegistry
    function modelOf(string calldata namespace, string calldata name) external view returns (ModelId) {
        return _models[namespace.hash()][name.hash()];
    }

    /// @inheritdoc IModelRegistry
    function namespaceOwner(string calldata namespace) external view returns (address) {
        return _namespaceOwners[namespace.hash()];
    }

    /// @inheritdoc IModelRegistry
    function nameOf(ModelId model) external view returns (string memory namespace, string memory name) {
        ownerOfModel(model);
        Name storage n = _names[model];
        return (n.namespace, n.name);
    }

    /// @inheritdoc IModelRegistry
    function versionId(ModelId model, VersionContent calldata content) external view returns (VersionId) {
        return content.id(model);
    }

    /// @notice A data: URI with the model's name as JSON. Names need no escaping (ModelNames).
    function tokenURI(uint256 tokenId) public view override returns (string memory) {
        _requireOwned(tokenId);
        Name storage n = _names[ModelId.wrap(uint48(tokenId))];
        // solhint-disable-next-line quotes
        bytes memory json = abi.encodePacked('{"name":"', n.namespace, "/", n.name, '"}');
        return string.concat("data:application/json;base64,", Base64.encode(json));
    }

    // ---- Rules ---------------------------------------------------------------------------------------------------

    function _checkRoyalty(uint96 royalty) private pure {
        if (royalty > MAX_ROYALTY) revert Models_BadField("royalty");
    }

    function _requireOwner(ModelId model) private view {
        address owner = ownerOfModel(model);
        if (owner != msg.sender) revert Models_NotOwner(msg.sender, owner);
    }

    function _known(VersionId version) private view returns (Version storage v) {
        v = _versions[version];
        if (VersionWord.unwrap(v.word) == 0) revert Models_Unknown(VersionId.unwrap(version));
    }

    /// @dev A retired version has no requests to come, so nothing about it can be set any more.
    function _liveVersionOfCaller(VersionId version) private view returns (Version storage v) {
        v = _known(version);
        _requireOwner(v.word.model());
        if (v.word.has(VersionWordLib.RETIRED)) revert Models_Retired(version);
    }

    function _withFlag(VersionWord w, uint8 flag, bool on) private pure returns (VersionWord) {
        uint8 bits = on ? w.flags() | flag : w.flags() & ~flag;
        return VersionWordLib.pack(w.model(), w.royalty(), w.outputBytes(), w.cost(), bits, w.sliceFloorGwei());
    }

    /// @dev What is not in the hot word.
    function _store(Version storage v, VersionContent calldata content) private {
        v.schema = content.schema();
        v.sha256Hash = content.sha256Hash;
        v.inputSchema = content.inputSchema;
        v.outputSchema = content.outputSchema;
        v.programRoot = content.programRoot;
        v.licenceHash = content.licenceHash;
        v.size = content.size;
        v.atol = content.atol;
        v.rtol = content.rtol;
    }
}
