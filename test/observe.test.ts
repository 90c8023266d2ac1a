import { describe, expect, it } from 'vitest'

import type { SessionFacts } from '../src/lifecycle/facts.ts'
import { sessionFacts } from '../src/observe/facts.ts'
import type { Snapshot } from '../src/observe/snapshot.ts'
import type { RuntimeSession } from '../src/plugins/runtime.ts'
import type { DesiredSession } from '../src/resource/spec.ts'
import { NOW, record, worker } from './support/builders.ts'

const session = (object: DesiredSession, over: Partial<RuntimeSession> = {}): RuntimeSession => ({
  session: object.name,
  uid: object.uid,
  attempt: 1,
  handle: '%1',
  pid: 100,
  state: 'alive',
  personTyping: false,
  ...over,
})

function snapshot(runtimes: Readonly<Record<string, readonly RuntimeSession[]>>): Snapshot {
  return {
    takenAt: NOW.getTime(),
    runtimes: new Map(
      Object.entries(runtimes).map(([name, sessions]) => [
        name,
        { state: 'found', value: { sessions, serverGone: false } },
      ]),
    ),
    repositories: new Map(),
    pullRequests: new Map(),
    risks: new Map(),
  }
}

function factsOf(object: DesiredSession, seen: Snapshot): SessionFacts {
  return sessionFacts({
    object,
    record: record(object),
    project: undefined,
    snapshot: seen,
    workspacePath: `/home/worktrees/app/${object.name}`,
    activity: 'unknown',
    lastSignAt: undefined,
    namesakes: () => [],
  })
}

describe('what a look says of a session', () => {
  it('is that it lives, also behind the remains of it in another runtime', () => {
    const object = worker()
    const seen = snapshot({
      process: [session(object, { state: 'exited' })],
      tmux: [session(object, { attempt: 2, handle: '%2' })],
    })
    expect(factsOf(object, seen).process).toMatchObject({
      state: 'alive',
      runtime: 'tmux',
      attempt: 2,
    })
  })

  it('costs the same for each of a thousand', () => {
    const objects = Array.from({ length: 1000 }, (_, index) => worker(`app-${index}`))
    let reads = 0
    const counted = objects.map(object => {
      const row = session(object)
      return Object.defineProperty({ ...row }, 'uid', {
        get: () => {
          reads += 1
          return row.uid
        },
      })
    })
    const seen = snapshot({ tmux: counted })
    const lives = objects.filter(object => factsOf(object, seen).process.state === 'alive')
    expect(lives).toHaveLength(1000)
    expect(reads).toBeLessThanOrEqual(1000)
  })
})
