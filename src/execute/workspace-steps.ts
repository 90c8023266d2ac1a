import { durationMs } from '../resource/duration.ts'
import { logFile } from '../store/paths.ts'
import { keptRef, ownerRef } from '../resource/refs.ts'
import type { Workspace } from '../plugins/workspace.ts'
import { sessionEnvironment } from './environment.ts'
import type { Step, StepContext } from './step.ts'

function workspaceOf(context: StepContext): Workspace {
  return context.execution.registry.get('workspace', context.object.spec.workspace.plugin)
}

/** The newest base, before a branch is made from it. Offline is no reason to stand still: what was fetched last serves, and an event says so. */
export const fetchBase: Step<'base.fetch'> = {
  run: async context => {
    const { execution, project, signal } = context
    const branch = await execution.bases.defaultBranch(project, signal)
    const timeoutMs = durationMs(project.spec.workspace.fetchTimeout)
    try {
      await workspaceOf(context).fetch(project.repository, branch, { timeoutMs }, signal)
    } catch (error) {
      if (signal.aborted) throw error
      const message = `origin could not be fetched (${error instanceof Error ? error.message.split('\n')[0] : String(error)}); starting from what was fetched last`
      await execution.emit({
        type: 'Warning',
        reason: 'FetchFailed',
        object: `${context.object.kind}/${context.object.name}`,
        attempt: context.record().attempt,
        message,
      })
    }
    execution.bases.forget(project)
  },
}

/** Branch and owner ref in one transaction, at the recorded base; or what an earlier session of this name left, taken over. */
export const createBranch: Step<'branch.create'> = {
  run: async (context, { left }) => {
    const { execution, object, project, target, signal } = context
    const baseSha =
      left === undefined || left.where === 'remote'
        ? await execution.bases.sha(project, signal)
        : left.baseSha
    await workspaceOf(context).createBranch(target, baseSha, signal, left)
    await execution.records.update(object.uid, record =>
      record === undefined
        ? undefined
        : {
            ...record,
            baseSha,
            branch: target.branch ?? '',
            ...(left?.where === 'local' && left.ref !== keptRef(object.name, object.uid)
              ? { adopted: { branch: target.branch ?? '', pullRequests: [] } }
              : {}),
          },
    )
  },
}

export const addWorkspace: Step<'workspace.add'> = {
  run: async context => {
    const { execution, object, project, target, signal } = context
    const known = context.record().baseSha
    const sha = known ?? (await execution.bases.sha(project, signal))
    await workspaceOf(context).add(target, sha, signal)
    if (known === undefined) {
      await execution.records.update(object.uid, record =>
        record === undefined ? undefined : { ...record, baseSha: sha },
      )
    }
  },
}

export const populateWorkspace: Step<'workspace.populate'> = {
  run: async context => workspaceOf(context).populate(context.target, context.signal),
}

/** Links and `postCreate`: repeatable by contract, finished by a stamp that is written last. */
export const prepareWorkspace: Step<'workspace.prepare'> = {
  journaled: true,
  run: async context => {
    const { execution, object, project, target, signal } = context
    const { symlinks, postCreate, postCreateTimeout } = project.spec.workspace
    const attempt = context.record().attempt + 1
    await workspaceOf(context).prepare(
      target,
      {
        symlinks,
        postCreate,
        timeoutMs: durationMs(postCreateTimeout),
        env: sessionEnvironment(context, attempt),
        logFile: logFile(execution.home, object.name, attempt),
      },
      signal,
    )
  },
}

/** Saves what is nowhere else, and remembers the refs before anything is taken away. */
export const preserveWorkspace: Step<'workspace.preserve'> = {
  run: async context => {
    const { execution, object, project, target, signal } = context
    const saved = await execution.bases.savedRefs(project, signal)
    const refs = await workspaceOf(context).preserve(target, saved, signal)
    if (refs.length === 0) return
    await execution.records.update(object.uid, record =>
      record === undefined
        ? undefined
        : { ...record, preserved: [...new Set([...record.preserved, ...refs])] },
    )
    await execution.emit({
      type: 'Normal',
      reason: 'WorkPreserved',
      object: `${object.kind}/${object.name}`,
      attempt: context.record().attempt,
      message: `unsaved work is kept in ${refs.join(', ')}; see it with: git -C '${project.repository}' show ${refs[0] ?? ''}`,
    })
  },
}

export const removeWorkspace: Step<'workspace.remove'> = {
  run: async context => workspaceOf(context).remove(context.target, context.signal),
  postcheck: async context => !(await workspaceOf(context).isThere(context.target)),
}

export const deleteBranch: Step<'branch.delete'> = {
  run: async (context, { keepBranch, expectedSha }) => {
    const how = { keepBranch, expectedSha }
    await workspaceOf(context).deleteBranch(context.target, how, context.signal)
  },
  postcheck: async context => {
    const facts = await context.execution.bases.look(context.project, context.signal)
    return !facts.refs.has(ownerRef(context.object.name, context.object.uid))
  },
}
