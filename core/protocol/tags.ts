/** contracts/types/Tags.sol: one prefix byte per kind of preimage, so that no two kinds can share one. */
export const Tags = {
  LEAF: 0x00,
  NODE: 0x01,
  TENSOR: 0x02,
  LIST: 0x03,
  BUNDLE: 0x04,
  HEADERS: 0x05,
  SCHEMA: 0x06,
  VERSION: 0x07,
  TERMS: 0x08,
  REQUEST: 0x09,
  SUBMISSION: 0x0a,
  REQUESTED: 0x11,
  DECLINED: 0x12,
  ACCEPTED: 0x13,
  SUBMITTED: 0x14,
  FROZEN: 0x15,
} as const;
