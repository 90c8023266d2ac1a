import { describe, expect, it } from 'vitest'

import { HouseError } from '../src/errors.ts'
import { STEPS } from '../src/execute/registry.ts'
import { runAction } from '../src/execute/run.ts'
import type { StepContext } from '../src/execute/step.ts'
import { plannedAction } from '../src/plan/action.ts'
import type { RuntimeSession } from '../src/plugins/runtime.ts'
import { launched, record, worker } from './support/builders.ts'

const object = worker()

const session = (over: Partial<RuntimeSession>): RuntimeSession => ({
  session: object.name,
  uid: object.uid,
  attempt: 1,
  handle: '%1',
  pid: 100,
  state: 'alive',
  personTyping: false,
  ...over,
})

/** Only what is asked before anything is made: a step that goes further fails for the lack of the rest. */
function contextWith(listings: Readonly<Record<string, readonly RuntimeSession[]>>): StepContext {
  const { launches } = launched(1, 'x')
  const started = record(object, {
    attempt: 1,
    launches: launches.map(launch => ({ ...launch, runtime: 'process' })),
  })
  const runtime = (name: string): object => ({
    name,
    list: async () => ({
      state: 'found',
      value: { sessions: listings[name] ?? [], serverGone: false },
    }),
    start: async () => {
      throw new TypeError('a second one was started')
    },
  })
  return {
    object,
    record: () => started,
    signal: new AbortController().signal,
    execution: { registry: { get: (_slot: string, name: string) => runtime(name) } },
  } as unknown as StepContext
}

describe('an effect that needs the journal', () => {
  it('does not begin when nothing can be written down, such as on a full disk (C1)', async () => {
    const full = new HouseError('DiskFull', 'no space left in the journal', { retryable: true })
    const done = async (): Promise<void> => undefined
    const context = contextWith({ tmux: [], process: [] })
    const execution = {
      ...context.execution,
      fence: done,
      failpoints: done,
      onStep: () => undefined,
      journal: { begin: async () => Promise.reject(full) },
    } as unknown as StepContext['execution']
    const steps = [{ step: 'session.start', attempt: 2 }] as const
    const about = { kind: 'Worker', name: object.name, code: 'NotThere', reason: 'new' } as const
    const action = plannedAction({ ...about, action: 'create', steps })
    await expect(runAction({ ...context, execution }, action)).rejects.toBe(full)
  })
})

describe('starting a session', () => {
  const step = { step: 'session.start', attempt: 2 } as const

  it('is refused beside a living attempt that came up after the look, in whichever runtime', async () => {
    for (const name of ['tmux', 'process']) {
      const context = contextWith({ [name]: [session({})] })
      const seen = await STEPS['session.start'].precheck?.(context, step)
      await expect(STEPS['session.start'].run(context, step, seen)).rejects.toMatchObject({
        code: 'Conflict',
        retryable: true,
        message: 'Worker/app-1 runs already as attempt 1',
      })
    }
  })

  it('sees the living one behind the remains of another', async () => {
    const remains = session({ state: 'exited', attempt: 1 })
    const context = contextWith({ tmux: [remains], process: [session({ attempt: 2 })] })
    expect(await STEPS['session.start'].precheck?.(context, step)).toBe('done')
  })
})
