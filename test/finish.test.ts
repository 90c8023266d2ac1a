import { describe, expect, it } from 'vitest'

import type { SessionFacts, SessionView } from '../src/lifecycle/facts.ts'
import { planSession } from '../src/plan/session.ts'
import { remainingFinalizers } from '../src/reconcile/finish.ts'
import type { SessionRecord } from '../src/resource/record.ts'
import {
  GONE,
  ago,
  facts,
  launched,
  planInput,
  record,
  running,
  worker,
} from './support/builders.ts'

const leaving = worker('app-1', { deletionTimestamp: ago(1000) })
const ALL = ['agent', 'runtime', 'workspace', 'branch'] as const
const undeclared: Partial<SessionFacts> = {
  repository: { state: 'undeclared' },
  workspace: { state: 'absent' },
  branch: { state: 'absent' },
  process: GONE,
}

function view(
  seen: SessionFacts,
  object = leaving,
  known: Partial<SessionRecord> = {},
): SessionView {
  return { object, record: record(object, known), facts: seen }
}

describe('what is left of a session that is to go', () => {
  it('is nothing when nothing was ever made', () => {
    const seen = view(facts(undeclared), leaving, { attempt: 0, launches: [] })
    expect(remainingFinalizers(seen)).toEqual([])
  })

  it('is its workspace and branch for as long as nobody says where its repository is', () => {
    const seen = view(facts(undeclared), leaving, launched(1, 'x'))
    expect(remainingFinalizers(seen)).toEqual(['workspace', 'branch'])
    expect(planSession(planInput(seen, { removal: 'delete' }))).toMatchObject({
      action: 'blocked',
      code: 'ProjectMissing',
      steps: [],
    })
  })

  it('is nothing of a repository that is not there any more', () => {
    const repository = { state: 'absent', path: '/repos/app', repo: undefined } as const
    const seen = view(facts({ ...undeclared, repository }), leaving, launched(1, 'x'))
    expect(remainingFinalizers(seen)).toEqual([])
  })

  it('is everything that a look still shows', () => {
    expect(remainingFinalizers(view(running(), leaving))).toEqual(ALL)
  })
})
