import { renameSync } from 'node:fs'

import { fileError } from './file-error.ts'

/** A file whose content could not be trusted. */
export interface CorruptFile {
  readonly file: string
  readonly reason: string
  /** Where the writer put it; readers leave it where it is. */
  readonly movedTo?: string
}

/** Moves a corrupt file aside, so that the next run starts without it and a person can still look at it. */
export function quarantine(file: string, reason: string, now: Date): CorruptFile {
  const movedTo = `${file}.corrupt-${now.toISOString().replace(/[-:.]/g, '')}`
  try {
    renameSync(file, movedTo)
  } catch (error) {
    throw fileError(error, 'move', file)
  }
  return { file, reason, movedTo }
}
