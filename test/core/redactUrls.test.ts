import { expect } from 'chai';
import { redactUrls } from '#core/redactUrls.ts';

describe('web addresses in a text', () => {
  const cases: Readonly<Record<string, readonly [text: string, shown: string]>> = {
    'lose their path': ['https://eth.example/v3/KEY', 'https://eth.example/***'],
    'lose their query and fragment': ['wss://eth.example:8546?key=KEY#KEY', 'wss://eth.example:8546/***'],
    'lose their user': ['http://me:KEY@10.0.0.1:8545', 'http://10.0.0.1:8545'],
    'lose a user who is a key': ['https://KEY@eth.example/', 'https://eth.example'],
    'are found however they are written': ['HTTPS://eth.example/KEY', 'HTTPS://eth.example/***'],
    'are found in JSON': [
      '503 (info={ "requestUrl": "https://eth.example/v3/KEY", "n": 1 }, code=SERVER_ERROR)',
      '503 (info={ "requestUrl": "https://eth.example/***", "n": 1 }, code=SERVER_ERROR)',
    ],
    'are found in JSON in JSON': [
      '{\\"url\\":\\"https://eth.example/KEY\\"}',
      '{\\"url\\":\\"https://eth.example/***\\"}',
    ],
    'leave the sentence around them': [
      'Neither http://a/KEY, nor ws://b/KEY.KEY: (see https://c).',
      'Neither http://a/***, nor ws://b/***: (see https://c).',
    ],
    'stay as they are when they are origins': [
      'http://127.0.0.1:8545 and https://a',
      'http://127.0.0.1:8545 and https://a',
    ],
    'are not what has another scheme': ['ipfs://bafy/model.onnx, file:/a/b', 'ipfs://bafy/model.onnx, file:/a/b'],
  };
  for (const [what, [text, shown]] of Object.entries(cases))
    it(what, () => {
      expect(redactUrls(text)).to.equal(shown);
    });
});
