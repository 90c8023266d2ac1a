import { randomUUID } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Puts a message too long to be typed into a private file of the attempt's directory; what to type in its place. */
export async function putInFile(runDir: string, text: string): Promise<string> {
  const file = join(runDir, `message-${randomUUID()}.txt`)
  await mkdir(runDir, { recursive: true, mode: 0o700 })
  await writeFile(file, text, { mode: 0o600, flag: 'wx' })
  return `Read the message in the file ${file}`
}
