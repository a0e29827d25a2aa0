/**
 * The whole cluster starts cold, in any order: everything is served once there is a quorum, nothing is started twice, and no
 * node starts more at a time than it may (SPEC S1, R10).
 */
import { afterEach, expect, test } from 'bun:test'
import { startingCountMax } from '../../machines/logic/placement/index.ts'
import { isWhole } from '../../src/demo/localCluster.ts'
import { signalAll } from '../../src/demo/processes.ts'
import { open } from '../../src/recorder/index.ts'
import {
  cleanUp,
  clusterName,
  configurationHead,
  SystemCluster,
  temporaryDirectory,
  testTimeoutMs,
  titleOf,
} from '../support/system.ts'

afterEach(cleanUp)
