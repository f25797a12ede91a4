import { createOnnxRuntime } from '../../workers/adapters/onnx/runtime.ts';
import { shouldBehaveLikeRuntime } from './runtimeSuite.ts';

describe('the runtime', () => {
  describe('on ONNX Runtime, two children', () => {
    shouldBehaveLikeRuntime((options) => createOnnxRuntime({ children: 2, ...options }));
  });

  describe('on ONNX Runtime, one child with two threads', () => {
    shouldBehaveLikeRuntime((options) => createOnnxRuntime({ children: 1, threads: 2, ...options }));
  });
});
