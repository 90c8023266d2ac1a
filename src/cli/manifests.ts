/**
 * Where a wish comes from: the files that `-f` names (or `.ao/` of the repository one stands in) read, checked and resolved, together with
 * the source they belong to. `diff`, `apply`, `reconcile`, `delete -f` and `validate` all begin here.
 */
import { existsSync, realpathSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'

import { HouseError } from '../errors.ts'
import { findGitRoot } from '../manifest/load-git.ts'
import { loadManifests } from '../manifest/load.ts'
import { parseManifests } from '../manifest/parse.ts'
import { hasErrors } from '../manifest/problem.ts'
import type { Problem } from '../manifest/problem.ts'
import { renderProblems } from '../manifest/render.ts'
import { doneWorkers, stateOf } from '../reconcile/state.ts'
import type { ResourceKey } from '../resource/key.ts'
import type { Resolved } from '../resource/spec.ts'
import type { StoreView } from '../store/index.ts'
import { sourceIdOf } from '../store/sources.ts'
import type { RequestBody, Source } from '../store/types.ts'
import { findCheckout } from './checkout.ts'
import type { Context } from './context.ts'

/** The source of an apply request. */
export type WishSource = Extract<RequestBody, { readonly type: 'apply' }>['source']

/** What the manifests say, and what is wrong with them. */
export interface LoadedWish {
  /** The objects nothing is wrong with; positions in them are absolute. */
  readonly resources: readonly Resolved[]
  readonly problems: readonly Problem[]
  /** Objects that are declared and not among `resources`: nothing of theirs may be pruned. */
  readonly skipped: readonly ResourceKey[]
  /** Every object that says what it is, in the order of files and documents. */
  readonly keys: readonly ResourceKey[]
  readonly source: WishSource
  /** The files are only part of the source, so that nothing follows from what is missing in them. */
  readonly partial: boolean
  /** Of names and contents. */
  readonly digest: string
  readonly files: number
  /** Other files that decided what the resources say, absolute. */
  readonly alsoRead: readonly string[]
}

export interface LoadWishOptions {
  /** `--source NAME`. */
  readonly source?: string | undefined
  /** `--prune`: refused for files that are only part of a source. */
  readonly prune?: boolean | undefined
}

/**
 * Reads and resolves what `-f` names, or `.ao/` without any. Problems inside are given back; throws `Usage` where the command line itself
 * makes no sense.
 */
export async function loadWish(
  context: Context,
  files: string | readonly string[] | undefined,
  options: LoadWishOptions = {},
  store: StoreView | undefined = context.store(),
): Promise<LoadedWish> {
  const named = typeof files === 'string' ? [files] : (files ?? [])
  const inputs = named.length === 0 ? [defaultFolder(context)] : named
  const { source, partial } = chooseSource(context, store, inputs, options.source)
  if (partial && options.prune === true) throw noPrune(source)
  return { ...(await readManifests(context, store, inputs, source.id)), source, partial }
}

/** The same for a source that is known, such as one that is read again. */
export async function readManifests(
  context: Context,
  store: StoreView | undefined,
  inputs: readonly string[],
  sourceId: string,
): Promise<Omit<LoadedWish, 'source' | 'partial'>> {
  const loaded = await loadManifests(inputs, { readStdin: context.readStdin, cwd: context.cwd })
  const state = store === undefined ? undefined : stateOf(store)
  const parsed = await parseManifests(loaded.files, {
    registry: await context.registry(),
    env: context.env,
    homeDir: context.userHome,
    gitRootOf: findGitRoot,
    tmuxAvailable: context.tmuxAvailable,
    existing: state?.desired ?? new Map(),
    finished: state === undefined ? new Set() : doneWorkers(state),
    source: sourceId,
  })
  return {
    resources: parsed.resources,
    problems: [...loaded.problems, ...parsed.problems],
    skipped: parsed.skipped,
    keys: parsed.keys,
    digest: loaded.digest,
    files: loaded.files.length,
    alsoRead: parsed.alsoRead,
  }
}

/** The branch of the checkout that a manifest's file or directory is in. */
export function branchOf(path: string): string | undefined {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
  return findCheckout(isFolder ? path : dirname(path))?.branch
}

/** Prints what is wrong on stderr, `outcome` saying what follows from it; says whether there are errors. */
export function reportProblems(
  context: Context,
  wish: Pick<LoadedWish, 'problems' | 'files'>,
  outcome?: string,
): boolean {
  const { errWidth, errColor, cwd, userHome } = context
  context.stderr(
    renderProblems(wish.problems, {
      width: errWidth,
      color: errColor,
      files: wish.files,
      cwd,
      home: userHome,
      ...(outcome === undefined ? {} : { outcome }),
    }),
  )
  return hasErrors(wish.problems)
}

/** `.ao/` of the repository one stands in; in a linked worktree or a session's workspace, of the main checkout. */
export function defaultFolder(context: Pick<Context, 'cwd'>): string {
  const root = findGitRoot(context.cwd)
  const folder = join(root ?? context.cwd, '.ao')
  if (existsSync(folder)) return folder
  const where = root === undefined ? 'this is no git repository' : `${root} has no .ao/`
  throw new HouseError('Usage', `there are no manifests here: ${where}`, {
    next: root === undefined ? 'name them with -f PATH' : 'ao init, or name them with -f PATH',
  })
}

interface Choice {
  readonly source: WishSource
  readonly partial: boolean
}

function chooseSource(
  context: Context,
  store: StoreView | undefined,
  inputs: readonly string[],
  name: string | undefined,
): Choice {
  const places = inputs.map(input => placeOf(context, input))
  const named = name === undefined ? {} : { id: sourceIdOf({ name }), name }
  const [first, ...others] = places
  if (
    first === undefined ||
    first.type === 'stdin' ||
    others.some(({ type }) => type === 'stdin')
  ) {
    // Nobody knows what an unnamed standard input said before, so nothing follows from what it leaves out.
    const source: WishSource = { id: 'stdin', type: 'stdin', ...named }
    return { source, partial: name === undefined }
  }
  if (others.length > 0)
    return severalPaths(
      context,
      store,
      places.map(({ path }) => path),
      named,
    )
  const { path, type } = first
  if (name === undefined) {
    const holder = holderOf(store, [path])
    if (holder !== undefined) return { source: sourceOf(holder), partial: true }
  }
  const branch = branchOf(path)
  const source = { id: sourceIdOf({ path }), type, path, ...named }
  return { source: branch === undefined ? source : { ...source, branch }, partial: false }
}

/** Several paths are one source only when they have a name, or are parts of a source that is known already. */
function severalPaths(
  context: Pick<Context, 'cwd'>,
  store: StoreView | undefined,
  paths: readonly string[],
  named: Partial<Pick<WishSource, 'id' | 'name'>>,
): Choice {
  const { id, name } = named
  // Without a path it can't be read again by itself: a path stands for all of a source.
  if (id !== undefined && name !== undefined)
    return { source: { id, name, type: 'file' }, partial: false }
  const holder = holderOf(store, paths)
  if (holder !== undefined) return { source: sourceOf(holder), partial: true }
  const shown = paths.map(path => relative(context.cwd, path) || '.').join(' and ')
  throw new HouseError('Usage', `${shown} are sources of their own`, {
    next: 'apply them one after the other, put them in one directory, or add --source NAME',
  })
}

/** The known directory source that all these paths lie in. */
function holderOf(store: StoreView | undefined, paths: readonly string[]): Source | undefined {
  return [...(store?.sources.all().values() ?? [])].find(
    ({ type, path: folder }) =>
      type === 'directory' &&
      folder !== undefined &&
      paths.every(path => path !== folder && path.startsWith(folder + sep)),
  )
}

function sourceOf({ id, type, name, path, branch }: Source): WishSource {
  return {
    id,
    type,
    ...(name === id ? {} : { name }),
    ...(path === undefined ? {} : { path }),
    ...(branch === undefined ? {} : { branch }),
  }
}

interface Place {
  readonly type: Source['type']
  /** Real path. */
  readonly path: string
}

/** What can't be looked at is told when it is read. */
function placeOf(context: Pick<Context, 'cwd'>, input: string): Place {
  if (input === '-') return { type: 'stdin', path: input }
  const path = resolve(context.cwd, input)
  const info = statSync(path, { throwIfNoEntry: false })
  if (info === undefined) return { type: 'file', path }
  if (info.isDirectory()) return { type: 'directory', path: realpathSync(path) }
  return info.isFile() ? { type: 'file', path: realpathSync(path) } : { type: 'stdin', path }
}

function noPrune({ id, type, path }: WishSource): HouseError {
  const why =
    type === 'stdin' ? 'standard input without a name' : `only part of the source ${path ?? id}`
  const next = type === 'stdin' ? 'add --source NAME' : `ao apply -f ${path ?? ''} --prune`
  return new HouseError('Usage', `--prune is not possible here: this is ${why}`, { next })
}
