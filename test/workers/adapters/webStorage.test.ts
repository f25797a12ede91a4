import { expect } from 'chai';
import { scrypt, toUtf8Bytes, Wallet } from 'ethers';
import { sealKey, unsealKey } from '../../../workers/adapters/signer/webStorage.ts';

const PASSWORD = 'pleaseletmein';
const KEY = '0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d';

describe('a key file', () => {
  it('is opened by the scrypt of RFC 7914, section 12', async () => {
    const derived = await scrypt(toUtf8Bytes(PASSWORD), toUtf8Bytes('SodiumChloride'), 16_384, 8, 1, 64);
    expect(derived).to.equal(
      '0x7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887',
    );
  });

  it('opens again as it was sealed, and with no other password', async () => {
    const text = await sealKey(new Wallet(KEY), PASSWORD);
    expect((await unsealKey(text, PASSWORD)).privateKey).to.equal(KEY);
    const failed = await unsealKey(text, 'another').catch((error: { argument?: string }) => error);
    expect(failed).to.include({ argument: 'password' });
  });

  it('cannot ask for more memory than a gigabyte', async () => {
    const sealed = JSON.parse(await sealKey(new Wallet(KEY), PASSWORD));
    sealed.Crypto.kdfparams.n = 2 ** 24;
    const failed = await unsealKey(JSON.stringify(sealed), PASSWORD).catch((error: Error) => error);
    expect(failed)
      .to.be.instanceOf(Error)
      .and.have.property('message')
      .that.matches(/memory/);
  });
});
