import { createHash } from 'node:crypto'

import type { FileRead } from './files.ts'

const SEAL = /^([\s\S]*),\n {2}"checksum": "([0-9a-f]{64})"\n\}\n$/

/** The text of an object's file: keys in a stable order, and last a checksum of everything before it. */
export function seal(value: object): string {
  const body = JSON.stringify(sorted(value), undefined, 2).replace(/\n\}$/, '')
  return `${body},\n  "checksum": "${digest(body)}"\n}\n`
}

/** The value of a sealed text; `corrupt` when it is cut off, is no JSON, or any of its bits has changed. */
export function unseal<T>(text: string): FileRead<T> {
  const [, body, checksum] = SEAL.exec(text) ?? []
  if (body === undefined) return { state: 'corrupt', reason: 'it is cut off or was edited' }
  if (digest(body) !== checksum) return { state: 'corrupt', reason: 'its checksum does not match' }
  try {
    return { state: 'found', value: JSON.parse(`${body}\n}`) as T }
  } catch (error) {
    return { state: 'corrupt', reason: error instanceof Error ? error.message : String(error) }
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  )
}
