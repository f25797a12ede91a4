/** The error object of a JSON-RPC answer. */
export interface NodeError {
  readonly code?: number;
  readonly message?: string;
}

/** How nodes say that the code of a contract ran and failed: with data mostly, but geth's "out of gas" has none. */
const FAILED =
  /revert|out of gas|gas required exceeds|gas uint64 overflow|invalid (opcode|jump)|opcode .*not defined|stack (under|over)flow|stack limit|write protection|return data out of bounds|precompile .*failed|(vm|evm) (execution )?(error|exception)/i;
/** 3 is geth's "execution reverted", -32015 the "VM execution error" of OpenEthereum and Nethermind. */
const CODES: readonly number[] = [3, -32015];

/**
 * Whether a node refused a call or an estimate because of what the contract did, and not because it is busy, or has no such block or state:
 * ethers calls both a CALL_EXCEPTION, and the first is final, the second is not.
 */
export function failedInExecution({ code, message }: NodeError): boolean {
  return CODES.includes(code ?? 0) || FAILED.test(message ?? '');
}
