import { createHash } from 'node:crypto'
import { lstat, open, readdir, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'

import { errnoOf } from '../errors.ts'
import { compareText, fileProblem, type Problem } from './problem.ts'

/** A manifest's text and where it came from. */
export interface ManifestFile {
  /** Absolute, as reached from what was asked for; `<stdin>` for standard input. */
  readonly path: string
  /** Absolute directory that relative paths in it start from. */
  readonly dir: string
  /** Names the file within what was asked for: the same wherever one stands. */
  readonly id: string
  readonly text: string
}

export interface LoadedManifests {
  readonly files: readonly ManifestFile[]
  readonly problems: readonly Problem[]
  /** SHA-256 over names and contents, and nothing else. */
  readonly digest: string
}

export interface LoadIo {
  readonly readStdin: () => Promise<string>
  /** Where relative inputs start; the process's own by default. */
  readonly cwd?: string
}

export const MAX_FILE_BYTES = 1024 * 1024
const CHUNK_BYTES = 64 * 1024
const MAX_FILES = 10_000
const MANIFEST_NAME = /^[^._].*\.(ya?ml|json)$/

interface Loading {
  readonly cwd: string
  readonly files: ManifestFile[]
  readonly problems: Problem[]
  /** Real paths read so far: a file that two inputs name counts once. */
  readonly seen: Set<string>
}

/**
 * Reads files, directories and standard input (`-`). What can't be read is a problem beside the files that can; a file that
 * vanishes while we look is as if it had never been there.
 */
export async function loadManifests(
  inputs: readonly string[],
  io: LoadIo,
): Promise<LoadedManifests> {
  const loading: Loading = {
    cwd: io.cwd ?? process.cwd(),
    files: [],
    problems: [],
    seen: new Set(),
  }
  for (const input of inputs) {
    if (input === '-') await loadStdin(loading, io)
    else await loadInput(loading, input)
  }
  const files = loading.files.toSorted((a, b) => compareText(a.path, b.path))
  return { files, problems: loading.problems, digest: digestOf(files) }
}

async function loadStdin(loading: Loading, io: LoadIo): Promise<void> {
  const text = await io.readStdin()
  const path = '<stdin>'
  if (Buffer.byteLength(text) > MAX_FILE_BYTES) {
    loading.problems.push(tooLarge(path))
    return
  }
  if (text.trim() === '') {
    loading.problems.push(fileProblem(path, 'AO1010', 'standard input is empty'))
    return
  }
  loading.files.push({ path, dir: loading.cwd, id: '-', text: text.replace(/^\uFEFF/, '') })
}

async function loadInput(loading: Loading, input: string): Promise<void> {
  const asked = resolve(loading.cwd, input)
  try {
    const info = await stat(asked)
    // A pipe, as of a shell's <(command), has no place of its own.
    if (!info.isDirectory() && !info.isFile()) {
      await loadFile(loading, { shown: asked, real: asked, id: '-', dir: loading.cwd })
      return
    }
    const real = await realpath(asked)
    if (info.isFile()) {
      await loadFile(loading, { shown: asked, real, id: basename(real), dir: dirname(real) })
      return
    }
    const before = loading.files.length + loading.problems.length
    await loadFolder(loading, { root: real, shown: asked, real, visited: new Set() })
    if (loading.files.length + loading.problems.length === before) {
      const message = `there are no manifests in this directory`
      const hint = 'manifests are *.yaml, *.yml and *.json; names starting with . or _ are left out'
      loading.problems.push(fileProblem(asked, 'AO1010', message, { hint }))
    }
  } catch (error) {
    loading.problems.push(unreadable(asked, error))
  }
}

interface Folder {
  /** Real path of what was asked for: nothing may lead out of it. */
  readonly root: string
  /** Path as reached from the input, for people. */
  readonly shown: string
  readonly real: string
  readonly visited: Set<string>
}

async function loadFolder(loading: Loading, folder: Folder): Promise<void> {
  if (folder.visited.has(folder.real)) return
  folder.visited.add(folder.real)
  const names = (await readdir(folder.real)).filter(name => /^[^._]/.test(name))
  for (const name of names.toSorted(compareText)) {
    const shown = join(folder.shown, name)
    try {
      await loadEntry(loading, folder, name, shown)
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') continue
      loading.problems.push(unreadable(shown, error))
    }
  }
}

async function loadEntry(
  loading: Loading,
  folder: Folder,
  name: string,
  shown: string,
): Promise<void> {
  const path = join(folder.real, name)
  const link = await lstat(path)
  const isManifest = MANIFEST_NAME.test(name)
  // Sockets, pipes and devices that lie about are nobody's manifests.
  if (!link.isSymbolicLink() && !link.isDirectory() && !(isManifest && link.isFile())) return
  const real = link.isSymbolicLink() ? await followLink(path, shown, loading) : path
  if (real === undefined) return
  const info = await stat(real)
  if (!info.isDirectory() && !(isManifest && info.isFile())) return
  if (!isInside(folder.root, real)) {
    const message = `this symbolic link leads out of ${folder.root}`
    const hint = 'name the other place with a further -f'
    loading.problems.push(fileProblem(shown, 'AO1205', message, { hint }))
    return
  }
  if (info.isDirectory()) {
    await loadFolder(loading, { ...folder, shown, real })
    return
  }
  await loadFile(loading, { shown, real, id: relative(folder.root, path), dir: dirname(real) })
}

async function followLink(
  path: string,
  shown: string,
  loading: Loading,
): Promise<string | undefined> {
  try {
    return await realpath(path)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT' || !MANIFEST_NAME.test(basename(path))) throw error
    const message = 'this symbolic link leads nowhere'
    loading.problems.push(fileProblem(shown, 'AO1011', message))
    return undefined
  }
}

async function loadFile(
  loading: Loading,
  file: {
    readonly shown: string
    readonly real: string
    readonly id: string
    readonly dir: string
  },
): Promise<void> {
  if (loading.seen.has(file.real)) return
  loading.seen.add(file.real)
  const path = file.shown
  if (loading.files.length >= MAX_FILES) {
    if (loading.files.length > MAX_FILES) return
    const message = `there are more than ${MAX_FILES} files; is this the right directory?`
    loading.problems.push(fileProblem(path, 'AO1012', message))
    return
  }
  const bytes = await readBounded(file.real)
  if (bytes === undefined) {
    loading.problems.push(tooLarge(path))
    return
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    loading.files.push({ path, dir: file.dir, id: file.id, text })
  } catch {
    loading.problems.push(fileProblem(path, 'AO1011', 'this file is not UTF-8 text'))
  }
}

/** The file's bytes, or undefined when there are too many; pipes have no size to ask for. */
async function readBounded(path: string): Promise<Buffer | undefined> {
  const handle = await open(path, 'r')
  try {
    const chunks: Buffer[] = []
    for (let total = 0; total <= MAX_FILE_BYTES;) {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(CHUNK_BYTES))
      if (bytesRead === 0) return Buffer.concat(chunks)
      chunks.push(buffer.subarray(0, bytesRead))
      total += bytesRead
    }
    return undefined
  } finally {
    await handle.close()
  }
}

function isInside(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep)
}

function tooLarge(path: string): Problem {
  const message = `this file is larger than ${MAX_FILE_BYTES / 1024 / 1024} MiB`
  return fileProblem(path, 'AO1012', message, { hint: 'split it into several files' })
}

function unreadable(path: string, error: unknown): Problem {
  switch (errnoOf(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return fileProblem(path, 'AO1010', 'there is no such file or directory')
    case 'EACCES':
    case 'EPERM':
      return fileProblem(path, 'AO1011', 'this may not be read')
    case 'ELOOP':
      return fileProblem(path, 'AO1011', 'this is a circle of symbolic links')
    default:
      return fileProblem(
        path,
        'AO1011',
        `this cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      )
  }
}

function digestOf(files: readonly ManifestFile[]): string {
  const parts = files.map(({ id, text }) => [id, createHash('sha256').update(text).digest('hex')])
  const sorted = parts.toSorted((a, b) => compareText(a.join('\0'), b.join('\0')))
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex')
}
