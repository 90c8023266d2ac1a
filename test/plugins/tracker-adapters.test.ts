import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createGit } from '../../src/plugins/git.ts'
import type { Tracker, TrackerProject } from '../../src/plugins/tracker.ts'
import { createGithubTracker } from '../../src/plugins/tracker/github.ts'
import { createGitlabTracker } from '../../src/plugins/tracker/gitlab.ts'
import { createJiraTracker } from '../../src/plugins/tracker/jira.ts'
import { createLinearTracker } from '../../src/plugins/tracker/linear.ts'
import { createLocalTracker } from '../../src/plugins/tracker/local.ts'
import { startForge } from '../support/forge/forge.ts'
import type { TrackerDouble } from '../support/trackers/gitlab-double.ts'
import { GITLAB_TOKEN, startGitlab } from '../support/trackers/gitlab-double.ts'
import type { DoubleAnswer, FaultRule } from '../support/trackers/http-double.ts'
import { JIRA_EMAIL, JIRA_TOKEN, startJira } from '../support/trackers/jira-double.ts'
import { failure, LINEAR_TOKEN, startLinear } from '../support/trackers/linear-double.ts'
import type { TrackerStage, Trouble } from './tracker-conformance.ts'
import { describeTracker } from './tracker-conformance.ts'

const LABELS = ['bug', 'small', 'doing'] as const
const now = (): Date => new Date()
/** Nobody is logged in here. */
const env = { PATH: '/nonexistent' }
const git = createGit({ env: { PATH: process.env['PATH'] ?? '' } })

function projectOf(config: TrackerProject['config']): TrackerProject {
  return { project: 'shop', repo: 'acme/shop', config, baseDir: tmpdir(), repository: tmpdir() }
}

describeTracker('local', async () => {
  const repository = realpathSync(mkdtempSync(join(tmpdir(), 'ao-tracker-')))
  const folder = join(repository, 'issues')
  mkdirSync(folder)
  const file = (id: string): string => join(folder, `${id}.md`)
  let count = 0
  return {
    tracker: createLocalTracker,
    about: { project: 'shop', config: { plugin: 'local' }, baseDir: repository, repository },
    add: ({ title, body = '', labels = [], isClosed = false }) => {
      count += 1
      const front = { title, labels, state: isClosed ? 'closed' : 'open' }
      const matter = Object.entries(front).map(
        ([name, value]) => `${name}: ${JSON.stringify(value)}`,
      )
      writeFileSync(file(String(count)), `---\n${matter.join('\n')}\n---\n\n${body}`)
      // The newest is the one that was written last, and clocks are coarse.
      utimesSync(file(String(count)), count, count)
      return String(count)
    },
    show: id => {
      const text = readFileSync(file(id), 'utf8')
      const comments = [...text.matchAll(/<!-- ao:.* -->\n([\s\S]*?)\n<!-- \/ao -->/g)]
      return {
        state: /^state: "?(\w+)/m.exec(text)?.[1] ?? '',
        labels: JSON.parse(/^labels: (.*)$/m.exec(text)?.[1] ?? '[]') as readonly string[],
        comments: comments.map(([, comment = '']) => comment),
      }
    },
    say: (id, text) => {
      writeFileSync(file(id), `${text}\n`, { flag: 'a' })
    },
    words: { closed: 'closed', query: 'coupon', missing: '999', labels: LABELS },
    close: async () => {
      rmSync(repository, { recursive: true, force: true })
    },
  }
})

describeTracker('github', async () => {
  const forge = await startForge()
  const shop = await forge.createRepository({ owner: 'acme', name: 'shop' })
  const { apiUrl, token } = forge
  const faults = {
    refused: () => forge.faults.set('refused-token'),
    forbidden: () => forge.faults.set('forbidden'),
    limited: () => forge.faults.set('secondary-limit', { retryAfter: 60 }),
    broken: () => forge.faults.set('bad-gateway'),
    nonsense: () => forge.faults.set('lost-request'),
    slow: () => forge.faults.set('slow', { ms: 2000 }),
    'lost-answer': () => forge.faults.set('lost-answer', { only: /^POST/, times: 1 }),
  }
  return {
    tracker: () => createGithubTracker({ git, env, now }),
    about: projectOf({ plugin: 'github', apiUrl, token }),
    add: ({ title, body, labels, isClosed }) =>
      String(
        shop.issue({
          title,
          ...(body === undefined ? {} : { body }),
          ...(labels === undefined ? {} : { labels }),
          state: isClosed === true ? 'closed' : 'open',
        }).number,
      ),
    show: id => {
      const { state, labels, comments } = shop.issueOf(Number(id))
      const shown = comments.map(({ body }) => body.replaceAll(/\s*<!--[\s\S]*?-->/g, ''))
      return { state, labels, comments: shown }
    },
    say: (id, body) => {
      shop.issueOf(Number(id)).comment({ author: 'sam', body })
    },
    words: { closed: 'closed', query: 'coupon', missing: '999', labels: LABELS },
    remote: {
      token,
      trouble: kind => {
        faults[kind]()
      },
      heal: () => {
        forge.faults.clear()
      },
      requests: () => forge.requests.length,
    },
    close: async () => forge.close(),
  } satisfies TrackerStage
})

