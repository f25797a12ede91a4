/** Where a deployment is: a file of deploy/addresses. */
import { getAddress, isAddress } from 'ethers';
import { z } from 'zod';
import { ProtocolError } from '#core/errors.ts';

const address = z.string().refine(isAddress, 'is no address').transform(getAddress);

/** Other keys of the file are for operators and are left out. */
const schema = z.object({
  chainId: z.int().positive(),
  /** First block that can hold an event of these contracts. */
  block: z.int().nonnegative().default(0),
  addresses: z.object({
    token: address,
    escrow: address,
    models: address,
    nodes: address,
    requests: address,
    /** The challenge game; without it disputes cannot be read. */
    game: address.optional(),
    /** What others build on; a deployment may be without. */
    passPolicy: address.optional(),
    splitterFactory: address.optional(),
    modelSale: address.optional(),
    modelDirectory: address.optional(),
    openGradientFacade: address.optional(),
  }),
});

export type Deployment = z.infer<typeof schema>;

export function parseDeployment(value: unknown): Deployment {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const reason = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  throw new ProtocolError('deployment.invalid', { reason });
}
