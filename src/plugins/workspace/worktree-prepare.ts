import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { dirname, isAbsolute, join, normalize, sep } from 'node:path'

import { HouseError } from '../../errors.ts'
import { run } from '../exec.ts'
import { endProcesses } from '../process-end.ts'
import { findLeaders } from '../process-tree.ts'
import type { WorkspaceSetup, WorkspaceTarget } from '../workspace.ts'
import { findCheckout, requireOurs, type WorktreeTools } from './worktree-checkout.ts'
import { isGone, writeOwner } from './worktree-owner.ts'

const TAIL_BYTES = 2000
/** What a command that was left behind gets to end by itself. */
const FORMER_GRACE_MS = 1000
/** Sends the output of a command to a file as it comes; file and command are arguments, never part of the text. */
const LOGGED = 'exec >>"$1" 2>&1; exec sh -c "$2"'

/**
 * Links, then commands, then the stage. Every step can be run again, so after a crash all of them are (A6). An abort or a time-out
 * kills the running command's process group.
 */
export async function prepareWorktree(
  tools: WorktreeTools,
  target: WorkspaceTarget,
  setup: WorkspaceSetup,
  signal: AbortSignal,
): Promise<void> {
  const checkout = findCheckout(target)
  const linked = requireOurs(target, checkout)
  const { owner } = linked
  if (owner.stage === 'prepared') return
  if (owner.stage === 'added') {
    throw new HouseError('Conflict', `${checkout.path} has no files yet; it is populated first`, {
      retryable: true,
    })
  }
  // Without a log nothing ran here before.
  if (existsSync(setup.logFile)) await endFormerCommands(setup, signal)
  mkdirSync(dirname(setup.logFile), { recursive: true })
  const links = setup.symlinks.filter(link => {
    const outcome = makeLink(checkout.place.path, checkout.path, link)
    if (outcome !== 'linked') appendFileSync(setup.logFile, `ao: symlink ${link}: ${outcome}\n`)
    return outcome === 'linked'
  })
  // Written before the commands, so that a crash in them doesn't turn our links into somebody's work.
  const withLinks = { ...owner, links: [...new Set([...owner.links, ...links.map(normalize)])] }
  writeOwner(linked.gitDir, withLinks)
  await runCommands(tools, target, { ...setup, cwd: checkout.path }, signal)
  writeOwner(linked.gitDir, { ...withLinks, stage: 'prepared' })
}

function makeLink(repository: string, checkout: string, link: string): string {
  const name = normalize(link)
  if (isAbsolute(name) || name === '..' || name.startsWith(`..${sep}`)) {
    throw new HouseError('CommandFailed', `symlink "${link}" leads out of ${repository}`)
  }
  const source = join(repository, name)
  const target = join(checkout, name)
  if (statSync(source, { throwIfNoEntry: false }) === undefined) return `${source} is not there`
  mkdirSync(dirname(target), { recursive: true })
  const folder = realpathSync(dirname(target))
  if (folder !== checkout && !folder.startsWith(checkout + sep)) {
    throw new HouseError('CommandFailed', `symlink "${link}" leads out of ${checkout}`)
  }
  if (lstatSync(target, { throwIfNoEntry: false }) !== undefined) {
    return isLinkTo(target, source) ? 'linked' : `${target} is there already and was left alone`
  }
  symlinkSync(source, target)
  return 'linked'
}

/** Whether a path is still the symlink that we made. */
export function isLinkTo(path: string, source: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink() && readlinkSync(path) === source
  } catch (error) {
    if (isGone(error)) return false
    throw error
  }
}

/** Commands whose ao was killed may still run, and two of them in one checkout would spoil each other's work. */
async function endFormerCommands(setup: WorkspaceSetup, signal: AbortSignal): Promise<void> {
  const uid = setup.env['AO_UID']
  if (uid === undefined) return
  const roots = (await findLeaders(new Set([uid]))).get(uid) ?? []
  await endProcesses({ roots, formerRoots: [], uid }, FORMER_GRACE_MS, signal)
}

interface Commands extends WorkspaceSetup {
  readonly cwd: string
}

async function runCommands(
  tools: WorktreeTools,
  target: WorkspaceTarget,
  setup: Commands,
  signal: AbortSignal,
): Promise<void> {
  const deadline = tools.now().getTime() + setup.timeoutMs
  for (const command of setup.postCreate) {
    appendFileSync(setup.logFile, `ao: postCreate: ${command}\n`)
    const start = statSync(setup.logFile).size
    const left = Math.max(1, deadline - tools.now().getTime())
    // One after the other: a later command builds on what an earlier one made.
    const exitCode = await runLogged(command, setup, { timeoutMs: left, signal }).catch(
      (error: unknown) => {
        throw explainEnd(error, target, command, setup)
      },
    )
    if (exitCode === 0) continue
    throw new HouseError(
      'CommandFailed',
      `postCreate "${command}" of ${target.session} ended with ${exitCode}: ${logTail(setup.logFile, start)}`,
      { next: `tail ${setup.logFile}` },
    )
  }
}

async function runLogged(
  command: string,
  setup: Commands,
  limits: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<number> {
  const args = ['-c', LOGGED, 'sh', setup.logFile, command]
  const result = await run('sh', args, { cwd: setup.cwd, env: setup.env, ...limits })
  return result.exitCode
}

function explainEnd(
  error: unknown,
  target: WorkspaceTarget,
  command: string,
  setup: Commands,
): unknown {
  if (!(error instanceof HouseError) || error.code !== 'Timeout') return error
  return new HouseError(
    'Timeout',
    `postCreate of ${target.session} took longer than ${setup.timeoutMs / 1000} s; "${command}" was stopped: ${logTail(setup.logFile, 0)}`,
    { cause: error, retryable: true, next: `tail ${setup.logFile}` },
  )
}

function logTail(file: string, start: number): string {
  const text = readFileSync(file).subarray(start).subarray(-TAIL_BYTES).toString('utf8').trim()
  return text === '' ? 'it said nothing' : text
}
