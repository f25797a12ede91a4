import { indexStore as plain } from '../../../workers/adapters/index/store.ts';
import { crashingIndex } from './crashes.ts';

export const indexStore: typeof plain = (sql, chainTables) => crashingIndex(plain(sql, chainTables));
