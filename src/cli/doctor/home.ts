import { accessSync, constants, readdirSync, statfsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { toHouseError } from '../../errors.ts'
import { formatMoment } from '../../resource/duration.ts'
import type { StoreView } from '../../store/index.ts'
import { listNames } from '../../store/files.ts'
import { readJournal } from '../../store/journal.ts'
import { readLock } from '../../store/lock.ts'
import type { HomePaths } from '../../store/paths.ts'
import type { JournalEntry } from '../../store/types.ts'
import type { Context } from '../context.ts'
import { holderOf } from '../live.ts'
import type { Finding } from './finding.ts'

/** What `statfs` calls file systems on other machines, where links and locks are not what they seem. */
const REMOTE_FILESYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x65735546, 'FUSE'],
])

/** The home's own health: may it be written, who holds it, is anything damaged or left half done. */
export async function checkHome(context: Context): Promise<readonly Finding[]> {
  const place = checkPlace(context.home)
  try {
    const store = context.store()
    if (store === undefined) {
      const message = `${context.home} does not exist yet; the first apply makes it`
      return [place ?? { check: 'home', state: 'ok', message }]
    }
    const { paths } = store
    return [
      place ?? { check: 'home', state: 'ok', message: context.home },
      ...checkFilesystem(paths),
      await checkLock(context, paths),
      ...(await checkJournal(context, paths)),
      ...checkDamage(store),
      ...checkSpool(paths),
      ...checkSources(store),
    ]
  } catch (error) {
    const { message, next } = toHouseError(error)
    return [{ check: 'home', state: 'missing', message, ...(next === undefined ? {} : { next }) }]
  }
}

/** The home, or the nearest directory above in which it would be made. */
function checkPlace(home: string): Finding | undefined {
  let dir = home
  while (statSync(dir, { throwIfNoEntry: false }) === undefined && dir !== dirname(dir)) {
    dir = dirname(dir)
  }
  try {
    accessSync(dir, constants.W_OK | constants.X_OK)
    return undefined
  } catch {
    return {
      check: 'home',
      state: 'missing',
      message: `${dir} cannot be written to`,
      next: `chmod u+rwx ${dir}, or name another home with --home DIR`,
    }
  }
}

function checkFilesystem({ root }: HomePaths): readonly Finding[] {
  const name = REMOTE_FILESYSTEMS.get(statfsSync(root).type >>> 0)
  if (name === undefined) return []
  return [
    {
      check: 'home',
      state: 'warning',
      message: `${root} is on ${name}; its lock tells processes of one machine apart, so use it from one only`,
      next: 'name a home on a local disk with --home DIR',
    },
  ]
}

async function checkLock(context: Context, paths: HomePaths): Promise<Finding> {
  const check = 'lock'
  const lock = readLock(paths)
  if (lock.state === 'absent') {
    const message = 'free; no watcher is running'
    return { check, state: 'ok', message, next: 'ao reconcile --watch' }
  }
  if (lock.state === 'corrupt') {
    return {
      check,
      state: 'warning',
      message: `damaged (${lock.reason}); the next command takes it over`,
    }
  }
  const { pid, user, since, command, mode } = lock.value
  const who = `pid ${pid} (${user}) since ${formatMoment(Date.parse(since))}: ${command}`
  if ((await holderOf(context, paths)) !== undefined) {
    return {
      check,
      state: 'ok',
      message: `held${mode === 'watch' ? ' by the watcher' : ''}, ${who}`,
    }
  }
  return {
    check,
    state: 'warning',
    message: `its holder is gone, ${who}; the next command takes it over`,
  }
}

/** Open entries are what somebody is doing now, or what was interrupted. */
async function checkJournal(context: Context, paths: HomePaths): Promise<readonly Finding[]> {
  if ((await holderOf(context, paths)) !== undefined) return []
  const open = new Map<string, JournalEntry>()
  for (const entry of readJournal(paths)) {
    if (entry.phase === 'begin') open.set(entry.id, entry)
    else open.delete(entry.id)
  }
  return [...open.values()].map(({ object, step, time }) => ({
    check: 'journal',
    state: 'warning',
    message: `${step} of ${object} was begun at ${time} and is not known to have ended`,
    next: 'ao reconcile --once',
  }))
}

function checkDamage(store: StoreView): readonly Finding[] {
  const { desired, status, records, inventory, sources } = store
  const damaged = [desired, status, records, inventory, sources].flatMap(view => view.corrupt())
  const marker = store.noPrune()
  return [
    ...damaged.map(({ file, reason }): Finding => ({
      check: 'files',
      state: 'warning',
      message: `${file} is damaged: ${reason}`,
      next: 'ao apply; it is moved aside and made anew',
    })),
    ...movedAside(store.paths.root).map((file): Finding => ({
      check: 'files',
      state: 'warning',
      message: `${file} was damaged and moved aside`,
      next: `look at it, then  rm ${file}`,
    })),
    ...(marker === undefined
      ? []
      : [
          {
            check: 'pruning',
            state: 'warning',
            message: `held since ${formatMoment(Date.parse(marker.since))}: ${marker.reasons.join('; ')}`,
            next: 'ao apply; one clean apply of every source allows it again',
          } as const,
        ]),
  ]
}

function movedAside(root: string): readonly string[] {
  const folders = [root, ...['desired', 'status'].flatMap(name => foldersIn(join(root, name)))]
  const others = ['records', 'inventory', 'sources', 'outbox', 'requests'].map(name =>
    join(root, name),
  )
  return [...folders, ...others].flatMap(folder =>
    listNames(folder)
      .filter(name => name.includes('.corrupt-'))
      .map(name => join(folder, name)),
  )
}

function foldersIn(dir: string): readonly string[] {
  return statSync(dir, { throwIfNoEntry: false }) === undefined
    ? []
    : readdirSync(dir).map(name => join(dir, name))
}

function checkSpool({ spool }: HomePaths): readonly Finding[] {
  const folder = join(spool, 'rejected')
  const count = listNames(folder).length
  if (count === 0) return []
  const message = `${count} reports could not be understood`
  return [
    {
      check: 'spool',
      state: 'warning',
      message,
      next: `look at them in ${folder}, then remove them`,
    },
  ]
}

function checkSources({ sources }: StoreView): readonly Finding[] {
  return [...sources.all().values()].flatMap(({ name, held, path }): readonly Finding[] => {
    if (held !== undefined) {
      return [
        {
          check: `source ${name}`,
          state: 'warning',
          message: `${held.reason}: ${held.message}`,
          next: `ao validate -f ${path ?? '-'}`,
        },
      ]
    }
    if (path === undefined || statSync(path, { throwIfNoEntry: false }) !== undefined) return []
    return [
      {
        check: `source ${name}`,
        state: 'warning',
        message: `${path} is not there any more; what it declared stays as it is`,
        next: 'ao get -o wide',
      },
    ]
  })
}
