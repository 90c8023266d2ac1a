/** What holds when neither a session nor its project says anything. The schemas tell the same defaults to readers. */
export const DEFAULTS = {
  agent: 'claude-code',
  workspace: 'worktree',
  scm: 'local',
  permissions: 'default',
  state: 'Running',
  restartPolicy: 'OnFailure',
  deletionPolicy: 'Archive',
  doneWhen: 'merged',
  priority: 0,
  interval: '60s',
  grace: '5m',
  postCreateTimeout: '10m',
  freshBase: true,
  fetchTimeout: '60s',
  routes: ['urgent', 'action', 'warning', 'info'],
} as const
