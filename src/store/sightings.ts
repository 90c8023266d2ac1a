import { readText } from './files.ts'
import { openJsonl, parseJsonl, rotatedFiles } from './jsonl.ts'
import type { HomePaths } from './paths.ts'

/** Such a log answers questions about the last days; it may not fill the disk. */
const MAX_FILES = 4

/** What was seen, for trying other reactions on it later: `sightings.jsonl`. */
export interface SightingLog {
  append(sighting: object): Promise<void>
  close(): Promise<void>
}

export function openSightings(
  paths: HomePaths,
  { fence }: { readonly fence: () => Promise<void> },
): SightingLog {
  const log = openJsonl(paths.sightings, { sync: false, maxFiles: MAX_FILES })
  return {
    append: async sighting => {
      await fence()
      await log.append([sighting])
    },
    close: async () => log.close(),
  }
}

/** Everything that is kept, oldest first, as it was written. */
export function readSightings(paths: HomePaths): readonly unknown[] {
  // The file being written first: one that is rotated meanwhile is then read twice rather than not at all.
  const current = readText(paths.sightings) ?? ''
  const older = rotatedFiles(paths.sightings).map(file => readText(file) ?? '')
  return [...older, current].flatMap(text => parseJsonl<unknown>(text).values)
}
