import { describeText } from '../../plan/fingerprint.ts'
import type { SessionRecord } from '../../resource/record.ts'
import type { NotifierSpec, PluginChoice, ProjectSpec } from '../../resource/spec.ts'
import type { PullRequestStatus, ProjectStatus } from '../../resource/status.ts'
import type { Channel } from '../../store/channels.ts'
import type { OutboxItem } from '../../store/types.ts'
import { ageOf } from './age.ts'
import type { Look } from './look.ts'
import { showPath, showPosition } from './place.ts'
import { clean } from './text.ts'
import type { ResourceView, SessionView } from './view.ts'
import { isSessionView } from './view.ts'

type Fact = readonly [label: string, text: string]
type Context = Look & {
  readonly record?: SessionRecord | undefined
  readonly channel?: Channel | undefined
  readonly outbox?: readonly OutboxItem[]
}

/** The facts at the head of `describe`; what is not there has no line. */
export function factsOf(view: ResourceView, context: Context): readonly Fact[] {
  return [...commonFacts(view, context), ...ownFacts(view, context)].filter(
    ([, text]) => text !== '',
  )
}

function ownFacts(view: ResourceView, context: Context): readonly Fact[] {
  if (isSessionView(view)) return [...sessionFacts(view, context), ...recordFacts(context)]
  return view.kind === 'Project'
    ? projectFacts(view.spec, view.status, context)
    : [...notifierFacts(view.spec), ...channelFacts(view.metadata.name, context)]
}

function commonFacts({ metadata, status }: ResourceView, look: Look): readonly Fact[] {
  const { state, pullRequest } = metadata.overrides ?? {}
  return [
    ['Declared', showPosition(metadata.origin, look)],
    ['Source', showPath(metadata.source, look)],
    ['UID', metadata.uid],
    ['Generation', `${metadata.generation} (observed ${status.observedGeneration})`],
    ['Age', ageOf(metadata.creationTimestamp, look.now)],
    ['Labels', pairs(metadata.labels)],
    ['Annotations', pairs(metadata.annotations)],
    ['Override', state === undefined ? '' : `state ${state}, ordered by command`],
    ['Claimed', pullRequest === undefined ? '' : `pull request #${pullRequest}, by command`],
    [
      'Deleting',
      metadata.deletionTimestamp === undefined
        ? ''
        : `asked ${ageOf(metadata.deletionTimestamp, look.now)} ago`,
    ],
    ['Finalizers', metadata.finalizers.join(', ')],
  ]
}

function sessionFacts({ spec, status }: SessionView, look: Look): readonly Fact[] {
  const { runtime, agent, pullRequest } = status
  const base = status.baseSha === undefined ? '' : ` from ${status.baseSha.slice(0, 7)}`
  return [
    ['Status', `${status.display} (${flatten(status.lifecycle.session)})`],
    ['Project', spec.project],
    ['Issue', spec.issue ?? ''],
    ['Prompt', spec.prompt === undefined ? '' : describeText(spec.prompt)],
    ['Rules', spec.rules.length === 0 ? '' : describeText(spec.rules.join('\n'))],
    ['Depends on', spec.dependsOn.join(', ')],
    ['Branch', status.branch === undefined ? (spec.branch ?? '') : status.branch + base],
    ['Workspace', status.workspace === undefined ? '' : showPath(status.workspace, look)],
    [
      'Runtime',
      phrase(runtime.plugin, runtime.handle, runtime.pid === undefined ? '' : `pid ${runtime.pid}`),
    ],
    [
      'Agent',
      phrase(
        pluginWords(spec.agent),
        spec.model,
        agent.activity === 'unknown' ? 'activity unknown' : agent.activity,
        agent.sessionId === undefined ? '' : `session ${agent.sessionId}`,
      ),
    ],
    ['Permissions', spec.permissions],
    ['Environment', Object.keys(spec.env).join(', ')],
    ['State', spec.state],
    ['Done when', spec.doneWhen],
    ['Policies', `restart ${spec.restartPolicy}, deletion ${spec.deletionPolicy}`],
    ['Attempt', String(status.attempt)],
    ['Pull request', pullRequest === undefined ? '' : pullRequestWords(pullRequest, look.now)],
  ]
}

