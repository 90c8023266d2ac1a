import { createGitLabFixture } from '../support/gitlab-fixture.ts'
import { describeScm } from './scm-conformance.ts'

describeScm('gitlab', async () => createGitLabFixture())
