// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ModelId, VersionId} from "../types/Ids.sol";
import {VersionWord} from "../types/VersionWord.sol";

/// @notice What a version is, immutable once published. Everything here except the licence is in its id (VersionContentLib);
/// what a request needs of it is also in the hot word.
struct VersionContent {
    bytes32 sha256Hash; // of the ONNX bytes; not 0
    uint64 size; // bytes of the ONNX file; not 0
    bytes32 inputSchema; // H(HEADERS, ...) of the inputs of one item
    bytes32 outputSchema; // H(HEADERS, ...) of the outputs of one item
    bytes32 programRoot; // docs/spec/commitments.md; 0 = results cannot be disputed
    uint32 atol; // bits of a finite float32 >= 0
    uint32 rtol; // rtol / 2^32
    uint24 outputBytes; // canonical bytes of one item's outputs; 1..16,384 unless exact
    uint32 cost; // multiply-adds of one item: mantissa 24 | exponent 8; not 0
    uint40 sliceFloorGwei; // the least stake slice, in gwei of OPG
    bool exact; // the claim is the reference output itself
    bool rows; // leading dimension of the ONNX file is free
    bytes32 licenceHash; // sha256 of the licence text, or 0
}

/// @title Models exist independently of the nodes that serve them.
/// @notice A model is an ERC-721 token named `namespace/name`; `publish` appends an immutable version; owners set
/// royalties, policies and retirement for the requests to come. Nothing here is asked at submit or finality.
interface IModelRegistry {
    event NamespaceClaimed(string namespace, address indexed owner);
    event NamespaceTransferred(string namespace, address indexed from, address indexed to);
    event ModelCreated(ModelId indexed model, address indexed owner, string namespace, string name);
    /// @notice `uris` are where the bytes can be fetched (walrus://, ipfs://, https://, file names of a store); bytes are
    /// trusted only after their sha256 is checked. `schema` is the JSON io schema whose headers hash to the two schema
    /// words. `metadata` is a URI or inline JSON card (task, tags, description).
    event VersionPublished(
        ModelId indexed model,
        VersionId indexed version,
        VersionContent content,
        uint96 royalty,
        string[] uris,
        string schema,
        string metadata
    );
    event RoyaltySet(VersionId indexed version, uint96 royalty);
    event PolicySet(VersionId indexed version, address indexed policy);
    event VersionRetired(VersionId indexed version);

    error Models_Unknown(bytes32 id);
    error Models_Retired(VersionId version);
    error Models_AccessDenied(VersionId version, address requester);
    error Models_AlreadyPublished(VersionId version);
    /// @notice Thrown when a field is out of its range; `name` says which.
    error Models_BadField(string name);
    error Models_NotOwner(address caller, address owner);
    error Models_NameTaken(string namespace, string name);
    /// @notice Thrown when the policy could not be given its 50,000 gas. Send more gas.
    error Models_PolicyGas(uint256 needed);

    /// @notice Creates a model. The first model of a namespace claims it for the caller; later ones need its owner.
    /// @dev namespace and name: [a-z0-9-]{1,64}. A name is never freed.
    function createModel(string calldata namespace, string calldata name) external returns (ModelId model);

    function transferNamespace(string calldata namespace, address to) external;

    /// @notice Appends a version to a model the caller owns.
    /// @dev Requirements: sha256, size, cost, schemas not 0; royalty <= 2^90; finite tolerance >= 0; outputBytes in range;
    /// the same content is not published under this model already.
    function publish(
        ModelId model,
        VersionContent calldata content,
        uint96 royalty,
        string[] calldata uris,
        string calldata schema,
        string calldata metadata
    ) external returns (VersionId version);

    /// @notice Sets the royalty per item of requests to come, in wei of OPG.
    function setRoyalty(VersionId version, uint96 royalty) external;

    /// @notice Sets who may request the version from now on; 0 = everybody.
    function setPolicy(VersionId version, address policy) external;

    /// @notice Takes the version out of service for new requests, for good. Requests in flight keep what they paid for.
    function retire(VersionId version) external;

    // ---- Views ---------------------------------------------------------------------------------------------------

    /// @notice What a request reads: the hot word and H(SCHEMA, inputSchema, outputSchema). Word 0 = unknown.
    function terms(VersionId version) external view returns (VersionWord word, bytes32 schema);

    /// @notice Reverts with Models_AccessDenied unless the version's policy says yes.
    function requireAccess(VersionId version, address requester, bytes calldata data) external view;

    /// @notice The immutable content. Reverts if unknown.
    function contentOf(VersionId version) external view returns (VersionContent memory content);

    function policyOf(VersionId version) external view returns (address);

    /// @notice The owner of the model token. Reverts if unknown.
    function ownerOfModel(ModelId model) external view returns (address);

    function modelOf(string calldata namespace, string calldata name) external view returns (ModelId);

    function namespaceOwner(string calldata namespace) external view returns (address);

    function nameOf(ModelId model) external view returns (string memory namespace, string memory name);

    /// @notice The version id of `content` under `model` in this registry.
    function versionId(ModelId model, VersionContent calldata content) external view returns (VersionId);

    function modelCount() external view returns (uint48);
}
