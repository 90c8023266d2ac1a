import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { isGone, readText } from './worktree-owner.ts'

/** A file's data as `stat` gave it, and its SHA-1. */
const FLAGS_AT = 60
const CHECKSUM_BYTES = 20
const ASSUME_UNCHANGED = 0x8000
const EXTENDED = 0x4000
const SKIP_WORKTREE = 0x4000
const NAME_LENGTH = 0x0fff

/**
 * Whether an index says of no file that git shall not look at it (assume-unchanged, skip-worktree), as the file itself tells. False is no
 * answer, such as for an index that is split, compressed or not of SHA-1: then git is asked.
 */
export function hidesNothing(commonDir: string, gitDir: string): boolean {
  const config = readText(join(commonDir, 'config')) ?? ''
  if (/^\s*objectformat\b/im.test(config)) return false
  try {
    return isPlain(readFileSync(join(gitDir, 'index')))
  } catch (error) {
    if (isGone(error) || error instanceof RangeError) return false
    throw error
  }
}

/** Throws a RangeError for one that is cut off. */
function isPlain(index: Buffer): boolean {
  const version = index.readUInt32BE(4)
  if (index.toString('latin1', 0, 4) !== 'DIRC' || (version !== 2 && version !== 3)) return false
  let at = 12
  for (let left = index.readUInt32BE(8); left > 0; left -= 1) {
    const flags = index.readUInt16BE(at + FLAGS_AT)
    const isExtended = (flags & EXTENDED) !== 0
    if ((flags & ASSUME_UNCHANGED) !== 0) return false
    if (isExtended && (index.readUInt16BE(at + FLAGS_AT + 2) & SKIP_WORKTREE) !== 0) return false
    const nameAt = at + FLAGS_AT + (isExtended ? 4 : 2)
    const length = flags & NAME_LENGTH
    const end = length < NAME_LENGTH ? nameAt + length : index.indexOf(0, nameAt)
    // A name is followed by one to eight zero bytes.
    if (index.readUInt8(end) !== 0) return false
    at += (end - at + 8) & ~7
  }
  return !hasSharedPart(index, at)
}

/** A split index keeps entries in another file, and says so in an extension. */
function hasSharedPart(index: Buffer, extensionsAt: number): boolean {
  for (let at = extensionsAt; at < index.length - CHECKSUM_BYTES;) {
    if (index.toString('latin1', at, at + 4) === 'link') return true
    at += 8 + index.readUInt32BE(at + 4)
  }
  return false
}
