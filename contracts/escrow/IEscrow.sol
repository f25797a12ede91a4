// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Amounts} from "../types/Amounts.sol";
import {ModelId} from "../types/Ids.sol";

/// @notice A part of a closing sum. Credits of zero are allowed and cost nothing but their words.
struct Credit {
    address to;
    uint96 available; // wei of OPG credited to the free balance
    uint96 stake; // wei of OPG credited to the free stake (for a purse: protocol share not yet swept)
}

/// @notice One lock of a batch that gains a slice.
struct Relock {
    uint16 lane;
    Amounts amounts; // before: slice 0
    bytes32 oldTag;
    bytes32 newTag;
}

/// @notice One lock of a batch that closes.
struct Close {
    uint16 lane;
    Amounts amounts;
    bytes32 tag;
}

/// @title The only contract that holds tokens.
/// @notice It keeps an account word per address and a lock word per (capability, payer, lane), and checks the amount of
/// every move and that the parts of every closing sum to what the lock holds. A capability decides only when and to whom.
/// @dev Assumptions on the token, checked at deployment (deploy/checks): plain ERC-20; no hooks, fee, rebasing or
/// blocklist; a supply below 2^96. Every deposit is measured by the balance before and after.
///
/// Account word: | nonce 64 | stake 96 | available 96 |. Lock word: keccak256(tag, Amounts); 0 = never used, 1 = free
/// again. Lock key: keccak256(capability 20 bytes, payer 20 bytes, lane 2 bytes).
///
/// The purse of model m is the account at address 0x00A0DE1 << 48 | m, which nobody can sign for: available = unclaimed
/// royalty, stake = protocol share not yet swept.
///
/// Conservation. C1: token balance >= sum of accounts (available + stake + unbonding) + sum of locks (fee + slice), the
/// difference being tokens sent here without a call, which belong to nobody and stay. C2: lock, relock and close move
/// nothing in or out.
interface IEscrow {
    event Deposited(address indexed account, uint256 amount);
    event Withdrawn(address indexed account, address indexed to, uint256 amount);
    event Staked(address indexed account, uint256 amount);
    event Unstaked(address indexed account, uint256 amount, uint40 readyAt);
    event Restaked(address indexed account, uint256 amount);
    event Released(address indexed account, uint256 amount);
    event BurnFlushed(uint256 amount);
    event RoyaltyClaimed(ModelId indexed model, address indexed owner, uint256 amount);
    event ProtocolSwept(ModelId indexed model, address indexed treasury, uint256 amount);
    event TreasurySet(address indexed treasury);
    event CapabilityAppended(uint8 indexed index, address indexed capability);
    event ConsentSet(address indexed account, uint8 indexed index, bool consents);

    /// @notice Thrown when `asked` exceeds what the account has free for this use. Deposit or stake more.
    error Escrow_Overdraw(address account, uint256 asked, uint256 available);
    /// @notice Thrown when the payer's lane still holds another lock. Use another lane or wait for its end.
    error Escrow_LaneBusy(address payer, uint16 lane);
    /// @notice Thrown when the lock word is not the one the caller described: wrong content, wrong state, or over.
    error Escrow_NoSuchLock(bytes32 key);
    /// @notice Thrown when the credits of a close do not sum to what the lock holds.
    error Escrow_PartsDoNotSum(uint256 parts, uint256 locked);
    error Escrow_NotCapability(address caller);
    /// @notice Thrown when an appended capability acts on an account that has not consented to it.
    error Escrow_NoConsent(address account, address capability);
    /// @notice Thrown when the token delivered another amount than asked: it takes a fee, rebases or lies.
    error Escrow_Arrived(uint256 asked, uint256 got);
    /// @notice Thrown when unbonding stake is not ready. Come back at `readyAt`.
    error Escrow_StillUnbonding(uint40 readyAt);
    /// @notice Thrown when an amount does not fit its 96-bit field.
    error Escrow_AmountTooLarge(uint256 amount);
    /// @notice Thrown when a batch is longer than the word its answer fits in.
    error Escrow_TooManyItems(uint256 items);
    error Escrow_ZeroAddress();
    /// @notice Thrown when a capability is appended twice, or is the 257th.
    error Escrow_CapabilityRefused(address capability);

    // ---- For everybody -------------------------------------------------------------------------------------------

    /// @notice Pulls `amount` by allowance and credits the caller.
    function deposit(uint256 amount) external;

    /// @notice Pulls `amount` from the caller by allowance and credits `account`. Never opens a lock.
    function depositFor(address account, uint256 amount) external;

    /// @notice ERC-2612 deposit. A permit that somebody else already used is no error while the allowance suffices.
    function depositWithPermit(uint256 amount, uint256 permitDeadline, uint8 v, bytes32 r, bytes32 s) external;

