import { sqlJournal as plain } from '../../../workers/adapters/journal/journal.ts';
import { crashingJournal } from './crashes.ts';

export const sqlJournal: typeof plain = (sql) => crashingJournal(plain(sql));
