import { hash } from 'node:crypto'

import type { FileRead } from './files.ts'

const SEAL = /^,\n {2}"checksum": "([0-9a-f]{64})"\n\}\n$/
const SEAL_LENGTH = ',\n  "checksum": ""\n}\n'.length + 64

/** The text of an object's file: keys in a stable order, and last a checksum of everything before it. */
export function seal(value: object): string {
  const body = JSON.stringify(sorted(value), undefined, 2).replace(/\n\}$/, '')
  return `${body},\n  "checksum": "${digest(body)}"\n}\n`
}

/** The value of a sealed text; `corrupt` when it is cut off, is no JSON, or any of its bits has changed. */
export function unseal<T>(text: string): FileRead<T> {
  const body = text.slice(0, -SEAL_LENGTH)
  const [, checksum] = SEAL.exec(text.slice(-SEAL_LENGTH)) ?? []
  if (checksum === undefined) return { state: 'corrupt', reason: 'it is cut off or was edited' }
  if (digest(body) !== checksum) return { state: 'corrupt', reason: 'its checksum does not match' }
  try {
    return { state: 'found', value: JSON.parse(`${body}\n}`) as T }
  } catch (error) {
    return { state: 'corrupt', reason: error instanceof Error ? error.message : String(error) }
  }
}

function digest(text: string): string {
  return hash('sha256', text)
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
