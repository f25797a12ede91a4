import { openQueue as plain } from '../../../workers/adapters/bullmq/queue.ts';
import { crashingQueue } from './crashes.ts';

export const openQueue: typeof plain = async (options) => crashingQueue(await plain(options));
