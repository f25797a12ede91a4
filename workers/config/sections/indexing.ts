import { whole } from '../leaf.ts';
import { section } from '../section.ts';

/** What an indexer gives to whom. */
export const indexer = section(
  {
    answersAtOnce: whole({
      min: 1,
      max: 10_000,
      env: 'OPG_INDEX_ANSWERS_AT_ONCE',
      fallback: '64',
      about: 'questions answered at a time; more get status 503',
      example: '64',
    }),
    cardsSeconds: whole({
      min: 1,
      max: 86_400,
      unit: 'seconds',
      env: 'OPG_INDEX_CARDS_SECONDS',
      fallback: '5',
      about: 'how often cards that metadata names by URI are looked for',
      example: '5',
    }),
    behindSeconds: whole({
      min: 1,
      max: 86_400,
      unit: 'seconds',
      env: 'OPG_INDEX_BEHIND_SECONDS',
      fallback: '60',
      about: 'how far the newest block read may be behind the newest of the chain before /readyz says no',
      example: '60',
    }),
  },
  ({ cardsSeconds, ...rest }) => ({ ...rest, cardsMs: cardsSeconds * 1_000 }),
);
