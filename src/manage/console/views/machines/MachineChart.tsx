/**
 * The statechart of one machine. It follows the state it is in, unless it was moved by hand; the whole is in the corner. Wheel zooms,
 * dragging moves.
 */
import { useEffect, useState } from 'preact/hooks'
import type { DrawnMachine } from '../../../../charts/layout.ts'
import { drawnMachine } from '../../net/charts.ts'
import { useAsk, useSize } from '../../parts/hooks.ts'
import { Icon } from '../../parts/Icon.tsx'
import type { ActorState } from '../../state/actors.ts'
import { centredOn, type Sight, sightOf, zoomedAt } from '../../state/sight.ts'
import { Drawing, type Fired } from './Drawing.tsx'
import { Overview } from './Overview.tsx'

interface Props {
  readonly actor: ActorState
  readonly fired: (machine: DrawnMachine) => readonly Fired[]
}

export function MachineChart({ actor, fired }: Props) {
  const { phase, answer } = useAsk(actor.machine, () => drawnMachine(actor.machine!))
  if (actor.machine === null || (phase === 'done' && answer === null)) {
    return <p class="nothing">It is no machine of the catalogue: there is no chart of it.</p>
  }
  if (!answer) return <div class="chart-place" />
  return <Chart machine={answer} state={actor.state} fired={fired(answer)} />
}

function Chart({ machine, state, fired }: { machine: DrawnMachine; state: string; fired: readonly Fired[] }) {
  const [box, size] = useSize<HTMLDivElement>()
  const [sight, setSight] = useState<Sight | null>(null)
  const [isFollowing, setFollowing] = useState(true)
  const [isHeld, setHeld] = useState(false)
  const followed = sightOf(machine.layout, { state, size })
  useEffect(() => {
    if (isFollowing) setSight(null)
  }, [state, isFollowing])
  const shown = sight ?? followed
  const move = (next: Sight) => {
    setFollowing(false)
    setSight(next)
  }
  const onWheel = (event: WheelEvent) => {
    event.preventDefault()
    const { left, top } = box.current!.getBoundingClientRect()
    move(zoomedAt(shown, { factor: Math.exp(-event.deltaY / 400), x: event.clientX - left, y: event.clientY - top }))
  }
  const onPointerDown = (event: PointerEvent) => {
    if ((event.target as Element).closest('button')) return
    ;(event.currentTarget as Element).setPointerCapture(event.pointerId)
    setHeld(true)
  }
  const onPointerMove = (event: PointerEvent) => {
    if (isHeld) move({ ...shown, x: shown.x + event.movementX, y: shown.y + event.movementY })
  }
  const zoom = (factor: number) => move(zoomedAt(shown, { factor, x: size.width / 2, y: size.height / 2 }))
  return (
    <div
      class={`chart-place ${isHeld ? 'is-held' : ''}`}
      ref={box}
      role="img"
      aria-label={`Statechart of ${machine.chart.name}, in ${state}`}
      onWheel={onWheel}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={() => setHeld(false)}
    >
      <svg width="100%" height="100%" aria-hidden="true">
        <g
          class={isFollowing ? 'follows' : ''}
          style={{ transform: `translate(${shown.x}px, ${shown.y}px) scale(${shown.scale})` }}
        >
          <Drawing machine={machine} state={state} fired={fired} />
        </g>
      </svg>
      <Overview
        machine={machine}
        state={state}
        sight={shown}
        size={size}
        onMove={(at) => move(centredOn(at, shown.scale, size))}
      />
      <div class="chart-tools">
        <button type="button" class="quiet" aria-label="Nearer" title="Nearer" onClick={() => zoom(1.25)}>
          <Icon name="plus" />
        </button>
        <button type="button" class="quiet" aria-label="Farther" title="Farther" onClick={() => zoom(0.8)}>
          <Icon name="minus" />
        </button>
        {!isFollowing && (
          <button type="button" onClick={() => setFollowing(true)}>
            Follow
          </button>
        )}
      </div>
    </div>
  )
}
