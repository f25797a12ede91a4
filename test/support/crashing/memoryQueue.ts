import { memoryQueue as plain } from '../../../workers/adapters/memory/queue.ts';
import { crashingQueue } from './crashes.ts';

export const memoryQueue: typeof plain = (...given) => crashingQueue(plain(...given));
