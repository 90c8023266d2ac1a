import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { HouseError, errnoOf, toHouseError } from '../../errors.ts'
import { putInFile } from '../message-file.ts'

/** More than this goes into a file: a FIFO holds 64 KiB at best, and an agent may be slow to read. */
const MAX_INPUT_BYTES = 32 * 1024
/** How long an agent may leave its input full. */
const FULL_MS = 2000
const POLL_MS = 20

export interface InputMessage {
  readonly text: string
  readonly bracketed: boolean
}

/**
 * Writes one message into an attempt's input without ever waiting for its reader longer than a few seconds. Throws `NotFound` when nobody
 * reads there, `Timeout` when the input was full from the start, `Ambiguous` when only a part went in.
 */
export async function writeInput(
  runDir: string,
  session: string,
  message: InputMessage,
  signal: AbortSignal,
): Promise<void> {
  const text = await shorten(runDir, message.text)
  const typed = message.bracketed ? `\u001B[200~${text}\u001B[201~\r` : `${text}\n`
  const input = await openInput(join(runDir, 'input'), session)
  const bytes = Buffer.from(typed)
  const deadline = performance.now() + FULL_MS
  let written = 0
  try {
    while (written < bytes.length) {
      written += await writeSome(input, bytes.subarray(written))
      if (written === bytes.length) return
      if (performance.now() > deadline) {
        throw new HouseError('Timeout', `session ${session} does not read its input`, {
          retryable: true,
        })
      }
      await sleep(POLL_MS, undefined, { signal })
    }
  } catch (error) {
    if (written === 0) throw toHouseError(error)
    throw new HouseError(
      'Ambiguous',
      `session ${session} got ${written} of ${bytes.length} bytes of a message: ${toHouseError(error).message}`,
      { cause: error },
    )
  } finally {
    await input.close()
  }
}

async function shorten(runDir: string, text: string): Promise<string> {
  if (Buffer.byteLength(text) <= MAX_INPUT_BYTES) return text
  return putInFile(runDir, text)
}

async function openInput(file: string, session: string): Promise<FileHandle> {
  try {
    return await open(file, constants.O_WRONLY | constants.O_NONBLOCK)
  } catch (error) {
    const code = errnoOf(error)
    if (code !== 'ENXIO' && code !== 'ENOENT') throw error
    throw new HouseError('NotFound', `session ${session} does not run any more`, { cause: error })
  }
}

/** Bytes that went in; 0 when the input is full. */
async function writeSome(input: FileHandle, bytes: Uint8Array): Promise<number> {
  try {
    return (await input.write(bytes)).bytesWritten
  } catch (error) {
    if (errnoOf(error) === 'EAGAIN') return 0
    throw error
  }
}
