import { openFolder, viewFolder } from './folder.ts'
import type { Folder, FolderShape, FolderView, FolderWriter } from './folder.ts'
import type { HomePaths } from './paths.ts'

/** What a Notifier must remember, and what became of its last notifications. `channels/<name>.json`. */
export interface Channel {
  /** Notifier name. */
  readonly name: string
  readonly sent: number
  readonly failed: number
  readonly lastSent?: ChannelEntry
  readonly lastFailed?: ChannelEntry & { readonly error: string }
  /** Where notifications about a session go, by its uid; the latest last. */
  readonly threads: readonly ChannelThread[]
  /** Causes that were told and are not known to be gone. Only of channels that keep track of them. */
  readonly open: readonly OpenCause[]
}

export interface ChannelEntry {
  readonly at: string
  readonly title: string
}

export interface ChannelThread {
  readonly uid: string
  readonly thread: string
}

export interface OpenCause {
  /** As the notification names it. */
  readonly cause: string
  /** Of the session; absent for what is about a project. */
  readonly uid?: string
  readonly id: string
  readonly project: string
  readonly session?: string
  readonly since: string
}

/** By Notifier name. */
export type ChannelView = FolderView<string, Channel>
export type ChannelStore = Folder<string, Channel>

export function openChannels(paths: HomePaths, writer: FolderWriter): ChannelStore {
  return openFolder(shapeOf(paths), writer)
}

export function viewChannels(paths: HomePaths): ChannelView {
  return viewFolder(shapeOf(paths))
}

export function newChannel(name: string): Channel {
  return { name, sent: 0, failed: 0, threads: [], open: [] }
}

function shapeOf(paths: HomePaths): FolderShape<Channel> {
  return { dir: paths.channels, depth: 1, sync: true, keyOf: channel => channel.name }
}