/** A stage around one of our own doubles. */
function stageOf(
  double: TrackerDouble,
  given: {
    readonly tracker: () => Tracker
    readonly config: TrackerProject['config']
    readonly token: string
    readonly words: Omit<TrackerStage['words'], 'labels'>
    readonly answers: Readonly<Record<'refused' | 'forbidden' | 'limited', DoubleAnswer>>
    readonly posts: NonNullable<FaultRule['only']>
  },
): TrackerStage {
  const rules: Readonly<Record<Trouble, FaultRule>> = {
    refused: { fault: given.answers.refused },
    forbidden: { fault: given.answers.forbidden },
    limited: { fault: given.answers.limited },
    broken: { fault: { status: 502, body: { message: 'Bad gateway' } } },
    nonsense: { fault: { status: 504, headers: { 'content-type': 'text/html' } } },
    slow: { fault: 'slow' },
    'lost-answer': { fault: 'lost-answer', only: given.posts, times: 1 },
  }
  return {
    tracker: given.tracker,
    about: projectOf(given.config),
    add: double.add,
    show: double.show,
    say: double.say,
    words: { ...given.words, labels: LABELS },
    remote: {
      token: given.token,
      trouble: kind => {
        double.fail(rules[kind])
      },
      heal: double.heal,
      requests: () => double.requests.length,
    },
    close: double.close,
  }
}

describeTracker('gitlab', async () => {
  const double = await startGitlab()
  const says = (status: number, message: string): DoubleAnswer => ({ status, body: { message } })
  return stageOf(double, {
    tracker: () => createGitlabTracker({ git, env, now }),
    config: { plugin: 'gitlab', host: double.url, token: GITLAB_TOKEN },
    token: GITLAB_TOKEN,
    words: { closed: 'closed', query: 'coupon', missing: '999' },
    answers: {
      refused: says(401, '401 Unauthorized'),
      forbidden: says(403, '403 Forbidden'),
      limited: { ...says(429, 'Too many requests'), headers: { 'retry-after': '60' } },
    },
    posts: ({ method }) => method === 'POST',
  })
})

describeTracker('jira', async () => {
  const double = await startJira()
  const says = (status: number, message: string): DoubleAnswer => ({
    status,
    body: { errorMessages: [message], errors: {} },
  })
  return stageOf(double, {
    tracker: () => createJiraTracker({ env, now }),
    config: {
      plugin: 'jira',
      baseUrl: double.url,
      email: JIRA_EMAIL,
      token: JIRA_TOKEN,
      project: 'SHOP',
    },
    token: JIRA_TOKEN,
    words: { closed: 'Done', query: 'text ~ "coupon"', missing: 'SHOP-999' },
    answers: {
      refused: says(401, 'Client must be authenticated to access this resource.'),
      forbidden: says(403, 'You do not have the permission'),
      limited: { ...says(429, 'Rate limit exceeded'), headers: { 'retry-after': '60' } },
    },
    posts: ({ method, url }) => method === 'POST' && url.pathname.endsWith('/comment'),
  })
})

describeTracker('linear', async () => {
  const double = await startLinear()
  const reset = String(Date.now() + 60_000)
  return stageOf(double, {
    tracker: () => createLinearTracker({ env, now }),
    config: { plugin: 'linear', apiUrl: `${double.url}/graphql`, token: LINEAR_TOKEN, team: 'ENG' },
    token: LINEAR_TOKEN,
    words: { closed: 'Done', query: 'coupon', missing: 'ENG-999' },
    answers: {
      refused: failure(401, 'authentication error', 'AUTHENTICATION_ERROR', 'It is not valid'),
      forbidden: failure(403, 'forbidden', 'FORBIDDEN', 'You may not'),
      limited: {
        ...failure(400, 'ratelimited', 'RATELIMITED', 'Rate limit exceeded'),
        headers: { 'x-ratelimit-requests-reset': reset, 'x-ratelimit-requests-remaining': '0' },
      },
    },
    posts: ({ body }) => JSON.stringify(body).includes('commentCreate'),
  })
})