/** What can't be seen in the world any more, only in the record. */
function recordFacts({ record, now }: Context): readonly Fact[] {
  if (record === undefined) return []
  const { lastExit: exit, outcome } = record
  return [
    ['Restarts', record.restarts === 0 ? '' : `${record.restarts} in a row`],
    [
      'Last exit',
      exit === undefined
        ? ''
        : phrase(
            exit.reason,
            exit.exitCode === undefined ? '' : `code ${exit.exitCode}`,
            exit.signal === undefined ? '' : `signal ${exit.signal}`,
            `attempt ${exit.attempt}`,
            `${ageOf(exit.at, now)} ago`,
          ),
    ],
    ...Object.entries(record.budgets).map(([cause, budget]): Fact => [
      'Budget',
      phrase(
        `${cause}: ${budget.used} used`,
        `first seen ${ageOf(budget.firstSeenAt, now)} ago`,
        budget.escalatedAt === undefined ? '' : `escalated ${ageOf(budget.escalatedAt, now)} ago`,
      ),
    ]),
    ...(record.forced ?? []).map(({ branch, from, to, by, reason, at }): Fact => [
      'Forced push',
      phrase(
        `${branch} from ${from.slice(0, 7)} to ${to.slice(0, 7)} by ${by}: ${clean(reason)}`,
        `${ageOf(at, now)} ago`,
      ),
    ]),
    [
      'Outcome',
      outcome === undefined
        ? ''
        : phrase(
            outcome.state,
            outcome.pullRequest === undefined ? '' : `#${outcome.pullRequest}`,
            outcome.mergeSha === undefined ? '' : `as ${outcome.mergeSha.slice(0, 7)}`,
            `${ageOf(outcome.at, now)} ago`,
          ),
    ],
    ...(outcome?.preserved ?? []).map((ref): Fact => ['Preserved', ref]),
  ]
}

function projectFacts(spec: ProjectSpec, status: ProjectStatus, look: Look): readonly Fact[] {
  const { workspace } = spec
  const branch = status.defaultBranch ?? spec.defaultBranch
  const fetched =
    status.fetchedAt === undefined ? '' : `fetched ${ageOf(status.fetchedAt, look.now)} ago`
  return [
    ['Repository', phrase(showPath(spec.path, look), spec.repo)],
    ['Base branch', branch === undefined ? '' : phrase(branch, fetched)],
    ['Prefix', spec.sessionPrefix],
    ['Scm', pluginWords(spec.scm)],
    ['Tracker', spec.tracker === undefined ? '' : pluginWords(spec.tracker)],
    ['Notifiers', (spec.notifiers ?? []).join(', ')],
    ['Symlinks', workspace.symlinks.join(', ')],
    ['Post create', workspace.postCreate.join(' && ')],
    ['Limits', spec.limits.maxActive === undefined ? '' : `${spec.limits.maxActive} active`],
    ['Cleanup', spec.cleanup === undefined ? '' : `grace ${spec.cleanup.grace}`],
    ['Interval', spec.interval],
  ]
}

function notifierFacts(spec: NotifierSpec): readonly Fact[] {
  return [
    ['Plugin', spec.plugin],
    ['Routes', spec.routes.join(', ')],
    ['Settings', Object.keys(spec.config).join(', ')],
  ]
}

/** What became of what was to be sent. */
function channelFacts(name: string, { channel, outbox, now }: Context): readonly Fact[] {
  const pending = (outbox ?? []).filter(
    item => item.type === 'notification' && item.to === name && item.state === 'queued',
  )
  const { lastSent, lastFailed, open } = channel ?? {}
  const since = pending[0] === undefined ? '' : `, since ${ageOf(pending[0].createdAt, now)}`
  return [
    [
      'Last sent',
      lastSent === undefined ? 'never' : `${ageOf(lastSent.at, now)} ago, "${lastSent.title}"`,
    ],
    [
      'Last failed',
      lastFailed === undefined
        ? ''
        : `${ageOf(lastFailed.at, now)} ago, "${lastFailed.title}": ${lastFailed.error}`,
    ],
    ['Pending', `${pending.length}${since}`],
    ['Told', channel === undefined ? '' : `${channel.sent} sent, ${channel.failed} failed`],
    ['Open causes', (open ?? []).map(({ cause }) => cause).join(', ')],
  ]
}

function pullRequestWords(
  { number, url, state, checks, review, asOf }: PullRequestStatus,
  now: Date,
): string {
  return phrase(
    `#${number} ${state}`,
    asOf === undefined ? '' : `as it was ${ageOf(asOf, now)} ago`,
    `checks ${checks}`,
    review === 'none' ? 'no review' : review,
    url,
  )
}

function pluginWords({ plugin, ...settings }: PluginChoice): string {
  const names = Object.keys(settings)
  return names.length === 0 ? plugin : `${plugin} (${names.join(', ')})`
}

function flatten(value: string | Readonly<Record<string, string>>): string {
  return typeof value === 'string'
    ? value
    : Object.entries(value)
        .map(([region, state]) => `${region}: ${state}`)
        .join(', ')
}

function pairs(map: Readonly<Record<string, string>>): string {
  return Object.entries(map)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ')
}

function phrase(...parts: readonly (string | undefined)[]): string {
  return parts.filter(part => part !== undefined && part !== '').join(', ')
}
