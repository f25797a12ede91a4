/** What the doctor says of one thing. */
export interface Finding {
  readonly area:
    | 'configuration'
    | 'chain'
    | 'key'
    | 'defence'
    | 'stake'
    | 'clock'
    | 'disk'
    | 'models'
    | 'runtime'
    | 'endpoint'
    | 'deadlines';
  readonly state: 'ok' | 'warning' | 'bad';
  readonly found: string;
  /** What to do about it; empty where nothing is to be done. */
  readonly remedy: string;
}

export const ok = (area: Finding['area'], found: string): Finding => ({ area, state: 'ok', found, remedy: '' });
export const warning = (area: Finding['area'], found: string, remedy: string): Finding => ({
  area,
  state: 'warning',
  found,
  remedy,
});
export const bad = (area: Finding['area'], found: string, remedy: string): Finding => ({
  area,
  state: 'bad',
  found,
  remedy,
});
