/**
 * A process of its own that makes and takes away one workspace over and over, so that it can be killed at any moment of it. Reads a
 * JSON job from its first argument.
 */
import { writeFileSync } from 'node:fs'

import { createGit } from '../../src/plugins/git.ts'
import { createWorktreeWorkspace } from '../../src/plugins/workspace/worktree.ts'
import type { WorkspaceSetup, WorkspaceTarget } from '../../src/plugins/workspace.ts'

export interface WorktreeJob {
  readonly target: WorkspaceTarget
  readonly base: string
  readonly setup: WorkspaceSetup
  readonly env: Readonly<Record<string, string>>
  /** Written when the first round begins. */
  readonly ready: string
}

const { target, base, setup, env, ready } = JSON.parse(process.argv[2] ?? '') as WorktreeJob
const { signal } = new AbortController()
const workspace = createWorktreeWorkspace({ git: createGit({ env }), env })
writeFileSync(ready, '')
for (;;) {
  await workspace.createBranch(target, base, signal)
  await workspace.add(target, base, signal)
  await workspace.populate(target, signal)
  await workspace.prepare(target, setup, signal)
  writeFileSync(`${target.path}/work.txt`, 'work\n')
  await workspace.preserve(target, ['refs/heads/main'], signal)
  await workspace.remove(target, signal)
  await workspace.deleteBranch(target, { expectedSha: base, keepBranch: false }, signal)
}
