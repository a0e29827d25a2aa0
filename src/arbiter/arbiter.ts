/**
 * What `rolecall arbiter` runs: the third vote of clusters of two nodes (SPEC M1), several of them in one small process. Each cluster
 * has a seat of its own (`seat.ts`), with links, directories and a lock of its own.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Configuration } from '../../machines/model/configuration.ts'
import { exitCodes } from '../guard/exitCodes.ts'
import { type Lock, takeLock } from '../guard/lock.ts'
import { createNotifier } from '../guard/notify.ts'
import { raisePriority } from '../guard/priority.ts'
import { logger } from '../log/log.ts'
import { Keeper, textOf } from './keeper.ts'
import { realPorts } from './ports.ts'

const log = logger('arbiter')

/** Serves the clusters until it is told to leave. Resolves to the exit code (`guard/exitCodes.ts`); never rejects. */
export async function runArbiter(clusters: readonly Configuration[]): Promise<number> {
  const locks: Lock[] = []
  const keepers: Keeper[] = []
  const notifier = createNotifier(process.env)
  const signals = listen()
  try {
    for (const configuration of clusters) {
      const lock = lockOf(configuration)
      locks.push(lock)
      if (lock.isHeld) continue
      log.error('the arbiter of {cluster} runs already, as process {holder}', {
        cluster: configuration.cluster,
        holder: lock.holder,
      })
      return exitCodes.alreadyRunning
    }
    const isRealtime = clusters.every(({ guard }) => guard?.realtime ?? true)
    const problem = raisePriority({ isRealtime })
    if (problem) log.warn('{text}', { text: problem.text })
    for (const configuration of clusters) {
      const keeper = new Keeper(configuration, realPorts)
      await keeper.open()
      keepers.push(keeper)
    }
    notifier.ready()
    await signals.first
    log.info('leaving')
    notifier.stopping()
    const closed = Promise.all(keepers.splice(0).map((keeper) => keeper.close())).then(() => exitCodes.left)
    return await Promise.race([closed, signals.second.then(() => exitCodes.interrupted)])
  } catch (error) {
    log.error('the arbiter cannot run here: {error}', { error: textOf(error) })
    return exitCodes.cannotUse
  } finally {
    for (const keeper of keepers) await keeper.close()
    for (const lock of locks) if (lock.isHeld) lock.release()
    notifier.close()
    signals.close()
  }
}

function lockOf({ stateDirectory, runtimeDirectory, arbiter }: Configuration): Lock {
  const runtime = join(runtimeDirectory, arbiter!.name)
  for (const path of [join(stateDirectory, arbiter!.name), runtime]) mkdirSync(path, { recursive: true, mode: 0o700 })
  return takeLock(join(runtime, 'arbiter.lock'))
}

/** SIGTERM and the first SIGINT: leave in order. A second SIGINT: at once. */
function listen(): { first: Promise<void>; second: Promise<void>; close: () => void } {
  const first = Promise.withResolvers<void>()
  const second = Promise.withResolvers<void>()
  let isLeaving = false
  const onSignal = (signal: NodeJS.Signals): void => {
    if (isLeaving && signal === 'SIGINT') second.resolve()
    isLeaving = true
    first.resolve()
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  return {
    first: first.promise,
    second: second.promise,
    close() {
      process.off('SIGTERM', onSignal)
      process.off('SIGINT', onSignal)
    },
  }
}
