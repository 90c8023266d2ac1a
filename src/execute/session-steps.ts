import { createHash } from 'node:crypto'
import { join } from 'node:path'

import { HouseError } from '../errors.ts'
import type { ErrorCode } from '../errors.ts'
import { composePrompt } from '../deliver/prompt.ts'
import type { AgentCommand } from '../plugins/agent.ts'
import type { Runtime, RuntimeSession } from '../plugins/runtime.ts'
import type { Issue } from '../plugins/tracker.ts'
import { launchDigest, launchFields } from '../plan/launch.ts'
import type { SessionRecord } from '../resource/record.ts'
import { makePrivateDirectory, writeAtomic } from '../store/files.ts'
import { logFile, runDir } from '../store/paths.ts'
import { sessionEnvironment } from './environment.ts'
import type { Step, StepContext } from './step.ts'

/** What an agent gets to end by itself before it is killed. */
const GRACE_MS = 3000
/** Errors after which it is certain that nothing was started. */
const DEFINITE: readonly ErrorCode[] = [
  'EnvironmentMissing',
  'NotFound',
  'CommandFailed',
  'Usage',
  'Refused',
]
/** Launches a record keeps. */
const KEPT_LAUNCHES = 20

/**
 * Starts one attempt. Its number is allocated and written down before anything is started, so that a prompt is handed over once per attempt
 * whatever happens; the session's name is the compare-and-swap that makes two of them impossible.
 */
export const startSession: Step<'session.start', RuntimeSession | 'none'> = {
  journaled: true,
  precheck: async (context, { attempt }) => {
    const session = await find(context)
    if (session?.state === 'alive' && session.attempt === attempt) return 'done'
    return session ?? 'none'
  },
  run: async (context, { attempt }, stale) => {
    const { execution, object } = context
    if (stale !== 'none') {
      if (stale.state === 'alive') throw stillRuns(context, stale)
      await stop(context, stale)
    }
    const prepared = await prepareLaunch(context, attempt)
    await allocate(context, attempt, prepared)
    const launch = {
      session: object.name,
      uid: object.uid,
      attempt,
      cwd: context.target.path,
      argv: prepared.argv,
      env: prepared.env,
      promptFile: prepared.promptFile,
      logFile: logFile(execution.home, object.name, attempt),
      runDir: prepared.runDir,
    }
    // To prepare may have taken long: whoever took the lock meanwhile starts it, not we.
    await execution.fence()
    try {
      await runtimeOf(context).start(launch, context.signal)
    } catch (error) {
      if (error instanceof HouseError && DEFINITE.includes(error.code)) await markStopped(context)
      throw error
    }
  },
  postcheck: async context => {
    const session = await find(context)
    return session?.uid === context.object.uid
  },
}

/** What came up after the plan was made, such as what somebody began who was killed since: never start another one beside it. */
function stillRuns(context: StepContext, session: RuntimeSession): HouseError {
  const { kind, name } = context.object
  const attempt = session.attempt === undefined ? '' : ` as attempt ${session.attempt}`
  return new HouseError('Conflict', `${kind}/${name} runs already${attempt}`, { retryable: true })
}

/** Ends the session's process and forgets it; that it was us is written down first, so that it counts as no failure. */
export const stopSession: Step<'session.stop', RuntimeSession> = {
  precheck: async context => (await find(context)) ?? 'done',
  run: async (context, _planned, session) => {
    if (session.state === 'alive') await markStopped(context)
    await stop(context, session)
  },
  postcheck: async context => (await find(context)) === undefined,
}

/** The attempt is over by our own doing, or never began: that is no failure of its agent. */
async function markStopped(context: StepContext): Promise<void> {
  const { execution, object } = context
  const at = execution.now().toISOString()
  await execution.records.update(object.uid, record =>
    record === undefined
      ? undefined
      : { ...record, lastExit: { attempt: record.attempt, at, reason: 'Stopped' } },
  )
}

interface PreparedLaunch {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly promptFile: string
  readonly runDir: string
  readonly promptDigest: string
  readonly command: AgentCommand
}

