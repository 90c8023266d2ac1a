/** Starts the double of GitHub with a sample repository, for people who want to try: `npm run dev:forge`. Ctrl-C ends it. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { startForge } from './forge.ts'

const run = promisify(execFile)

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'ao-dev-forge-')))
const forge = await startForge({ gitAuth: true })
const { host } = new URL(forge.url)
const scm = `  scm:
    plugin: github
    repo: acme/shop
    apiUrl: ${forge.apiUrl}
    requiredChecks: [test]
    approvals: 1
  env:
    GITHUB_TOKEN: \${GITHUB_TOKEN}`

const sample = new URL('../../../examples/sample-repo.mjs', import.meta.url)
const { makeSampleRepo } = (await import(sample.href)) as {
  makeSampleRepo: (
    folder: string,
    example: string,
    edit: (ao: string) => void,
  ) => { readonly repository: string }
}
const { repository } = makeSampleRepo(folder, '01-quickstart', (ao: string) => {
  const file = join(ao, 'project.yaml')
  const written = readFileSync(file, 'utf8').replace(/^ {2}scm:\n(?: {4}.*\n)*/m, `${scm}\n`)
  // Nobody may approve what was opened with the same token.
  const reviewer = '  env:\n    GITHUB_TOKEN: ghp_reviewer\n'
  writeFileSync(
    file,
    written.replace(/^ {2}prompt: Review .*\n/m, line => `${line}${reviewer}`),
  )
})
const shop = await forge.createRepository({ owner: 'acme', name: 'shop', from: repository })
// People have a login of their own, so that they may approve what the token's owner opened.
forge.addToken('ghp_reviewer', { login: 'reviewer' })
await run(
  'git',
  ['remote', 'set-url', 'origin', `http://octo:${forge.token}@${host}/acme/shop.git`],
  {
    cwd: repository,
  },
)
shop.issue({ title: 'The search finds nothing', body: 'Whatever I type.', labels: ['bug'] })

const api = `${forge.apiUrl}/repos/acme/shop`
const post = (token: string, path: string, body: string) =>
  `curl -sX POST ${api}/${path} -H 'authorization: token ${token}' -d '${body}'`
// Whoever reads what follows may press it at once.
const ended = new Promise<void>(resolve => {
  process.once('SIGINT', resolve)
  process.once('SIGTERM', resolve)
})
console.log(`
A double of GitHub is at ${forge.url} until you press Ctrl-C.

  repository   ${shop.cloneUrl}
  clone        ${repository}
  API          ${forge.apiUrl}
  token        ${forge.token} (of ${forge.login}), ghp_reviewer (of reviewer)

Its .ao/project.yaml says:

  spec:
${scm.replaceAll(/^/gm, '  ')}

To try:

  cd ${repository}
  export GITHUB_TOKEN=${forge.token}
  ao apply && ao reconcile --watch

  and in another terminal, there as well, with the same \`export\`:

  ao get; ao pr list; ao why shop-login

As the outside world (you are the CI: when \`test\` is green for a head, it is reviewed and merged; what you do is seen within a minute):

  curl -s ${api}/pulls -H 'authorization: token ${forge.token}'
  N=2   # of a pull request: see \`ao pr list\`
  SHA=$(git ls-remote origin ao/shop-login | cut -f1)
  ${post(forge.token, 'statuses/$SHA', '{"context":"test","state":"failure","description":"2 tests fail"}')}
  ${post(forge.token, 'statuses/$SHA', '{"context":"test","state":"success"}')}
  ${post('ghp_reviewer', 'pulls/$N/reviews', '{"event":"REQUEST_CHANGES","body":"Tests, please"}')}
  ${post('ghp_reviewer', 'pulls/$N/reviews', '{"event":"APPROVE"}')}
`)

await ended
try {
  await forge.close()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
