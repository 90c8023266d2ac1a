import { join } from 'node:path'

import { HouseError } from '../../errors.ts'
import type { Issue, IssueQuery, Tracker, TrackerProject } from '../tracker.ts'
import { hookSettings } from '../tracker-settings.ts'
import { withComment, withLabels, withState } from './local-edit.ts'
import {
  changeFile,
  DEFAULT_PATH,
  declaredFolder,
  findFolder,
  isId,
  listIds,
  readIssueFile,
} from './local-files.ts'
import { parseIssue } from './local-parse.ts'

/** Issues as Markdown files with front matter, in a directory of the repository; an issue's id is its file's name without `.md`. */
export function createLocalTracker(): Tracker {
  return {
    name: 'local',
    configSchema: {
      type: 'object',
      additionalProperties: false,
      properties: {
        path: {
          description:
            'Directory of the Markdown files, relative to the manifest; must stay inside the repository.',
          type: 'string',
          minLength: 1,
          default: DEFAULT_PATH,
        },
        ...hookSettings(['open', 'closed']),
      },
    },
    place: declaredFolder,
    get: getIssue,
    list: listIssues,
    comment: async (id, { key, text }, about, signal) =>
      change(id, about, signal, file => withComment(file, key, text)),
    setState: async (id, state, about, signal) =>
      change(id, about, signal, file =>
        parseIssue(id, id, file).state === state ? undefined : withState(file, state),
      ),
    addLabels: async (id, labels, about, signal) => {
      await change(id, about, signal, file => withLabels(file, labels))
    },
  }
}

async function getIssue(
  id: string,
  about: TrackerProject,
  signal: AbortSignal,
): Promise<Issue | undefined> {
  if (signal.aborted) throw new HouseError('Interrupted', `reading issue ${id} was interrupted`)
  if (!isId(id)) return undefined
  const folder = await findFolder(about)
  return folder === undefined ? undefined : readFrom(folder, id)
}

async function readFrom(folder: string, id: string): Promise<Issue | undefined> {
  const file = join(folder, `${id}.md`)
  const text = await readIssueFile(file, folder)
  return text === undefined ? undefined : parseIssue(id, file, text)
}

async function listIssues(
  query: IssueQuery,
  about: TrackerProject,
  signal: AbortSignal,
): Promise<readonly Issue[]> {
  const folder = await findFolder(about)
  if (folder === undefined) return []
  const found: Issue[] = []
  for (const id of await listIds(folder)) {
    if (found.length >= query.limit) break
    if (signal.aborted) throw new HouseError('Interrupted', 'listing issues was interrupted')
    const issue = await readFrom(folder, id)
    if (issue !== undefined && isAsked(issue, query)) found.push(issue)
  }
  return found
}

function isAsked({ title, body, state, labels }: Issue, query: IssueQuery): boolean {
  if (query.state !== 'all' && query.state !== state) return false
  if (!query.labels.every(label => labels.includes(label))) return false
  const text = `${title}\n${body}`.toLowerCase()
  return (query.query ?? '')
    .toLowerCase()
    .split(/\s+/)
    .every(word => text.includes(word))
}

/** Says whether the file was changed. */
async function change(
  id: string,
  about: TrackerProject,
  signal: AbortSignal,
  edit: (text: string) => string | undefined,
): Promise<boolean> {
  if (signal.aborted) throw new HouseError('Interrupted', `changing issue ${id} was interrupted`)
  const folder = isId(id) ? await findFolder(about) : undefined
  const changed =
    folder === undefined ? undefined : await changeFile(join(folder, `${id}.md`), folder, edit)
  if (changed !== undefined) return changed
  throw new HouseError('NotFound', `there is no issue ${id} in the tracker of ${about.project}`, {
    next: `ao describe Project/${about.project}`,
  })
}
