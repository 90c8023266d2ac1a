import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import type { Stats } from 'node:fs'

import { errnoOf } from '../errors.ts'
import { matches, parseEvents } from './events.ts'
import type { EventFilter } from './events.ts'
import { jsonlFiles } from './jsonl.ts'
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
  const start = jsonlFiles(paths.events)
    .flatMap(file => statOf(file) ?? [])
    .at(-1)
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
  const files = jsonlFiles(paths.events)
  const current = files.findIndex(file => statOf(file)?.ino === place.ino)
  // A file that is no longer there was dropped by rotation: what is left begins with the oldest.
  const unread = current === -1 ? files : files.slice(current)
  return unread.flatMap((file, index) => {
    if (index > 0 || current === -1) place.offset = 0
    return readFrom(file, place)
  })
}

function readFrom(file: string, place: Place): readonly Event[] {
  const fd = tryOpen(file)
  if (fd === undefined) return []
  try {
    const { ino, size } = fstatSync(fd)
    place.ino = ino
    if (size <= place.offset) {
      place.offset = size
      return []
    }
    const bytes = Buffer.alloc(size - place.offset)
    const read = readSync(fd, bytes, 0, bytes.length, place.offset)
    const whole = bytes.subarray(0, bytes.subarray(0, read).lastIndexOf(NEWLINE) + 1)
    place.offset += whole.length
    return parseEvents(whole.toString('utf8'))
  } finally {
    closeSync(fd)
  }
}

function tryOpen(file: string): number | undefined {
  try {
    return openSync(file, 'r')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}

function statOf(file: string): Stats | undefined {
  return statSync(file, { throwIfNoEntry: false })
}
