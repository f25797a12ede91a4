import { buildModule } from '@nomicfoundation/hardhat-ignition/modules';

/** OPG, for chains that do not have one. `holder` receives the whole supply. */
export default buildModule('Token', (m) => ({
  token: m.contract('OPG', [m.getParameter<string>('holder')]),
}));
