import { formatDuration } from '../../resource/duration.ts'
import type { PullRequest, ScmProject } from '../scm.ts'
import { plainTail } from '../../resource/text.ts'
import { noPull } from './local-change.ts'
import { runCommand, type CommandEnd } from './local-check-run.ts'
import { makeCheckout, removeLeftovers } from './local-checkout.ts'
import { toWantedCheck, type LocalScm } from './local-context.ts'
import type { CheckClaim, CheckVerdict } from './local-record.ts'
import { checkKey, checkRef, headRef, pullsIn, type PullRefs } from './local-refs.ts'
import { readSettings, type CheckSetting } from './local-settings.ts'
import { checkRecord } from './local-store.ts'

const MAX_LOG = 8 * 1024
const NEVER = new AbortController().signal

/** A check that is ours to run: we hold its claim at this object id. */
interface Claimed {
  readonly ref: string
  readonly id: string
  readonly claim: CheckClaim
}

interface Job {
  readonly project: ScmProject
  readonly number: number
  readonly sha: string
  readonly commonDir: string
}

/** Runs what the head has no result of yet. Waits for the checks it runs itself, not for those that another process is running. */
export async function runPullChecks(
  scm: LocalScm,
  project: ScmProject,
  pull: PullRequest,
  signal: AbortSignal,
): Promise<void> {
  const { checks } = readSettings(project.config, project.project)
  if (checks.length === 0) return
  await removeLeftovers(scm, project)
  const look = await scm.store.look(project.repository, signal)
  const refs = pullsIn(look.refs).find(one => one.number === pull.number)
  if (refs === undefined) throw noPull(project, pull.number)
  const { sha } = pull.head
  if (refs.head !== sha) await recordHead(scm, project, { refs, sha }, signal)
  const job = { project, number: pull.number, sha, commonDir: look.commonDir }
  const outcomes = await Promise.allSettled(
    checks.map(async check =>
      scm.slots.parallel(async () => runOne(scm, job, check, signal), signal),
    ),
  )
  const failed = outcomes.find(outcome => outcome.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

/** Keeps the commit that is being judged, should its branch be deleted meanwhile. */
async function recordHead(
  scm: LocalScm,
  { repository }: ScmProject,
  { refs, sha }: { readonly refs: PullRefs; readonly sha: string },
  signal: AbortSignal,
): Promise<void> {
  const change = { ref: headRef(refs.number), from: refs.head, to: sha }
  // Lost means that somebody recorded a newer one.
  await scm.store.swap(repository, [change], signal)
}

async function runOne(
  scm: LocalScm,
  job: Job,
  check: CheckSetting,
  signal: AbortSignal,
): Promise<void> {
  const claimed = await claimCheck(scm, job, check, signal)
  if (claimed === undefined) return
  const { repository } = job.project
  scm.claims.add(claimed.claim.claim)
  try {
    const verdict = await judge(scm, job, { check, claim: claimed.claim }, signal)
    const to = await scm.store.write(repository, verdict, [claimed.id], NEVER)
    await scm.store.swap(repository, [{ ref: claimed.ref, from: claimed.id, to }], NEVER)
  } catch (error) {
    // Not judged, for whatever reason: the next run shall find nothing and do it again.
    await scm.store.swap(repository, [{ ref: claimed.ref, from: claimed.id, to: undefined }], NEVER)
    throw error
  } finally {
    scm.claims.delete(claimed.claim.claim)
  }
}

/** Undefined when there is a result already or somebody alive is at it. */
async function claimCheck(
  scm: LocalScm,
  { project, number, sha }: Job,
  check: CheckSetting,
  signal: AbortSignal,
): Promise<Claimed | undefined> {
  const { repository } = project
  const look = await scm.store.look(repository, signal)
  const refs = pullsIn(look.refs).find(pull => pull.number === number)
  if (refs === undefined) throw noPull(project, number)
  const texts = await scm.store.load(repository, toWantedCheck(refs, check.name, sha), signal)
  const key = checkKey(check.name, sha)
  const known = checkRecord(texts, refs, key)
  if (known?.state === 'running' && (await scm.isRunning(known))) return undefined
  const isAboutThis = known?.sha === sha && known.digest === check.digest
  if (isAboutThis && known.state !== 'running') return undefined

  const claim = await newClaim(scm, { check, sha })
  const id = await scm.store.write(repository, claim, [], signal)
  const ref = checkRef(number, check.name, sha)
  const isOurs = await scm.store.swap(
    repository,
    [{ ref, from: refs.checks.get(key), to: id }],
    signal,
  )
  return isOurs ? { ref, id, claim } : undefined
}

async function newClaim(
  scm: LocalScm,
  { check, sha }: { readonly check: CheckSetting; readonly sha: string },
): Promise<CheckClaim> {
  return {
    version: 1,
    name: check.name,
    sha,
    digest: check.digest,
    state: 'running',
    claim: scm.id(),
    process: await scm.self(),
    startedAt: scm.now().toISOString(),
  }
}

async function judge(
  scm: LocalScm,
  job: Job,
  { check, claim }: { readonly check: CheckSetting; readonly claim: CheckClaim },
  signal: AbortSignal,
): Promise<CheckVerdict> {
  const checkout = await makeCheckout(scm, job.project, { ...job, name: check.name }, signal)
  try {
    const end = await runCommand(
      {
        command: check.command,
        cwd: checkout.path,
        env: { ...scm.env, CI: 'true' },
        timeoutMs: check.timeoutMs,
        onStart: async pid => checkout.noteProcess(pid),
      },
      signal,
    )
    return {
      version: 1,
      name: check.name,
      sha: job.sha,
      digest: check.digest,
      state: end.exitCode === 0 && !end.timedOut ? 'success' : 'failure',
      logTail: logOf(end, check),
      startedAt: claim.startedAt,
      completedAt: scm.now().toISOString(),
    }
  } finally {
    await checkout.remove()
  }
}

/** The end of the output, then how it ended when the output can't say so. */
function logOf(end: CommandEnd, check: CheckSetting): string {
  const last = endingOf(end, check)
  return plainTail(last === '' ? end.output : `${end.output.trimEnd()}\n${last}\n`, MAX_LOG)
}

function endingOf({ exitCode, signal, timedOut }: CommandEnd, check: CheckSetting): string {
  if (timedOut) return `timed out after ${formatDuration(check.timeoutMs)}`
  if (signal !== undefined) return `killed by ${signal}`
  return exitCode === 0 ? '' : `exit code ${exitCode ?? 'unknown'}`
}
