import type { Signer, TransactionRequest } from 'ethers';

/** A signer during whose calls something happens after the estimate and before the transaction. */
export function afterEstimate<S extends Signer>(signer: S, happens: () => Promise<unknown>): S {
  return new Proxy(signer, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (name !== 'estimateGas') return typeof value === 'function' ? value.bind(target) : value;
      return async (call: TransactionRequest) => {
        const gas = await target.estimateGas(call);
        await happens();
        return gas;
      };
    },
  });
}
