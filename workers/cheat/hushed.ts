import type { Dispatcher } from '#ports/dispatch.ts';
import type { Intent, TrackedIntent } from '#ports/outbox.ts';

/** Sends everything but transactions of these kinds: what stands before the colon of their purpose. */
export function hushed(dispatcher: Dispatcher, kinds: ReadonlySet<string>): Dispatcher {
  const isHushed = (purpose: string) => kinds.has(purpose.slice(0, purpose.indexOf(':')).replace(/Many$/, ''));
  const unsent = (intent: Omit<Intent, 'from'>): TrackedIntent => ({
    ...intent,
    from: dispatcher.address,
    status: 'planned',
    nonce: undefined,
    attempts: [],
    reason: 'silent',
  });
  return {
    address: dispatcher.address,
    send: async (intent) => (isHushed(intent.purpose) ? unsent(intent) : dispatcher.send(intent)),
    resend: async (intent) => (isHushed(intent.purpose) ? unsent(intent) : dispatcher.resend(intent)),
    get: (purpose) => dispatcher.get(purpose),
    follow: (head, final) => dispatcher.follow(head, final),
  };
}