async function prepareLaunch(context: StepContext, attempt: number): Promise<PreparedLaunch> {
  const { execution, object, target } = context
  const agent = execution.registry.get('agent', object.spec.agent.plugin)
  const record = context.record()
  const command = await agent.command({
    config: object.spec.agent,
    model: object.spec.model,
    permissions: object.spec.permissions,
    sessionId: record.sessionId ?? object.uid,
    attempt,
    workspace: target.path,
    baseDir: object.baseDir,
    userHome: execution.userHome,
  })
  const directory = runDir(execution.home, object.uid, attempt)
  makePrivateDirectory(directory)
  const promptFile = join(directory, 'prompt.md')
  const prompt = composePrompt({
    object,
    project: context.project,
    issue: await readIssue(context),
    resumed: command.resumes ? record : undefined,
    briefed: agent.briefed === true,
    workspace: target.path,
    baseBranch: await execution.bases.defaultBranch(context.project, context.signal),
  })
  await writeAtomic(promptFile, prompt, { sync: false })
  const env = {
    ...sessionEnvironment(context, attempt),
    ...command.env,
    AO_PROMPT_FILE: promptFile,
  }
  return {
    argv: command.argv.map(argument => argument.replaceAll('{{promptFile}}', promptFile)),
    env,
    promptFile,
    runDir: directory,
    promptDigest: createHash('sha256').update(prompt).digest('hex'),
    command,
  }
}

/** The attempt's number, its prompt and what it was started with, before it is started. */
async function allocate(
  context: StepContext,
  attempt: number,
  prepared: PreparedLaunch,
): Promise<void> {
  const { execution, object } = context
  const at = execution.now().toISOString()
  const { promptDigest, command } = prepared
  const launch = {
    attempt,
    at,
    promptDigest,
    specDigest: launchDigest(object),
    fields: launchFields(object),
    runtime: object.spec.runtime.plugin,
  }
  await execution.records.update(object.uid, record => {
    if (record === undefined) return undefined
    return {
      ...record,
      attempt,
      launches: [...record.launches, launch].slice(-KEPT_LAUNCHES),
      ...restartCount(record, object.restartRequestedAt),
      sessionId: command.sessionId ?? record.sessionId ?? object.uid,
    }
  })
}

/** A restart that a person asked for starts the count anew; one after a failure adds to it; one we stopped for counts nothing. */
function restartCount(
  record: SessionRecord,
  requestedAt: string | undefined,
): Pick<SessionRecord, 'restarts'> & Partial<SessionRecord> {
  if (requestedAt !== undefined && requestedAt !== record.restartHandled) {
    return { restarts: 0, restartHandled: requestedAt }
  }
  const failed = record.launches.length > 0 && record.lastExit?.reason !== 'Stopped'
  return { restarts: failed ? record.restarts + 1 : record.restarts }
}

async function readIssue(context: StepContext): Promise<Issue | undefined> {
  const { execution, object, project, signal } = context
  const { issue } = object.spec
  if (issue === undefined) return undefined
  const about = await execution.trackerProject(project)
  if (about === undefined) {
    throw new HouseError(
      'InvalidManifest',
      `Project/${project.name} has no tracker for issue ${issue}`,
    )
  }
  const { plugin } = about.config
  const tracker = execution.registry.get('tracker', plugin)
  const found = await tracker.get(issue, about, signal)
  if (found !== undefined) return found
  const place = tracker.place === undefined ? '' : ` (${tracker.place(about)})`
  const { file, line, col } = object.origin
  throw new HouseError('Failed', `issue ${issue} does not exist in tracker ${plugin}${place}`, {
    next: `mend spec.issue at ${file}:${line}:${col}, then: ao apply`,
  })
}

function runtimeOf(context: StepContext): Runtime {
  return context.execution.registry.get('runtime', context.object.spec.runtime.plugin)
}

/** The runtimes the session may be in: where it was started last, and where it is declared. */
function runtimesOf(context: StepContext): readonly Runtime[] {
  const { object, execution } = context
  const names = new Set([object.spec.runtime.plugin])
  const last = context.record().launches.at(-1)?.runtime
  if (last !== undefined) names.add(last)
  return [...names].map(name => execution.registry.get('runtime', name))
}

/** A fresh look at the session, by uid; the living one of several. Throws `Unreachable` when it can't be told whether it is there. */
async function find(context: StepContext): Promise<RuntimeSession | undefined> {
  const found: RuntimeSession[] = []
  for (const runtime of runtimesOf(context)) {
    const listing = await runtime.list(context.signal)
    if (listing.state === 'unknown') {
      throw new HouseError('Unreachable', `${runtime.name}: ${listing.reason}`, {
        retryable: true,
        next: 'ao doctor',
      })
    }
    found.push(...listing.value.sessions.filter(({ uid }) => uid === context.object.uid))
  }
  return found.find(session => session.state === 'alive') ?? found[0]
}

async function stop(context: StepContext, session: RuntimeSession): Promise<void> {
  const { object, signal } = context
  const about = { session: object.name, uid: object.uid, handle: session.handle }
  for (const runtime of runtimesOf(context))
    await runtime.stop(about, { graceMs: GRACE_MS }, signal)
}