    /// @notice EIP-3009 deposit: `from` signed ReceiveWithAuthorization(from, escrow, value, validAfter, validBefore,
    /// nonce = keccak256(abi.encode(account, salt))), so a third party can relay it but not redirect it.
    function depositWithAuthorization(
        address from,
        address account,
        uint256 amount,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 salt,
        bytes calldata signature
    ) external;

    /// @notice Sends `amount` of the caller's free balance to `to`.
    function withdraw(uint256 amount, address to) external;

    function stake(uint256 amount) external;

    /// @notice Moves free stake to unbonding. A second call adds to the word and restarts the delay for all of it.
    function unstake(uint256 amount) external;

    /// @notice Moves unbonding stake back to free stake.
    function restake(uint256 amount) external;

    /// @notice Credits the caller's unbonding stake to its free balance, once ready.
    function release() external;

    /// @notice Allows or forbids an appended capability to move the caller's free balance and stake into locks.
    function setConsent(uint8 index, bool consents) external;

    /// @notice Credits a model's unclaimed royalty to the model token's current owner. Callable by anyone.
    function claimRoyalty(ModelId model) external returns (uint256 amount);

    /// @notice Credits the protocol share in the purses of `models` to the treasury. Callable by anyone.
    function sweepProtocol(ModelId[] calldata models) external returns (uint256 amount);

    /// @notice Sends everything burned so far to 0x...dEaD. Callable by anyone.
    function flushBurn() external returns (uint256 amount);

    // ---- For capabilities ----------------------------------------------------------------------------------------

    /// @notice Opens a lock in the payer's lane.
    /// @param pull true: `fee` is pulled from the payer by allowance; false: taken from its free balance
    /// @return nonce the payer's account nonce, now part of the lock word
    function lock(address payer, uint16 lane, uint96 fee, bytes32 tag, bool pull) external returns (uint64 nonce);

    /// @notice Opens `tags.length` locks of the same fee in consecutive lanes, with one write to the payer's account.
    /// @return firstNonce the nonce of the first; the i-th has firstNonce + i
    function lockMany(
        address payer,
        uint16 firstLane,
        uint96 fee,
        bytes32[] calldata tags,
        bool pull
    ) external returns (uint64 firstNonce);

    /// @notice Replaces a lock's tag and, if `slice` > 0, moves `slice` of `node`'s free stake into it.
    /// @dev Requirements: the word is H(oldTag, amounts); amounts.slice == 0 if slice > 0; node's stake >= slice.
    function relock(
        address payer,
        uint16 lane,
        Amounts amounts,
        bytes32 oldTag,
        bytes32 newTag,
        address node,
        uint96 slice
    ) external;

    /// @notice `relock` for each item that can be done, with one write to `node`'s account.
    /// @return gone bit i set: item i's word was not as described; nothing was done for it
    /// @return noStake bit i set: `node` had not enough free stake left for item i; nothing was done for it
    function relockMany(
        address payer,
        Relock[] calldata items,
        address node,
        uint96 slice
    ) external returns (uint256 gone, uint256 noStake);

    /// @notice Frees the lane and credits the parts.
    /// @dev Requirements: the word is H(tag, amounts); the sum of all credits == fee + slice.
    function close(address payer, uint16 lane, Amounts amounts, bytes32 tag, Credit[] calldata credits) external;

    /// @notice `close` for each item whose word is as described; every item pays the same `credits`, each account is
    /// written once.
    /// @dev Requirement: for every item, whether done or not, sum of credits == its fee + slice.
    /// @return gone bit i set: item i's word was not as described; nothing was done for it
    function closeMany(
        address payer,
        Close[] calldata items,
        Credit[] calldata credits
    ) external returns (uint256 gone);

    // ---- Governance ----------------------------------------------------------------------------------------------

    function setTreasury(address treasury) external;

    /// @notice Appends a capability. It can open locks only for accounts that consent to it, and for its own.
    function appendCapability(address capability) external returns (uint8 index);

    // ---- Views ---------------------------------------------------------------------------------------------------

    function token() external view returns (address);

    /// @notice The request capability: the contract that created this one.
    function requests() external view returns (address);

    /// @notice Who is asked who owns a model.
    function registry() external view returns (address);

    function treasury() external view returns (address);

    /// @notice Seconds from `unstake` to `release`.
    function unbondingDelay() external view returns (uint40);

    function accountOf(address account) external view returns (uint96 available, uint96 stake, uint64 nonce);

    function unbondingOf(address account) external view returns (uint96 amount, uint40 readyAt);

    function lockOf(address capability, address payer, uint16 lane) external view returns (bytes32 word);

    function capabilityAt(uint8 index) external view returns (address);

    function consents(address account, uint8 index) external view returns (bool);

    function purseOf(ModelId model) external pure returns (address);
}
