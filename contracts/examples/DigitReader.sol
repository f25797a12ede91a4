// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEscrow} from "../escrow/IEscrow.sol";
import {IInferenceCallback} from "../requests/IInferenceCallback.sol";
import {IInferenceRequests} from "../requests/IInferenceRequests.sol";
import {Ask} from "../requests/IRequestsCore.sol";
import {RequestId, VersionId} from "../types/Ids.sol";

/// @notice Asks a model which digit a picture shows, and keeps the answer. Example of docs/consume.md.
contract DigitReader is IInferenceCallback {
    enum Status {
        Unknown,
        Asked,
        Read,
        GivenUp
    }

    struct Picture {
        Status status;
        uint8 digit;
        uint40 deadline;
    }

    event DigitRead(RequestId indexed id, uint8 digit);

    error NotTheOwner(address caller);
    error NotTheRequests(address caller);
    error NotAsked(RequestId id);
    error StillTime(uint40 deadline);
    error TooDear(uint96 fee, uint96 maxFee);
    error NotANumber(uint256 index);

    /// float32 [1, 1, 8, 8] and float32 [1, 10], as words of contracts/types/TensorHeader.sol.
    bytes32 private constant INPUT = 0x0104000000010000000100000008000000080000000000000000000000000000;
    bytes32 private constant OUTPUT = 0x0102000000010000000a00000000000000000000000000000000000000000000;
    uint256 private constant DIGITS = 10;
    /// One storage word and an event, with room: measured in test/contracts/examples/DigitReader.test.ts.
    uint24 private constant CALLBACK_GAS = 60_000;

    IInferenceRequests public immutable requests;
    IEscrow public immutable escrow;
    VersionId public immutable version;
    address public immutable node;
    address public immutable owner;

    mapping(RequestId id => Picture) public pictureOf;

    constructor(IInferenceRequests requests_, VersionId version_, address node_) {
        requests = requests_;
        escrow = IEscrow(requests_.escrow());
        version = version_;
        node = node_;
        owner = msg.sender;
    }

    modifier onlyOwner() {
        if (msg.sender != owner) revert NotTheOwner(msg.sender);
        _;
    }

    /// @notice Asks. The fee comes from this contract's balance in Escrow: fund it with Escrow.depositFor.
    /// @param pixels 64 float32, big-endian
    /// @param maxFee wei of OPG; guards against an offer that became dearer
    /// @param lane a lane that no open question of this contract uses
    function read(bytes calldata pixels, uint96 maxFee, uint16 lane) external onlyOwner returns (RequestId id) {
        uint40 deadline = uint40(block.timestamp + 1 hours);
        Ask memory ask;
        ask.version = version;
        ask.node = node;
        ask.fee = uint96(requests.quote(version, node, 1));
        if (ask.fee > maxFee) revert TooDear(ask.fee, maxFee);
        ask.maxRoyalty = maxFee;
        ask.deadline = deadline;
        ask.openAt = deadline; // the named node has all the time; then the fee comes back
        ask.callbackGas = CALLBACK_GAS;
        ask.lane = lane;
        ask.items = 1;
        ask.outputSchema = keccak256(abi.encodePacked(uint8(0x05), uint256(1), OUTPUT));
        bytes32[] memory headers = new bytes32[](1);
        headers[0] = INPUT;
        id = requests.request(ask, headers, pixels, "");
        pictureOf[id] = Picture(Status.Asked, 0, deadline);
    }

    /// @inheritdoc IInferenceCallback
    /// @dev Whoever calls, and whatever it says, is checked: only the contract that was asked, only a question that is open.
    function onInference(RequestId id, bytes calldata output) external {
        if (msg.sender != address(requests)) revert NotTheRequests(msg.sender);
        if (pictureOf[id].status != Status.Asked) revert NotAsked(id);
        uint8 digit = _likeliest(output);
        pictureOf[id].status = Status.Read;
        pictureOf[id].digit = digit;
        emit DigitRead(id, digit);
    }

    /// @notice Stops waiting. An answer that still comes is refused; that costs its node nothing.
    function giveUp(RequestId id) external {
        Picture storage picture = pictureOf[id];
        if (picture.status != Status.Asked) revert NotAsked(id);
        if (block.timestamp <= picture.deadline) revert StillTime(picture.deadline);
        picture.status = Status.GivenUp;
    }

    /// @notice Takes out what is free: deposits, and fees that came back. Fees of open questions are not free.
    function withdraw(uint256 amount, address to) external onlyOwner {
        escrow.withdraw(amount, to);
    }

    /// @dev Probabilities are not negative, and the bits of such floats are ordered like the floats. Length and encoding of the output
    /// are those of the version's schema: InferenceRequests has checked them.
    function _likeliest(bytes calldata output) private pure returns (uint8 digit) {
        uint32 most;
        for (uint256 i = 0; i < DIGITS; ++i) {
            uint32 bits = uint32(bytes4(output[4 * i:]));
            if (bits > 0x7f800000) revert NotANumber(i); // negative, or NaN
            if (bits > most) (most, digit) = (bits, uint8(i));
        }
    }
}
