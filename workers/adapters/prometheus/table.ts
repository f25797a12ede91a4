interface Declared {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels?: readonly string[];
  /** Of a histogram: upper bounds, in the unit of the name. */
  readonly buckets?: readonly number[];
}

const RUN_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Every measurement of every role, `worker_<stage>_<what>_<unit>`; a name that is not here is refused. Labels have few values. */
export const metricTable = {
  worker_watch_block: { type: 'gauge', help: 'The newest block recorded' },
  worker_watch_final_block: { type: 'gauge', help: 'The newest final block' },
  worker_watch_events_total: { type: 'counter', help: 'Events of the protocol recorded' },
  worker_watch_reorged_blocks_total: { type: 'counter', help: 'Blocks that fell out of the chain' },
  worker_watch_interrupted_total: { type: 'counter', help: 'Times following the chain began anew', labels: ['code'] },
  worker_watch_inconsistent_total: { type: 'counter', help: 'Times the events of a request made no sense' },
  worker_watch_other_sets: {
    type: 'gauge',
    help: 'Sets seen since the start whose arbiter is another game than the process follows',
  },

  worker_rpc_failures_total: {
    type: 'counter',
    help: 'Calls of a chain node that brought nothing: failed, slow, lied (outvoted), wrong_chain',
    labels: ['provider', 'kind'],
  },
  worker_rpc_disagreements_total: {
    type: 'counter',
    help: 'Answers of chain nodes that differ: absent (one has nothing yet) or other',
    labels: ['method', 'kind'],
  },
  worker_rpc_lag_blocks: {
    type: 'gauge',
    help: 'Blocks a chain node is behind what enough have',
    labels: ['provider'],
  },
  worker_rpc_error_ratio: { type: 'gauge', help: 'Share of its last calls that failed', labels: ['provider'] },
  worker_rpc_spare_providers: { type: 'gauge', help: 'Chain nodes that work, beyond those that must agree' },

  worker_serve_rows: { type: 'gauge', help: 'Requests by stage', labels: ['stage'] },
  worker_serve_held: {
    type: 'gauge',
    help: 'Requests held back because the journal is a copy and may have forgotten their results',
  },
  worker_serve_moves_total: { type: 'counter', help: 'Requests moved, by the stage they came to', labels: ['to'] },

  worker_serve_declined_total: {
    type: 'counter',
    help: 'Requests declined, by rule: mode, version, deadline, window, fee, arbiter (another game than the node follows), program, check, input, or load (too much waits before it)',
    labels: ['why'],
  },
  worker_serve_executors: { type: 'gauge', help: 'Executor processes that take from the queue' },
  worker_serve_backlog: { type: 'gauge', help: 'Requests taken and not delivered' },
  worker_serve_wait_seconds: { type: 'gauge', help: 'How long the request looked at last would wait' },

  worker_queue_jobs_total: {
    type: 'counter',
    help: 'Runs of a job: done, retried or dropped',
    labels: ['stage', 'outcome'],
  },

  worker_execute_run_seconds: { type: 'histogram', help: 'One execution of a model', buckets: RUN_SECONDS },
  worker_execute_batch_rows: {
    type: 'histogram',
    help: 'Rows of one execution of a model that takes many',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128],
  },
  worker_execute_requests_total: { type: 'counter', help: 'Requests executed or given up', labels: ['outcome'] },
  worker_execute_proofs_total: {
    type: 'counter',
    help: 'Comparisons of a program with its model before an acceptance: proven, or an error code',
    labels: ['outcome'],
  },

  worker_execute_checks_total: {
    type: 'counter',
    help: 'Results held against the reference before signing: within, outside, rejected (by ONNX Runtime), exact, skipped',
    labels: ['outcome'],
  },
  worker_execute_reference_seconds: { type: 'histogram', help: 'The reference of one request', buckets: RUN_SECONDS },

  worker_submit_open_intents: { type: 'gauge', help: 'Transactions without an end' },
  worker_submit_former_intents: { type: 'gauge', help: 'Transactions of former keys without an end' },
  worker_submit_sent_total: { type: 'counter', help: 'Results sent, alone or in a batch', labels: ['form'] },
  worker_submit_mined_total: { type: 'counter', help: 'Transactions mined' },
  worker_submit_replaced_total: { type: 'counter', help: 'Transactions sent again with a higher fee' },
  worker_submit_gaps_filled_total: { type: 'counter', help: 'Missing nonces used up by empty transfers' },
  worker_submit_deferred_total: { type: 'counter', help: 'Transactions that could not be sent yet', labels: ['code'] },
  worker_submit_ended_total: {
    type: 'counter',
    help: 'Transactions that ended otherwise than settled',
    labels: ['status'],
  },

  worker_keep_due: { type: 'gauge', help: 'Requests looked at for closing at the last block' },
  worker_keep_sent_total: { type: 'counter', help: 'Requests sent to be closed, by action', labels: ['action'] },
  worker_keep_moves_total: { type: 'counter', help: 'Requests moved, by the stage they came to', labels: ['to'] },

  worker_verify_due: { type: 'gauge', help: 'Results waiting to be checked at the last block' },
  worker_verify_checks_total: {
    type: 'counter',
    help: 'Results looked at: plausible (by ONNX Runtime), right (by the reference), accused, unaffordable, hidden (bytes not on chain), refused (another program), late, over',
    labels: ['outcome'],
  },
  worker_verify_moves_total: { type: 'counter', help: 'Moves of disputes sent, by kind', labels: ['kind'] },
  worker_verify_deferred_total: { type: 'counter', help: 'Checks and disputes put off', labels: ['code'] },

  worker_purse_wei: {
    type: 'gauge',
    help: 'What the key has: opg free in Escrow, gas in native coin',
    labels: ['kind'],
  },
  worker_purse_needed_wei: { type: 'gauge', help: 'What one dispute can take of it', labels: ['kind'] },

  worker_monitor_requests: { type: 'gauge', help: 'Disputed requests about which something is open' },
  worker_monitor_challenges: {
    type: 'gauge',
    help: 'Open challenges, by verdict: true, false or unknown as computed here',
    labels: ['verdict'],
  },
  worker_monitor_demands: {
    type: 'gauge',
    help: 'Open demands on open challenges, by the verdict on the challenge',
    labels: ['verdict'],
  },
  worker_monitor_output_demands: { type: 'gauge', help: 'Open demands for outputs that were submitted as a hash' },
  worker_monitor_limit_seconds: { type: 'gauge', help: 'To the nearest limit of a move; +Inf if none runs' },
  worker_monitor_at_risk_wei: {
    type: 'gauge',
    help: 'OPG that open disputes decide about: bonds, fees of demands, slices, pots not claimed',
    labels: ['kind'],
  },
  worker_monitor_lapses_missed: { type: 'gauge', help: 'Items with a demand past its limit that nobody has lapsed' },
  worker_monitor_alarms: { type: 'gauge', help: 'Items that call for a person, by what is wrong', labels: ['alarm'] },

  worker_index_requests_total: {
    type: 'counter',
    help: 'Questions answered or refused, by route',
    labels: ['route', 'status'],
  },
  worker_index_answer_seconds: { type: 'histogram', help: 'One answer', buckets: RUN_SECONDS },
  worker_index_cards_total: {
    type: 'counter',
    help: 'Cards looked for where metadata is a URI: fetched, missing or unreadable',
    labels: ['outcome'],
  },
  worker_blobs_attempts_total: {
    type: 'counter',
    help: 'Fetches of model files from one place: delivered, absent, silent, lied (other bytes), wrong (the URI names another file)',
    labels: ['scheme', 'outcome'],
  },
  worker_blobs_origins_resting: { type: 'gauge', help: 'Origins that failed lately and are asked after the others' },

  worker_storage_blobs: { type: 'gauge', help: 'Blobs kept' },
  worker_storage_used_bytes: { type: 'gauge', help: 'Bytes of all blobs' },
  worker_storage_blob_ids: { type: 'gauge', help: 'Walrus blob ids known' },
  worker_storage_identify_seconds: {
    type: 'histogram',
    help: 'Computing one Walrus blob id, waiting for its turn included',
    buckets: [1, 2.5, 5, 10, 30, 60, 300],
  },
  worker_storage_served_bytes_total: { type: 'counter', help: 'Bytes sent' },
  worker_storage_requests_total: { type: 'counter', help: 'Requests to the store', labels: ['method', 'status'] },
} as const satisfies Record<string, Declared>;

export const declared: ReadonlyMap<string, Declared> = new Map(Object.entries(metricTable));
