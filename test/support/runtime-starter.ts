/** Starts one session and then waits to be killed: `tsx runtime-starter.ts tmux|process OPTIONS LAUNCH`, both in JSON. */
import { readProcessIdentity } from '../../src/plugins/process-identity.ts'
import { createProcessRuntime } from '../../src/plugins/runtime/process.ts'
import { createTmuxRuntime } from '../../src/plugins/runtime/tmux.ts'

const [name, options = '', launch = ''] = process.argv.slice(2)
const runtime =
  name === 'tmux'
    ? createTmuxRuntime({ ...JSON.parse(options), now: () => Date.now() })
    : createProcessRuntime({
        ...JSON.parse(options),
        identity: await readProcessIdentity(process.platform),
      })
const { handle } = await runtime.start(JSON.parse(launch), new AbortController().signal)
process.stdout.write(`${handle}\n`)
setInterval(() => undefined, 60_000)
