import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { errnoOf } from '../../errors.ts'
import { durationMs } from '../../resource/duration.ts'
import { runInWorkspace, StepFailed } from './script-session.ts'
import type { Edit } from './script-schema.ts'
import type { Finished, Perform, Session } from './script-session.ts'

/** Makes the change; made already, it is left as it is. */
export const edit: Perform<'edit'> = async (change, session) => {
  const path = join(session.workspace, change.file)
  const before = await readIfThere(path)
  const after = edited(before, change)
  if (after === before) {
    session.screen.tell('edit', `${change.file} (as it should be already)`)
    return
  }
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, after)
  session.screen.tell('edit', `${change.file}\n${differenceOf(before ?? '', after)}`)
}

/** Commits everything that changed; nothing to commit is fine, as after a restart. */
export const commit: Perform<'commit'> = async (message, session) => {
  await git(session, ['add', '--all'])
  const staged = await runInWorkspace(session, ['git', 'diff', '--cached', '--quiet'])
  if (staged.exitCode === 0) {
    session.screen.tell('commit', 'nothing to commit')
    return
  }
  await git(session, ['-c', 'commit.gpgSign=false', 'commit', '--quiet', '--message', message])
  const { stdout } = await git(session, ['log', '-1', '--format=%h %s'])
  session.screen.tell('commit', stdout.trim(), 'good')
}

/** Pushes HEAD to origin, under the branch's own name unless told otherwise. */
export const push: Perform<'push'> = async (value, session) => {
  const remotes = await git(session, ['remote'])
  if (!remotes.stdout.split('\n').includes('origin')) {
    session.screen.tell('push', 'there is no origin; the branch stays here')
    return
  }
  const branch = typeof value === 'string' ? value : await currentBranch(session)
  await git(session, ['push', '--quiet', 'origin', `HEAD:refs/heads/${branch}`])
  session.screen.tell('push', `origin ${branch}`, 'good')
}

/** Opens the pull request, or finds the one that is open. */
export const openPullRequest: Perform<'open-pr'> = async (request, session) => {
  const words = ['ao', 'pr', 'create', '--title', request.title, '--body', request.body ?? '']
  const { output } = await runOrFail(
    session,
    request.draft === true ? [...words, '--draft'] : words,
  )
  session.screen.tell('open-pr', output === '' ? request.title : output, 'good')
}

/** Edit, commit and push in one go, as an answer to a complaint. */
export const fix: Perform<'fix'> = async ({ commit: message, ...change }, session, frame) => {
  await edit(change, session, frame)
  await commit(message, session, frame)
  await push(null, session, frame)
}

export const run: Perform<'run'> = async (value, session) => {
  const { argv, mayFail } =
    'argv' in value
      ? { argv: value.argv, mayFail: value['may-fail'] === true }
      : { argv: value, mayFail: false }
  session.screen.tell('run', argv.join(' '))
  const { exitCode, output } = await runInWorkspace(session, argv)
  if (output !== '') session.screen.tell('', output)
  if (exitCode === 0) return
  session.screen.tell('', `exit code ${exitCode}`, 'bad')
  if (!mayFail) throw new StepFailed(`${argv.join(' ')} ended with exit code ${exitCode}`)
}

/** Tells whether a variable has reached the agent, and never its value. */
export const env: Perform<'env'> = async (name, session) => {
  session.screen.tell('env', `${name} is ${name in session.env ? 'set' : 'not set'}`)
}

export const pause: Perform<'sleep'> = async duration => {
  await sleep(durationMs(duration))
}

/** The text after a change; the change may have been made before. */
export function edited(before: string | undefined, change: Edit): string {
  if (change.content !== undefined) return change.content
  const text = before ?? ''
  if (change.append !== undefined) {
    return text.endsWith(change.append) ? text : text + change.append
  }
  const { from, to } = change.replace ?? { from: '', to: '' }
  const isThere = text.includes(to)
  if (isThere && to.includes(from)) return text
  if (text.includes(from)) return text.replace(from, () => to)
  if (isThere) return text
  throw new StepFailed(`${change.file} does not hold the text to replace: ${from.split('\n')[0]}`)
}

async function git(session: Session, args: readonly string[]): Promise<Finished> {
  return runOrFail(session, ['git', ...args])
}

async function runOrFail(session: Session, argv: readonly string[]): Promise<Finished> {
  const finished = await runInWorkspace(session, argv)
  if (finished.exitCode === 0) return finished
  const what = argv.slice(0, 3).join(' ')
  throw new StepFailed(`${what} ended with exit code ${finished.exitCode}\n${finished.output}`)
}

async function currentBranch(session: Session): Promise<string> {
  const { stdout } = await git(session, ['symbolic-ref', '--short', 'HEAD'])
  return stdout.trim()
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** The lines that are new, as a person watching wants to see them. */
function differenceOf(before: string, after: string): string {
  const known = new Set(before.split('\n'))
  const added = after.split('\n').filter(line => !known.has(line))
  return added.map(line => `+ ${line}`).join('\n')
}
