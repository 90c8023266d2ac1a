import { HouseError } from '../errors.ts'
import { isDone } from '../lifecycle/facts.ts'
import type { ResourceKey } from '../resource/key.ts'
import { keyOf } from '../resource/key.ts'
import type { Desired, DesiredSession } from '../resource/spec.ts'
import { isSession } from '../resource/spec.ts'
import type { Store } from '../store/index.ts'
import type { RequestBody } from '../store/types.ts'
import type { State } from './state.ts'
import { sessionStatus, stateOf } from './state.ts'

type ClaimRequest = Extract<RequestBody, { readonly type: 'claim' }>

/** Writes down which pull request a session has by a person's word, or that it has none any more. Two sessions never get the same one. */
export async function acceptClaim(store: Store, body: ClaimRequest): Promise<void> {
  const { key, pullRequest: number } = body
  const object = claimant(store, key)
  if (number !== undefined) assertFree(stateOf(store), object, body)
  if (number !== undefined) await letGoOfDone(store, object, number)
  const before = object.overrides.pullRequest
  if (before === number) return
  const claim = number === undefined ? {} : { pullRequest: number }
  await store.desired.update(key, current =>
    current === undefined
      ? undefined
      : { ...current, overrides: { ...withoutClaim(current), ...claim } },
  )
  await store.events.append({
    type: 'Normal',
    reason: number === undefined ? 'PullRequestReleased' : 'PullRequestClaimed',
    object: key,
    attempt: store.records.get(object.uid)?.attempt ?? 0,
    cause: `pull-request#${number ?? before ?? ''}`,
    message:
      number === undefined
        ? `Pull request #${before ?? ''} is no longer claimed for it`
        : `Pull request #${number} was claimed for it`,
  })
}

/** What a session that is over once had can be had by another. */
async function letGoOfDone(
  store: Store,
  { uid, spec }: DesiredSession,
  number: number,
): Promise<void> {
  const former = [...store.desired.all().values()]
    .filter(isSession)
    .filter(other => other.uid !== uid && other.spec.project === spec.project)
    .filter(({ overrides }) => overrides.pullRequest === number)
  for (const other of former) {
    await store.desired.update(keyOf(other.kind, other.name), current =>
      current === undefined ? undefined : { ...current, overrides: withoutClaim(current) },
    )
  }
}

function withoutClaim({ overrides }: Desired): Desired['overrides'] {
  const { pullRequest: _before, ...others } = overrides
  return others
}

function claimant(store: Store, key: ResourceKey): DesiredSession {
  const object = store.desired.get(key)
  if (object === undefined || !isSession(object)) {
    throw new HouseError('NotFound', `${key} does not exist`, { next: 'ao get workers' })
  }
  if (object.kind === 'Orchestrator') {
    throw new HouseError(
      'Refused',
      `${key} coordinates others and never has a pull request of its own`,
      { next: 'ao get workers' },
    )
  }
  const record = store.records.get(object.uid)
  if (record !== undefined && isDone(record)) {
    throw new HouseError('Refused', `${key} is done and takes no further pull request`, {
      next: `ao describe ${object.name}`,
    })
  }
  if (object.deletionTimestamp === undefined) return object
  throw new HouseError('Refused', `${key} is being deleted`, {
    next: `ao wait ${key} --for=delete`,
  })
}

/** Throws `Conflict` naming the session that has it. */
function assertFree(
  state: State,
  object: DesiredSession,
  { pullRequest, openedBy }: ClaimRequest,
): void {
  const what = `pull request #${pullRequest ?? ''} of ${object.spec.project}`
  for (const other of rivals(state, object)) {
    const { name } = other
    if (other.overrides.pullRequest === pullRequest) {
      throw new HouseError('Conflict', `${what} was claimed for ${name}`, {
        next: `ao pr claim ${pullRequest ?? ''} ${name} --release`,
      })
    }
    const opened = openedBy === name
    const has = sessionStatus(state, keyOf(other.kind, name))?.pullRequest?.number === pullRequest
    if (opened || has) {
      throw new HouseError(
        'Conflict',
        `${what} is ${name}'s, ${opened ? 'which opened it' : 'by its branch'}`,
        {
          next: `ao describe ${name}`,
        },
      )
    }
  }
}

/** The other sessions of its project that are not over. */
function rivals(state: State, object: DesiredSession): readonly DesiredSession[] {
  return [...state.desired.values()]
    .filter(isSession)
    .filter(other => other.uid !== object.uid && other.spec.project === object.spec.project)
    .filter(other => {
      const record = state.record(other.uid)
      return record === undefined || !isDone(record)
    })
}
