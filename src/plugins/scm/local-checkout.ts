import { mkdir, readdir, readFile, realpath, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'

import { errnoOf } from '../../errors.ts'
import type { ScmProject } from '../scm.ts'
import type { WorktreeOwner } from '../workspace.ts'
import type { LocalScm } from './local-context.ts'
import { isAlive, markOf, type ProcessMark } from './local-process.ts'

const CHECKOUT_TIMEOUT_MS = 600_000
const OWNER_FILE = 'owner.json'
/** Relative paths would write a setting into the repository. */
const ABSOLUTE = ['-c', 'worktree.useRelativePaths=false']
const HOLDER = /^\d+-[0-9A-Za-z-]+$/

/** A temporary checkout, in a directory of its own below the home. */
export interface Checkout {
  readonly path: string
  readonly holder: string
  /** Notes whom to end should we die while it runs. */
  noteProcess(pid: number): Promise<void>
  remove(): Promise<void>
}

/** Says whose a directory is, and stands in it before anything else does. */
interface HolderOwner {
  readonly purpose: 'check'
  readonly home: string
  readonly commonDir: string
  readonly maker: ProcessMark
  readonly command?: ProcessMark
}

/** Makes a detached checkout of a commit below `<home>/worktrees/<project>/.checks/`. */
export async function makeCheckout(
  scm: LocalScm,
  project: ScmProject,
  at: { readonly commonDir: string; readonly sha: string; readonly name: string },
  signal: AbortSignal,
): Promise<Checkout> {
  const maker = await scm.self()
  const uid = scm.id()
  await mkdir(checksDirectory(project), { recursive: true })
  const folder = await realpath(checksDirectory(project))
  const holder = join(folder, `${maker.pid}-${uid}`)
  const path = join(holder, `check-${at.name}`)
  const owner: HolderOwner = {
    purpose: 'check',
    home: project.home,
    commonDir: at.commonDir,
    maker,
  }
  await mkdir(holder)
  await writeWhole(join(holder, OWNER_FILE), owner)
  const remove = async (): Promise<void> => removeHolder(scm, holder, owner)
  try {
    await scm.queue.exclusive(
      at.commonDir,
      async () => {
        const add = ['worktree', 'add', '--quiet', '--detach', '--no-checkout', '--', path, at.sha]
        await scm.git(project.repository, [...ABSOLUTE, ...add], { signal })
        await writeOwner(at.commonDir, path, { uid, home: project.home })
      },
      signal,
    )
    await scm.queue.parallel(
      async () =>
        scm.git(path, ['reset', '--hard', '--quiet'], { timeoutMs: CHECKOUT_TIMEOUT_MS, signal }),
      signal,
    )
  } catch (error) {
    await remove()
    throw error
  }
  return {
    path,
    holder,
    noteProcess: async pid => {
      const command = await markOf(await scm.processes(), pid)
      if (command !== undefined) await writeWhole(join(holder, OWNER_FILE), { ...owner, command })
    },
    remove,
  }
}

/** Removes what runs of this project left behind whose process is dead: only below our directory, only with our owner file. */
export async function removeLeftovers(scm: LocalScm, project: ScmProject): Promise<void> {
  const folder = checksDirectory(project)
  const processes = await scm.processes()
  for (const name of await namesIn(folder)) {
    if (!HOLDER.test(name)) continue
    const holder = join(await realpath(folder), name)
    const owner = await readOwner(holder)
    if (
      owner === undefined &&
      (await processes.startTimeOf(Number.parseInt(name, 10))) === undefined
    ) {
      // One that was made and not yet filled; any other stays.
      await rmdir(holder).catch(() => undefined)
    }
    if (owner === undefined || owner.home !== project.home) continue
    if (await isAlive(processes, owner.maker)) continue
    if (owner.command !== undefined && (await isAlive(processes, owner.command))) {
      endGroup(owner.command.pid)
    }
    await removeHolder(scm, holder, owner)
  }
}

function checksDirectory(project: ScmProject): string {
  return join(project.home, 'worktrees', project.project, '.checks')
}

/** The same file that a session's worktree has, so that everybody who looks at worktrees sees whose this one is. */
async function writeOwner(
  commonDir: string,
  path: string,
  { uid, home }: { readonly uid: string; readonly home: string },
): Promise<void> {
  const owner: WorktreeOwner = { uid, session: '', home, stage: 'added', purpose: 'check' }
  for (const gitDir of await administrationsOf(commonDir, path)) {
    await writeWhole(join(gitDir, 'ao.json'), owner)
  }
}

async function removeHolder(scm: LocalScm, holder: string, owner: HolderOwner): Promise<void> {
  await scm.queue.exclusive(
    owner.commonDir,
    async () => {
      const gitDirs = await administrationsOf(owner.commonDir, holder)
      // The owner file goes last: a removal that was interrupted is taken up again.
      for (const name of await namesIn(holder)) {
        if (name !== OWNER_FILE) await removeAll(join(holder, name))
      }
      for (const gitDir of gitDirs) await removeAll(gitDir)
      await removeAll(holder)
    },
    new AbortController().signal,
  )
}

/** The administrative directories of worktrees at or below `path`. */
async function administrationsOf(commonDir: string, path: string): Promise<readonly string[]> {
  const folder = join(commonDir, 'worktrees')
  const found: string[] = []
  for (const name of await namesIn(folder)) {
    const pointer = await readFile(join(folder, name, 'gitdir'), 'utf8').catch(() => '')
    if (pointer === '') continue
    const checkout = resolve(folder, name, pointer.trim(), '..')
    if (checkout === path || checkout.startsWith(path + sep)) found.push(join(folder, name))
  }
  return found
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}

async function readOwner(holder: string): Promise<HolderOwner | undefined> {
  try {
    const owner = JSON.parse(await readFile(join(holder, OWNER_FILE), 'utf8')) as HolderOwner
    const isOurs =
      owner.purpose === 'check' &&
      typeof owner.commonDir === 'string' &&
      typeof owner.maker.pid === 'number'
    return isOurs ? owner : undefined
  } catch {
    return undefined
  }
}

async function writeWhole(file: string, content: HolderOwner | WorktreeOwner): Promise<void> {
  await writeFile(`${file}.tmp`, `${JSON.stringify(content)}\n`)
  await rename(`${file}.tmp`, file)
}

async function removeAll(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Already gone.
  }
}
