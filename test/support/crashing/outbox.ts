import { sqlOutbox as plain } from '../../../workers/adapters/outbox/outbox.ts';
import { crashingOutbox } from './crashes.ts';

export const sqlOutbox: typeof plain = (sql) => crashingOutbox(plain(sql));
