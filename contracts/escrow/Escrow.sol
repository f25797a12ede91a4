// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IModelRegistry} from "../models/IModelRegistry.sol";
import {IERC3009} from "../token/IERC3009.sol";
import {AccountWord} from "../types/AccountWord.sol";
import {Amounts} from "../types/Amounts.sol";
import {ModelId} from "../types/Ids.sol";
import {EscrowLocks} from "./EscrowLocks.sol";
import {Close, Credit, IEscrow, Relock} from "./IEscrow.sol";

/// @notice See IEscrow, which is the specification.
contract Escrow is IEscrow, AccessManaged, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;
    using EscrowLocks for EscrowLocks.Ledger;

    /// Burned parts wait here; nobody can sign for it.
    address public constant BURN = 0x000000000000000000000000000000000000dEaD;
    /// High 112 bits of every purse: an address no key leads to.
    uint160 private constant PURSE = 0x00A0DE1 << 48;
    /// A capability's index is one bit of a consent word.
    uint256 private constant MAX_CAPABILITIES = 256;

    address public immutable token;
    address public immutable requests;
    address public immutable registry;
    uint40 public immutable unbondingDelay;

    EscrowLocks.Ledger private _ledger;
    /// amount 96 | readyAt 40 << 96, wei of OPG and Unix seconds.
    mapping(address account => uint256) private _unbonding;
    /// Bit i: the account lets appended capability i move its free balance and stake into locks.
    mapping(address account => uint256) private _consents;
    /// Index + 1 of an appended capability.
    mapping(address capability => uint256) private _capabilityIndex;
    address[] private _capabilities;
    address public treasury;

    /// @param registry_ who is asked who owns a model
    /// @dev The creator is the request capability: InferenceRequests deploys its own Escrow, so both are immutable.
    constructor(
        address token_,
        address registry_,
        address authority_,
        address treasury_,
        uint40 unbondingDelay_
    ) AccessManaged(authority_) {
        if (token_ == address(0) || registry_ == address(0) || treasury_ == address(0)) revert Escrow_ZeroAddress();
        token = token_;
        requests = msg.sender;
        registry = registry_;
        treasury = treasury_;
        unbondingDelay = unbondingDelay_;
        emit TreasurySet(treasury_);
    }

    /* DEPOSIT AND WITHDRAW */

    /// @inheritdoc IEscrow
    function deposit(uint256 amount) external {
        _deposit(msg.sender, msg.sender, amount);
    }

    /// @inheritdoc IEscrow
    function depositFor(address account, uint256 amount) external {
        _deposit(msg.sender, account, amount);
    }

    /// @inheritdoc IEscrow
    function depositWithPermit(uint256 amount, uint256 permitDeadline, uint8 v, bytes32 r, bytes32 s) external {
        // Anybody may have used the permit first; then the allowance is there already. If it is not, the transfer says so.
        try IERC20Permit(token).permit(msg.sender, address(this), amount, permitDeadline, v, r, s) {} catch {}
        _deposit(msg.sender, msg.sender, amount);
    }

    /// @inheritdoc IEscrow
    function depositWithAuthorization(
        address from,
        address account,
        uint256 amount,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 salt,
        bytes calldata signature
    ) external nonReentrant {
        if (account == address(0)) revert Escrow_ZeroAddress();
        // The nonce names the account, so a relayer cannot credit another.
        bytes32 nonce = keccak256(abi.encode(account, salt));
        uint256 before = IERC20(token).balanceOf(address(this));
        IERC3009(token).receiveWithAuthorization(
            from,
            address(this),
            amount,
            validAfter,
            validBefore,
            nonce,
            signature
        );
        _requireArrived(before, amount);
        _creditAccount(account, amount);
        emit Deposited(account, amount);
    }

    /// @inheritdoc IEscrow
    function withdraw(uint256 amount, address to) external nonReentrant {
        // Check
        if (to == address(0)) revert Escrow_ZeroAddress();
        AccountWord account = _ledger.accounts[msg.sender];
        if (account.available() < amount) revert Escrow_Overdraw(msg.sender, amount, account.available());

        // Effect
        _ledger.accounts[msg.sender] = account.debit(amount, 0);

        // Interaction
        _push(to, amount);

        // Log
        emit Withdrawn(msg.sender, to, amount);
    }

    /* STAKE */

    /// @inheritdoc IEscrow
    function stake(uint256 amount) external {
        AccountWord account = _ledger.accounts[msg.sender];
        if (account.available() < amount) revert Escrow_Overdraw(msg.sender, amount, account.available());
        _ledger.accounts[msg.sender] = account.debit(amount, 0).credit(0, amount);
        emit Staked(msg.sender, amount);
    }

    /// @inheritdoc IEscrow
    function unstake(uint256 amount) external {
        // Check
        AccountWord account = _ledger.accounts[msg.sender];
        if (account.stake() < amount) revert Escrow_Overdraw(msg.sender, amount, account.stake());

        // Effect: one word, one delay, restarted by every addition. Stake + unbonding <= supply < 2^96.
        uint256 total = uint96(_unbonding[msg.sender]) + amount;
        if (total > type(uint96).max) revert Escrow_AmountTooLarge(total);
        uint40 readyAt = uint40(block.timestamp) + unbondingDelay;
        _ledger.accounts[msg.sender] = account.debit(0, amount);
        _unbonding[msg.sender] = (uint256(readyAt) << 96) | total;

        // Log
        emit Unstaked(msg.sender, amount, readyAt);
    }

    /// @inheritdoc IEscrow
    function restake(uint256 amount) external {
        uint256 word = _unbonding[msg.sender];
        if (uint96(word) < amount) revert Escrow_Overdraw(msg.sender, amount, uint96(word));
        unchecked {
            _unbonding[msg.sender] = word - amount; // stays within the low 96 bits: checked above
        }
        _ledger.accounts[msg.sender] = _ledger.accounts[msg.sender].credit(0, amount);
        emit Restaked(msg.sender, amount);
    }

    /// @inheritdoc IEscrow
    function release() external {
        uint256 word = _unbonding[msg.sender];
        uint40 readyAt = uint40(word >> 96);
        if (block.timestamp < readyAt) revert Escrow_StillUnbonding(readyAt);
        _unbonding[msg.sender] = 0;
        _creditAccount(msg.sender, uint96(word));
        emit Released(msg.sender, uint96(word));
    }

    /// @inheritdoc IEscrow
    function setConsent(uint8 index, bool consents_) external {
        // Consent is to a contract one can look at, never to whatever takes the next index.
        if (index >= _capabilities.length) revert Escrow_NotCapability(address(0));
        uint256 bit = 1 << index;
        _consents[msg.sender] = consents_ ? _consents[msg.sender] | bit : _consents[msg.sender] & ~bit;
        emit ConsentSet(msg.sender, index, consents_);
    }

    /* PURSES AND BURN */

    /// @inheritdoc IEscrow
    function claimRoyalty(ModelId model) external returns (uint256 amount) {
        address owner = IModelRegistry(registry).ownerOfModel(model);
        address purse = purseOf(model);
        AccountWord account = _ledger.accounts[purse];
        amount = account.available();
        _ledger.accounts[purse] = account.debit(amount, 0);
        _creditAccount(owner, amount);
        emit RoyaltyClaimed(model, owner, amount);
    }

    /// @inheritdoc IEscrow
    function sweepProtocol(ModelId[] calldata models) external returns (uint256 amount) {
        address to = treasury;
        for (uint256 i; i < models.length; ++i) {
            address purse = purseOf(models[i]);
            AccountWord account = _ledger.accounts[purse];
            uint96 share = account.stake();
            _ledger.accounts[purse] = account.debit(0, share);
            amount += share;
            emit ProtocolSwept(models[i], to, share);
        }
        _creditAccount(to, amount);
    }

    /// @inheritdoc IEscrow
    function flushBurn() external nonReentrant returns (uint256 amount) {
        AccountWord account = _ledger.accounts[BURN];
        amount = account.available();
        _ledger.accounts[BURN] = account.debit(amount, 0);
        _push(BURN, amount);
        emit BurnFlushed(amount);
    }

    /* CAPABILITIES */

    /// @inheritdoc IEscrow
    function lock(address payer, uint16 lane, uint96 fee, bytes32 tag, bool pull) external returns (uint64 nonce) {
        _requireCapabilityFor(payer);
        nonce = _ledger.open(msg.sender, payer, lane, fee, tag, pull);
        if (pull) _pull(payer, fee);
    }

    /// @inheritdoc IEscrow
    function lockMany(
        address payer,
        uint16 firstLane,
        uint96 fee,
        bytes32[] calldata tags,
        bool pull
    ) external returns (uint64 firstNonce) {
        _requireCapabilityFor(payer);
        firstNonce = _ledger.openMany(msg.sender, payer, firstLane, fee, tags, pull);
        if (pull) _pull(payer, uint256(fee) * tags.length);
    }

    /// @inheritdoc IEscrow
    function relock(
        address payer,
        uint16 lane,
        Amounts amounts,
        bytes32 oldTag,
        bytes32 newTag,
        address node,
        uint96 slice
    ) external {
        // Without a slice nothing of the node's moves, and the key names the capability that opened the lock.
        if (slice != 0) _requireCapabilityFor(node);
        _ledger.relock(EscrowLocks.keyOf(msg.sender, payer, lane), amounts, oldTag, newTag, node, slice);
    }

    /// @inheritdoc IEscrow
    function relockMany(
        address payer,
        Relock[] calldata items,
        address node,
        uint96 slice
    ) external returns (uint256 gone, uint256 noStake) {
        if (slice != 0) _requireCapabilityFor(node);
        return _ledger.relockMany(msg.sender, payer, items, node, slice);
    }

    /// @inheritdoc IEscrow
    function close(address payer, uint16 lane, Amounts amounts, bytes32 tag, Credit[] calldata credits) external {
        // No capability check: the key holds the caller, and only a capability can have opened a lock under its key.
        _ledger.close(EscrowLocks.keyOf(msg.sender, payer, lane), amounts, tag, credits);
    }

    /// @inheritdoc IEscrow
    function closeMany(
        address payer,
        Close[] calldata items,
        Credit[] calldata credits
    ) external returns (uint256 gone) {
        // As in close. A stranger finds no lock of its own: all items are gone and nobody is credited.
        return _ledger.closeMany(msg.sender, payer, items, credits);
    }

    /* GOVERNANCE */

    /// @inheritdoc IEscrow
    function setTreasury(address treasury_) external restricted {
        if (treasury_ == address(0)) revert Escrow_ZeroAddress();
        treasury = treasury_;
        emit TreasurySet(treasury_);
    }

    /// @inheritdoc IEscrow
    function appendCapability(address capability) external restricted returns (uint8 index) {
        if (capability == address(0)) revert Escrow_ZeroAddress();
        uint256 n = _capabilities.length;
        bool known = capability == requests || _capabilityIndex[capability] != 0;
        if (known || n == MAX_CAPABILITIES) revert Escrow_CapabilityRefused(capability);
        _capabilities.push(capability);
        _capabilityIndex[capability] = n + 1;
        index = uint8(n);
        emit CapabilityAppended(index, capability);
    }

    /* VIEWS */

    /// @inheritdoc IEscrow
    function accountOf(address account) external view returns (uint96 available, uint96 stake_, uint64 nonce) {
        AccountWord w = _ledger.accounts[account];
        return (w.available(), w.stake(), w.nonce());
    }

    /// @inheritdoc IEscrow
    function unbondingOf(address account) external view returns (uint96 amount, uint40 readyAt) {
        uint256 word = _unbonding[account];
        return (uint96(word), uint40(word >> 96));
    }

    /// @inheritdoc IEscrow
    function lockOf(address capability, address payer, uint16 lane) external view returns (bytes32 word) {
        return _ledger.locks[EscrowLocks.keyOf(capability, payer, lane)];
    }

    /// @inheritdoc IEscrow
    function capabilityAt(uint8 index) external view returns (address) {
        return _capabilities[index];
    }

    /// @inheritdoc IEscrow
    function consents(address account, uint8 index) external view returns (bool) {
        return (_consents[account] >> index) & 1 == 1;
    }

    /// @inheritdoc IEscrow
    function purseOf(ModelId model) public pure returns (address) {
        return address(PURSE | ModelId.unwrap(model));
    }

    /* INTERNAL */

    function _deposit(address from, address account, uint256 amount) private {
        if (account == address(0)) revert Escrow_ZeroAddress();
        _pullTokens(from, amount);
        _creditAccount(account, amount);
        emit Deposited(account, amount);
    }

    /// @dev A pulled fee goes straight into its lock, so Deposited is followed by the capability's own event.
    function _pull(address payer, uint256 amount) private {
        _pullTokens(payer, amount);
        emit Deposited(payer, amount);
    }

    function _pullTokens(address from, uint256 amount) private nonReentrant {
        uint256 before = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransferFrom(from, address(this), amount);
        _requireArrived(before, amount);
    }

    /// @dev Escrow's balance falls by exactly `amount`, whatever the token does; so a transfer to Escrow itself is refused.
    function _push(address to, uint256 amount) private {
        uint256 before = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransfer(to, amount);
        uint256 left = IERC20(token).balanceOf(address(this));
        uint256 sent = before > left ? before - left : 0;
        if (sent != amount) revert Escrow_Arrived(amount, sent);
    }

    function _requireArrived(uint256 before, uint256 asked) private view {
        uint256 balance = IERC20(token).balanceOf(address(this));
        uint256 got = balance > before ? balance - before : 0;
        if (got != asked) revert Escrow_Arrived(asked, got);
    }

    function _creditAccount(address account, uint256 amount) private {
        _ledger.accounts[account] = _ledger.accounts[account].credit(amount, 0);
    }

    /// @dev The built-in capability costs no storage read. An appended one needs the account's consent, except for its own account: what
    /// is there, it was paid.
    function _requireCapabilityFor(address account) private view {
        if (msg.sender == requests) return;
        uint256 indexPlusOne = _capabilityIndex[msg.sender];
        if (indexPlusOne == 0) revert Escrow_NotCapability(msg.sender);
        if (account == msg.sender) return;
        if ((_consents[account] >> (indexPlusOne - 1)) & 1 == 0) revert Escrow_NoConsent(account, msg.sender);
    }
}
