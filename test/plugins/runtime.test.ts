import { createProcessStage, createTmuxStage } from '../support/runtime-stage.ts'
import { describeRuntime } from './runtime-conformance.ts'

describeRuntime('tmux', createTmuxStage)
describeRuntime('process', createProcessStage)
