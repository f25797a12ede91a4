import { buildModule } from '@nomicfoundation/hardhat-ignition/modules';

/**
 * Everything but the token, in the order in which each needs the other. The deployer is admin from the first transaction
 * to the last: it appends the first parameter set at once, then `handOver` wires the roles and takes the admin role away.
 */
export default buildModule('System', (m) => {
  const deployer = m.getAccount(0);
  const token = m.getParameter<string>('token');

  const authority = m.contract('Authority', [deployer, m.getParameter<number>('governorDelaySeconds')]);
  const models = m.contract('ModelRegistry');
  const nodes = m.contract('NodeRegistry');
  const allowListPolicy = m.contract('AllowListPolicy', [models]);
  const tokenHolderPolicy = m.contract('TokenHolderPolicy', [models]);

  // Its constructor creates Escrow, so neither exists without the other.
  const requests = m.contract('InferenceRequests', [
    authority,
    token,
    models,
    nodes,
    m.getParameter<string>('game'),
    m.getParameter<string>('treasury'),
    m.getParameter<number>('unbondingDelaySeconds'),
  ]);
  const escrow = m.contractAt('Escrow', m.staticCall(requests, 'escrow'));

  const firstSet = m.call(requests, 'appendSet', [m.getParameter('firstSet')]);
  m.call(
    authority,
    'handOver',
    [requests, escrow, m.getParameter<string>('governor'), m.getParameter<string>('guardian')],
    {
      after: [firstSet],
    },
  );

  return { authority, models, nodes, requests, escrow, allowListPolicy, tokenHolderPolicy };
});
