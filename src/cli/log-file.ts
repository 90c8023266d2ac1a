import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { basename } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import { stripVTControlCharacters } from 'node:util'

import { errnoOf } from '../errors.ts'
import { listNames } from '../store/files.ts'
import type { HomePaths } from '../store/paths.ts'

const CHUNK = 64 * 1024
const NEWLINE = 0x0a
/** Everything a terminal obeys but line feed and tab. */
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g

/** A log file that may still grow. */
export interface LogTail {
  /** What came since the last call: whole lines, or every byte when raw. */
  read(): string
  /** The line that has no end yet; closes the file. */
  rest(): string
}

export interface TailOptions {
  /** How many lines of what is there already; undefined for all. */
  readonly lines: number | undefined
  /** As it is, for a terminal; otherwise plain text. */
  readonly raw: boolean
}

/** The attempts that have a log, in order. */
export function attemptsOf(paths: HomePaths, session: string): readonly number[] {
  return listNames(`${paths.logs}/${session}`)
    .filter(name => /^\d+\.log$/.test(name))
    .map(name => Number(basename(name, '.log')))
    .sort((a, b) => a - b)
}

/** Opens a log at its beginning or a number of lines before its end; undefined when it isn't there. */
export function openTail(file: string, { lines, raw }: TailOptions): LogTail | undefined {
  const fd = tryOpen(file)
  if (fd === undefined) return undefined
  const decoder = new StringDecoder('utf8')
  let offset = lines === undefined ? 0 : offsetOf(fd, lines)
  let pending = ''
  return {
    read() {
      const { text, end } = readFrom(fd, offset, decoder)
      offset = end
      if (raw) return text
      pending += text
      const whole = pending.lastIndexOf('\n') + 1
      const ready = pending.slice(0, whole)
      pending = pending.slice(whole)
      return plain(ready)
    },
    rest() {
      closeSync(fd)
      const text = plain(pending)
      pending = ''
      return text === '' ? '' : `${text}\n`
    },
  }
}

/** Text as it would stand on paper: without escape sequences and control characters; of a line that was overwritten, the last version. */
export function plain(text: string): string {
  return stripVTControlCharacters(text)
    .split('\n')
    .map(line => lastVersion(line).replace(CONTROLS, ''))
    .join('\n')
}

function lastVersion(line: string): string {
  const trimmed = line.replace(/\r+$/, '')
  return trimmed.slice(trimmed.lastIndexOf('\r') + 1)
}

/** Where the last `lines` lines begin; looks from the end, so that a long log costs no more than a short one. */
function offsetOf(fd: number, lines: number): number {
  const { size } = fstatSync(fd)
  if (lines === 0) return size
  let found = 0
  const chunk = Buffer.alloc(CHUNK)
  for (let end = size; end > 0; end -= CHUNK) {
    const start = Math.max(0, end - CHUNK)
    const read = readSync(fd, chunk, 0, end - start, start)
    for (let at = read - 1; at >= 0; at -= 1) {
      // The line feed at the very end ends the last line and begins none.
      if (chunk[at] !== NEWLINE || start + at === size - 1) continue
      found += 1
      if (found === lines) return start + at + 1
    }
  }
  return 0
}

function readFrom(
  fd: number,
  offset: number,
  decoder: StringDecoder,
): { readonly text: string; readonly end: number } {
  const chunk = Buffer.alloc(CHUNK)
  let text = ''
  let end = offset
  for (;;) {
    const read = readSync(fd, chunk, 0, CHUNK, end)
    if (read === 0) return { text, end }
    end += read
    text += decoder.write(chunk.subarray(0, read))
  }
}

function tryOpen(file: string): number | undefined {
  try {
    return openSync(file, 'r')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined
    throw error
  }
}
