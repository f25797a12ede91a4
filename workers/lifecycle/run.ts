import { isProtocolError } from '#core/errors.ts';
import type { Log } from '#ports/telemetry.ts';
import { Shutdown } from './shutdown.ts';

/** What a process's main function works with. */
export interface Life {
  /** Aborts when the process is asked to stop, or a part of it failed: loops end, and main returns. */
  readonly signal: AbortSignal;
  /** Everything that is opened registers here how it is closed. */
  readonly shutdown: Shutdown;
  /** Replaces the log of the start, and sets the grace of the end, once the configuration is known. */
  configure(settings: { readonly log: Log; readonly graceMs: number }): void;
  /** A part that cannot go on ends the process with this error. */
  fail(error: unknown): void;
}

/** 0 = asked to stop, and did; 1 = wrong for good, a person must act; 75 (EX_TEMPFAIL) = start it again. */
export type ExitCode = 0 | 1 | 75;

const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const;
const DEFAULT_GRACE_MS = 10_000;
/** The same signal again so soon is the same wish, by another way. */
const ECHO_MS = 1_000;

/**
 * Runs a process from its first line to its exit code: `main` opens what it needs and returns when its work is over, at the latest when
 * the signal aborts. Then everything registered is closed, whatever the reason. A second stop signal does not wait for that.
 */
export async function run(main: (life: Life) => Promise<void>, startLog: Log): Promise<ExitCode> {
  const stop = new AbortController();
  const shutdown = new Shutdown();
  let settings = { log: startLog, graceMs: DEFAULT_GRACE_MS };
  let failure: { readonly error: unknown } | undefined;
  const impatient = Promise.withResolvers<void>();

  const fail = (error: unknown) => {
    if (failure) settings.log.warn('another part failed as well', { error });
    else {
      failure = { error };
      settings.log.error('process failed', { error });
    }
    stop.abort(error);
  };
  let told: { readonly name: NodeJS.Signals; readonly at: number } | undefined;
  const onSignal = (name: NodeJS.Signals) => {
    const at = performance.now();
    // Ctrl-C reaches every process of the terminal, and those above pass it on as well.
    if (told?.name === name && at - told.at < ECHO_MS) return;
    told = { name, at };
    if (stop.signal.aborted) {
      settings.log.warn('process was told to stop twice, and does not wait', { signal: name });
      impatient.resolve();
    } else {
      settings.log.info('process was told to stop', { signal: name });
      stop.abort(new Error(`The process was told to stop by ${name}.`));
    }
  };
  for (const name of STOP_SIGNALS) process.on(name, onSignal);
  process.on('unhandledRejection', fail);
  process.on('uncaughtException', fail);

  const stopped = new Promise<void>((resolve) =>
    stop.signal.addEventListener('abort', () => resolve(), { once: true }),
  );
  const work = Promise.resolve()
    .then(() => main({ signal: stop.signal, shutdown, fail, configure: (given) => (settings = given) }))
    // What ends main because it was told to stop is no failure.
    .catch((error) => (stop.signal.aborted ? undefined : fail(error)));

  // A main that does not return is closed around: its connections end under it.
  await Promise.race([work, stopped.then(() => Promise.race([work, pause(settings.graceMs)])), impatient.promise]);
  stop.abort(new Error('The process has nothing more to do.'));
  const clean = await Promise.race([shutdown.run(settings.graceMs, settings.log), impatient.promise.then(() => false)]);

  for (const name of STOP_SIGNALS) process.off(name, onSignal);
  process.off('unhandledRejection', fail);
  process.off('uncaughtException', fail);
  const code = failure ? codeOf(failure.error) : clean ? 0 : 1;
  settings.log.info('process ended', { code });
  return code;
}

function codeOf(error: unknown): ExitCode {
  return isProtocolError(error) && error.retryable ? 75 : 1;
}

/** Does not keep the process alive. */
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms).unref());
