import { expect, it } from 'vitest'

import { createBases } from '../src/execute/bases.ts'
import type { ProjectContext } from '../src/observe/snapshot.ts'
import { Registry } from '../src/plugins/registry.ts'
import type { Workspace } from '../src/plugins/workspace.ts'

const project = { name: 'app', repository: '/r' } as ProjectContext

function basesThatCanNotLook(): ReturnType<typeof createBases> {
  const workspace = {
    name: 'worktree',
    observe: async () => Promise.resolve({ state: 'unknown', reason: 'a look was interrupted' }),
  } as unknown as Workspace
  return createBases(new Registry().register('workspace', workspace), () => 0)
}

it('a look that our own end cut short is no failure of the repository', async () => {
  const look = basesThatCanNotLook().look(project, AbortSignal.abort())
  await expect(look).rejects.toMatchObject({ code: 'Interrupted' })
})

it('a look that came to nothing by itself is one, and is tried again', async () => {
  const look = basesThatCanNotLook().look(project, new AbortController().signal)
  await expect(look).rejects.toMatchObject({ code: 'Unreachable', retryable: true })
})
