import { HouseError } from '../errors.ts'
import type { Scm, ScmProject, WebhookDelivery, WebhookNews } from '../plugins/scm.ts'
import type { Deliveries } from '../store/deliveries.ts'

/** No forge sends more in one delivery. */
export const MAX_DELIVERY = 25 * 1024 * 1024

/** A project that takes deliveries of webhooks. */
export interface Listener {
  readonly scm: Scm
  readonly secret: string
  readonly project: ScmProject
}

export interface Taken {
  readonly news: WebhookNews
  /** It was taken before: nothing was done. */
  readonly isRepeated: boolean
  /** The projects that are read anew. */
  readonly projects: readonly string[]
}

/**
 * Takes in a delivery: what its projects' forge knows is read anew at the next look. Nothing of it is believed but which repository it is about, and only
 * by projects whose secret it was signed with. Throws `Refused` when nobody's was, and `NotFound` for a repository that no project is about.
 */
export async function takeDelivery(
  delivery: WebhookDelivery,
  listeners: readonly Listener[],
  deliveries: Deliveries,
  signal: AbortSignal,
): Promise<Taken> {
  if (delivery.body.length > MAX_DELIVERY) {
    throw new HouseError('Refused', 'the delivery is larger than 25 MiB, more than any forge sends')
  }
  const { news, heard } = await verified(delivery, listeners)
  const [first] = heard
  const id = `${first?.scm.name ?? ''} ${news.id}`
  if (deliveries.has(id)) return { news, isRepeated: true, projects: [] }
  const named = await Promise.all(
    heard.map(async listener => {
      const names = await listener.scm.repositoryNames?.(listener.project, signal)
      return { listener, names: names ?? [] }
    }),
  )
  const about = named.filter(
    ({ names }) => news.repository !== undefined && names.includes(news.repository),
  )
  if (news.repository !== undefined && about.length === 0) throw unknownRepository(news, named)
  for (const { listener } of about) await listener.scm.poke?.(listener.project, signal)
  deliveries.add(id)
  return {
    news,
    isRepeated: false,
    projects: about.map(({ listener }) => listener.project.project),
  }
}

/** Whose secret fits. A delivery that can't be read is nobody's. */
async function verified(
  delivery: WebhookDelivery,
  listeners: readonly Listener[],
): Promise<{ readonly news: WebhookNews; readonly heard: readonly Listener[] }> {
  const heard: Listener[] = []
  let news: WebhookNews | undefined
  let refusal: unknown = new HouseError(
    'Refused',
    'no project takes deliveries: none has a webhookSecret in its scm, and unsigned ones are refused',
    { next: 'ao explain project.spec.scm' },
  )
  for (const listener of listeners) {
    try {
      const read = await listener.scm.readWebhook?.(delivery, listener.secret)
      if (read === undefined) continue
      news ??= read
      heard.push(listener)
    } catch (error) {
      if (!(error instanceof HouseError) || error.code !== 'Refused') throw error
      refusal = error
    }
  }
  if (news !== undefined) return { news, heard }
  throw refusal
}

function unknownRepository(
  { repository = '' }: WebhookNews,
  named: readonly { readonly listener: Listener; readonly names: readonly string[] }[],
): HouseError {
  const known = named.map(
    ({ listener, names }) => `${names.join(', ')} (${listener.project.project})`,
  )
  return new HouseError(
    'NotFound',
    `the delivery is about ${repository}, and those known are ${known.join('; ')}`,
    { next: 'ao get projects' },
  )
}
