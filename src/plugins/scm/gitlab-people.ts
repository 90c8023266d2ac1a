import { readMarker, withoutMarker } from '../hidden-marker.ts'
import type { Authorship } from '../scm.ts'
import { signatureOf } from '../../resource/signature.ts'
import type { GitLabClient } from './gitlab-client.ts'
import { ifThere } from './gitlab-client.ts'
import type { Account, People, Person } from './gitlab-facts.ts'
import { fieldsOf } from './gitlab-parse.ts'
import { withoutVerdict } from './gitlab-verdict.ts'

/** Somebody may leave the project. */
const FRESH_MS = 3_600_000

/** What is needed to know who wrote something. */
export interface Around {
  readonly people: People
  /** The least access of those who are heard. */
  readonly trust: number
  /** The id of ours. */
  readonly home: string | undefined
}

/** Who wrote a text. */
export function authorship({ people, trust, home }: Around, by: Person, body: string): Authorship {
  const account = people[by.id]
  const trusted = account !== undefined && account.access >= trust
  return {
    author: by.username,
    authorType: account?.isBot === true ? 'bot' : 'person',
    ...(isBelieved({ people, trust }, by) ? signatureOf(readMarker(body), home) : {}),
    trusted,
  }
}

/** Anybody can write a marker. It is believed of people who may be heard, and of no bot but the one that we ask as: others repeat what they read. */
export function isBelieved(
  { people, trust }: Pick<Around, 'people' | 'trust'>,
  by: Person,
): boolean {
  const account = people[by.id]
  if (account === undefined || account.access < trust) return false
  return !account.isBot || account.isUs === true
}

/** The text as its author wrote it. */
export function plainBody(body: string): string {
  return withoutMarker(withoutVerdict(body)).trimEnd()
}

/** Looks up those who are not known, or were looked up long ago. Gives all. */
export async function readPeople(
  client: GitLabClient,
  { projectId, known, now }: PeopleKnown,
  wanted: Iterable<Person>,
  signal: AbortSignal,
): Promise<People> {
  const people: Record<number, Account> = { ...known }
  const ids = new Set([...wanted].map(({ id }) => id).filter(id => id > 0))
  for (const id of ids) {
    const account = people[id]
    if (account !== undefined && now - account.at < FRESH_MS) continue
    people[id] = await readAccount(client, { projectId, id, now }, signal)
  }
  return people
}

export interface PeopleKnown {
  readonly projectId: number
  readonly known: People
  readonly now: number
}

/** Bots are known by what GitLab says of the account; so are the users that access tokens of projects and groups have. */
async function readAccount(
  client: GitLabClient,
  { projectId, id, now }: { readonly projectId: number; readonly id: number; readonly now: number },
  signal: AbortSignal,
): Promise<Account> {
  const user = await ifThere(async () => client.read(async ({ users }) => users.show(id), signal))
  const member = await ifThere(async () =>
    client.read(
      async ({ members }) => members.show(projectId, id, { includeInherited: true }),
      signal,
    ),
  )
  const access = fieldsOf(member)['access_level']
  const isActive = fieldsOf(member)['state'] !== 'blocked'
  const isBot = fieldsOf(user)['bot'] === true
  return {
    isBot,
    ...(isBot && (await isOwnAccount(client, id, signal)) ? { isUs: true } : {}),
    access: typeof access === 'number' && isActive ? access : 0,
    at: now,
  }
}

async function isOwnAccount(
  client: GitLabClient,
  id: number,
  signal: AbortSignal,
): Promise<boolean> {
  const me = await ifThere(async () =>
    client.read(async ({ users }) => users.showCurrentUser(), signal),
  )
  return fieldsOf(me)['id'] === id
}
