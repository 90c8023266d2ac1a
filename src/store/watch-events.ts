import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import type { Stats } from 'node:fs'

import { errnoOf } from '../errors.ts'
import { matches, parseEvents } from './events.ts'
import type { EventFilter } from './events.ts'
import { rotatedFiles } from './jsonl.ts'
import type { HomePaths } from './paths.ts'
import type { Event } from './types.ts'
import { watchDirectory } from './watch-directory.ts'

const POLL_MS = 250
const NEWLINE = 0x0a

/**
 * Every event line written after this call, until the signal; an event that happens again comes again, with the same `seq`
 * and a higher count. Goes on through rotations, and waits for a log that does not exist yet.
 */
export function watchEvents(
  paths: HomePaths,
  options: EventFilter & { readonly signal: AbortSignal },
): AsyncIterable<Event> {
  const start = statOf(paths.events) ?? statOf(rotatedFiles(paths.events).at(-1))
  return follow(paths, { ino: start?.ino, offset: start?.size ?? 0 }, options)
}

interface Place {
  /** The file being read, by inode, which it keeps when it is rotated; undefined before there is one. */
  ino: number | undefined
  offset: number
}

async function* follow(
  paths: HomePaths,
  place: Place,
  options: EventFilter & { readonly signal: AbortSignal },
): AsyncGenerator<Event> {
  const watch = watchDirectory(paths.root)
  try {
    while (!options.signal.aborted) {
      for (const event of readOn(paths, place)) {
        if (matches(event, options)) yield event
      }
      await watch.changed(POLL_MS, options.signal)
    }
  } finally {
    watch.close()
  }
}

function readOn(paths: HomePaths, place: Place): readonly Event[] {
  const live = tryOpen(paths.events)
  try {
    const ino = live === undefined ? undefined : fstatSync(live).ino
    if (live !== undefined && ino === place.ino) return readFrom(live, place)
    const events = unreadFiles(paths, place, ino).flatMap(file => readNamed(file, place))
    if (live === undefined) return events
    moveTo(place, ino)
    return [...events, ...readFrom(live, place)]
  } finally {
    if (live !== undefined) closeSync(live)
  }
}

/** What was rotated since the last look: the file we were in and those after it, up to the one being written. */
function unreadFiles(paths: HomePaths, place: Place, live: number | undefined): readonly string[] {
  const files = rotatedFiles(paths.events).map(file => ({ file, ino: statOf(file)?.ino }))
  const end = files.findIndex(({ ino }) => ino !== undefined && ino === live)
  // A file that is no longer there was dropped: what is left begins with the oldest.
  const start = Math.max(
    0,
    files.findIndex(({ ino }) => ino !== undefined && ino === place.ino),
  )
  return files.slice(start, end === -1 ? undefined : end).map(({ file }) => file)
}

function readNamed(file: string, place: Place): readonly Event[] {
  const fd = tryOpen(file)
  if (fd === undefined) return []
  try {
    moveTo(place, fstatSync(fd).ino)
    return readFrom(fd, place)
  } finally {
    closeSync(fd)
  }
}

function moveTo(place: Place, ino: number | undefined): void {
  if (place.ino === ino) return
  place.ino = ino
  place.offset = 0
}

function readFrom(fd: number, place: Place): readonly Event[] {
  const { size } = fstatSync(fd)
  if (size <= place.offset) {
    place.offset = size
    return []
  }
  const bytes = Buffer.alloc(size - place.offset)
  const read = readSync(fd, bytes, 0, bytes.length, place.offset)
  const whole = bytes.subarray(0, bytes.subarray(0, read).lastIndexOf(NEWLINE) + 1)
  place.offset += whole.length
  return parseEvents(whole.toString('utf8'))
}

function tryOpen(file: string): number | undefined {
  try {
    return openSync(file, 'r')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}

function statOf(file: string | undefined): Stats | undefined {
  return file === undefined ? undefined : statSync(file, { throwIfNoEntry: false })
}
