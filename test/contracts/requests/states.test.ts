// Every call from every wrong state: NotCurrent (or false), and nothing changes.
import { expect } from 'chai';
import type { ContractTransactionResponse } from 'ethers';
import { ZeroAddress } from 'ethers';
import { OUTPUTS } from './system.ts';
import type { Job, World } from './world.ts';
import { begin, STATE } from './world.ts';

type Call = (w: World, job: Job) => Promise<ContractTransactionResponse>;

const reach: Record<string, (w: World) => Promise<Job>> = {
  Requested: (w) => w.request(),
  Declined: async (w) => w.decline(await w.request()),
  Accepted: async (w) => w.accept(await w.request()),
  Submitted: async (w) => w.submit(await w.request()),
  Frozen: async (w) => w.frozen(await w.request()),
  Closed: async (w) => {
    const job = await w.ripe(await w.request());
    await w.moved(() => w.finalise(job), job);
    return job;
  },
};

const as = (w: World, who: 'node' | 'requester' | 'rival') => w.s.requests.connect(w.s[who]);

/** Each call with the states it works from; its clock is set to where its own time bound is met. */
const calls: Record<string, { from: string[]; call: Call; at: (job: Job) => bigint }> = {
  decline: { from: ['Requested'], call: (w, j) => as(w, 'node').decline(j.terms, j.nonce), at: (j) => j.fields.openAt },
  'accept as Requested': {
    from: ['Requested'],
    call: (w, j) => as(w, 'node').accept(j.terms, j.nonce, w.s.node, false),
    at: (j) => j.fields.deadline,
  },
  'accept as Declined': {
    from: ['Declined'],
    call: (w, j) => as(w, 'rival').accept(j.terms, j.nonce, w.s.rival, true),
    at: (j) => j.fields.deadline,
  },
  'submit from Requested': {
    from: ['Requested'],
    call: (w, j) => as(w, 'node').submit(j.terms, j.nonce, ZeroAddress, OUTPUTS, j.output),
    at: (j) => j.fields.deadline,
  },
  'submit from Accepted': {
    from: ['Accepted'],
    call: (w, j) => as(w, 'node').submit(j.terms, j.nonce, w.s.node, OUTPUTS, j.output),
    at: (j) => j.fields.deadline,
  },
  'cancel as Requested': {
    from: ['Requested'],
    call: (w, j) => as(w, 'requester').cancel(j.terms, j.nonce, false),
    at: (j) => j.fields.openAt + 1n,
  },
  'cancel as Declined': {
    from: ['Declined'],
    call: (w, j) => as(w, 'requester').cancel(j.terms, j.nonce, true),
    at: (j) => j.fields.openAt + 1n,
  },
  'expire as Requested': {
    from: ['Requested'],
    call: (w, j) => w.s.requests.expire(j.terms, j.nonce, STATE.Requested, ZeroAddress),
    at: (j) => j.fields.deadline + 1n,
  },
  'expire as Declined': {
    from: ['Declined'],
    call: (w, j) => w.s.requests.expire(j.terms, j.nonce, STATE.Declined, ZeroAddress),
    at: (j) => j.fields.deadline + 1n,
  },
  'expire as Accepted': {
    from: ['Accepted'],
    call: (w, j) => w.s.requests.expire(j.terms, j.nonce, STATE.Accepted, w.s.node),
    at: (j) => j.fields.deadline + 1n,
  },
  finalise: { from: ['Submitted'], call: (w, j) => w.finalise(j), at: (j) => j.end + 30_000n },
  freeze: { from: ['Submitted'], call: (w, j) => w.game('freeze', j), at: (j) => j.end },
  rescue: {
    from: ['Frozen'],
    call: (w, j) => w.s.requests.rescue(j.terms, j),
    at: (j) => j.challengeEnd + 3_000_000n,
  },
};

for (const [name, { from, call, at }] of Object.entries(calls))
  describe(`InferenceRequests: ${name}`, () => {
    for (const [state, go] of Object.entries(reach))
      it(`${from.includes(state) ? 'works' : 'is NotCurrent'} when the request is ${state}`, async () => {
        const w = await begin();
        const job = await go(w);
        // whoever describes a request that has no submission yet makes one up
        const told = job.end === 0n ? { ...job, challengeEnd: job.fields.deadline, end: job.fields.deadline } : job;
        const t = at(told);
        const now = await w.now();
        const result = await w.attempt(t > now ? t : now + 1n, () => call(w, told));
        if (from.includes(state)) expect(result).to.equal('DONE');
        else expect(['Requests_NotCurrent', 'Requests_TooLate']).to.include(result);
        if (!from.includes(state) && t > now) expect(result).to.equal('Requests_NotCurrent');
      });
  });
