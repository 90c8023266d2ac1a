import { createHash } from 'node:crypto'
import { rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { listNames, makePrivateDirectory } from './files.ts'
import type { HomePaths } from './paths.ts'

/** So many deliveries are remembered, and a tenth more before the oldest go. */
const KEPT = 1000

/** Which deliveries of webhooks were taken; needs no lock, and the oldest are forgotten. */
export interface Deliveries {
  has(id: string): boolean
  /** Once what the delivery asks for stands: one that was only begun must be taken again. */
  add(id: string): void
}

/** An empty file for each delivery, so that several processes may take them in. */
export function openDeliveries({ deliveries }: Pick<HomePaths, 'deliveries'>): Deliveries {
  const fileOf = (id: string): string =>
    join(deliveries, createHash('sha256').update(id).digest('hex').slice(0, 40))
  return {
    has: id => statSync(fileOf(id), { throwIfNoEntry: false }) !== undefined,
    add: id => {
      makePrivateDirectory(deliveries)
      writeFileSync(fileOf(id), '', { mode: 0o600 })
      forgetOldest(deliveries)
    },
  }
}

function forgetOldest(folder: string): void {
  const names = listNames(folder)
  if (names.length <= KEPT * 1.1) return
  const aged = names.map(name => {
    const file = join(folder, name)
    return { file, at: statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0 }
  })
  aged.sort((a, b) => a.at - b.at)
  for (const { file } of aged.slice(0, names.length - KEPT)) rmSync(file, { force: true })
}
